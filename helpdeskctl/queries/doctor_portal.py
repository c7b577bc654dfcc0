"""The checks of the portal: its address, what registration needs, its colour, the sites that may frame its form."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

from helpdeskctl.desk import Desk
from helpdeskctl.domain import contrast
from helpdeskctl.domain.setting_types import LOOPBACK
from helpdeskctl.errors import HelpdeskError
from helpdeskctl.queries import openid, outgoing, portal_origins, registration, settings
from helpdeskctl.queries.doctor import Finding, Level
from helpdeskctl.store.tables import Contact, Page

_LONG_WAIT = timedelta(days=2)


def address_set(desk: Desk) -> Iterator[Finding]:
    """The portal has an address that customers reach."""
    url = settings.get(desk, "portal_url")
    if url is None and Contact.select().where(Contact.portal_access == 1).exists():
        text = "customers may sign in to the portal, and it has no address: no mail leads there"
        yield Finding(Level.WARNING, text, "helpdeskctl portal url https://help.example.org", "setting/portal_url")
    if url is not None and urlsplit(url).scheme == "http":
        text = f"the portal is at {url}: only this machine reaches it"
        yield Finding(Level.NOTE, text, "helpdeskctl portal url https://help.example.org", "setting/portal_url")


def registration_has_mail(desk: Desk) -> Iterator[Finding]:
    """Who registers gets the mail that it needs."""
    known = settings.several(desk, "registration", "portal_url")
    if known["portal_url"] is None or known["registration"] not in ("open", "confirm"):
        return
    try:
        mailbox = outgoing.account_mailbox(desk)
    except HelpdeskError as fault:
        yield Finding(Level.WARNING, f"people may register, and no mail leaves: {fault.message}", fault.hint)
        return
    if not outgoing.works(mailbox):
        text = f"people may register, and mailbox {mailbox.address} does not get rid of its mail"
        yield Finding(Level.WARNING, text, f"helpdeskctl mailbox test {mailbox.address}", f"mailbox/{mailbox.address}")


def registered_are_answered(desk: Desk) -> Iterator[Finding]:
    """Who has registered and waits for an agent's yes gets an answer within two days."""
    late = desk.now() - _LONG_WAIT
    count = Contact.select().where(Contact.id.in_(registration.waiting()), Contact.portal_asked_at < late).count()
    if count:
        text = f"{count} who registered wait for a yes for more than two days"
        yield Finding(Level.NOTE, text, "helpdeskctl contact list --waiting", "setting/registration")


def provider_can_be_asked(desk: Desk) -> Iterator[Finding]:
    """The OpenID provider is set up whole, and its secret can be read."""
    if settings.get(desk, "openid_issuer") is None:
        return
    mend, subject = "helpdeskctl portal openid set ISSUER --client-id ID", "setting/openid_issuer"
    if openid.setup(desk) is None:
        text = "customers cannot sign in at the OpenID provider: client id or portal_url is not set"
        yield Finding(Level.WARNING, text, mend, subject)
        return
    try:
        openid.secret(desk)
    except HelpdeskError as fault:
        yield Finding(Level.ERROR, f"customers cannot sign in at the OpenID provider: {fault.message}", mend, subject)


def accent_can_be_read(desk: Desk) -> Iterator[Finding]:
    """Words in the accent colour can be read."""
    known = settings.several(desk, "accent", "accent_as_it_is")
    accent = known["accent"]
    if accent and known["accent_as_it_is"] and contrast.verdict(accent):
        least = contrast.least_ratio(accent, contrast.LIGHT)
        text = f"words in {accent} have a contrast of {least:.1f}:1; {contrast.LEAST}:1 can be read by most"
        yield Finding(Level.WARNING, text, f'helpdeskctl portal brand set --accent "{accent}"', "setting/accent")


def sites_are_safe(desk: Desk) -> Iterator[Finding]:
    """The sites that may show the form in a frame are reached by https."""
    for site in portal_origins.names(desk):
        if urlsplit(site).scheme == "http":
            text = f"{site}, only on this machine, may show the portal's form"
            yield Finding(Level.NOTE, text, f"helpdeskctl portal origin remove {site}", f"portal_origin/{site}")


def law_is_linked(desk: Desk) -> Iterator[Finding]:
    """Imprint and privacy notice are linked."""
    known = settings.several(desk, "portal_url", "imprint_url", "privacy_url")
    if known["portal_url"] is None or urlsplit(known["portal_url"]).hostname in LOOPBACK:
        return
    for key, words in (("imprint_url", "imprint"), ("privacy_url", "privacy notice")):
        if known[key] is None:
            mend = f"helpdeskctl setting set {key} https://www.example.org/…"
            yield Finding(Level.NOTE, f"pages of the portal link to no {words}", mend, f"setting/{key}")


def guests_are_asked_what_can_be_answered(desk: Desk) -> Iterator[Finding]:
    """The question to guests has an answer."""
    known = settings.several(desk, "guest_question", "guest_answer")
    missing = [key for key, value in known.items() if value is None]
    if len(missing) == 1:
        text = f"guests are asked nothing: {missing[0]} is not set"
        yield Finding(Level.WARNING, text, f'helpdeskctl setting set {missing[0]} "…"', f"setting/{missing[0]}")


def pages_have_a_usual_language(desk: Desk) -> Iterator[Finding]:
    """Every page is there in the desk's default language."""
    usual = settings.get(desk, "default_language")
    for row in Page.select().where(Page.kind != "link").order_by(Page.key):
        if usual not in row.bodies:
            mend = f"helpdeskctl portal page edit {row.key} --lang {usual} --body-file FILE"
            text = f"page {row.key} is not there in {usual}, the desk's default language"
            yield Finding(Level.NOTE, text, mend, f"page/{row.key}")


CHECKS = (
    address_set,
    registration_has_mail,
    registered_are_answered,
    provider_can_be_asked,
    accent_can_be_read,
    sites_are_safe,
    law_is_linked,
    guests_are_asked_what_can_be_answered,
    pages_have_a_usual_language,
)
