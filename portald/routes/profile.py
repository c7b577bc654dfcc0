"""The customer's own entries: name, phone, time zone, language, the desk's own fields, and which mails they want."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

from bottle import HTTPResponse

from helpdeskctl.errors import InvalidInput
from helpdeskctl.operations import portal_accounts
from helpdeskctl.queries import own_account, portal_fields
from helpdeskctl.queries.own_account import Profile
from portald.request_form import name_of, unfit_values
from portald.texts import later, t
from portald.visit import Visit

MAILS = {
    "received": later("We have received a request of yours"),
    "taken": later("Somebody takes care of your request"),
    "status": later("Your request stands otherwise than before"),
    "closed": later("Your request is closed"),
    "merged": later("Two of your requests have become one"),
    "rating": later("We want to know how content you were"),
}
"""What each mail that can be done without tells, in the words of its reader."""
_FAULTS = {
    "name": later("Enter your name, with at most 255 characters."),
    "phone": later("Enter a phone number, with at most 255 characters."),
    "timezone": later("Choose one of the list."),
    "language": later("Choose one of the list."),
}
_REGIONS = frozenset(
    ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
)


def show(visit: Visit) -> HTTPResponse:
    """The form as it stands."""
    profile = own_account.profile(visit.desk, visit.signed_in.contact_id)
    values = {name: getattr(profile, name) or "" for name in portal_accounts.OWN}
    values["language"] = values["language"] or visit.language
    values |= {f"mail_{event}": "1" for event, wanted in profile.mails.items() if wanted}
    return _page(visit, profile, values)


def save(visit: Visit) -> HTTPResponse:
    """Keep it, or show it again with what is wrong."""
    profile = own_account.profile(visit.desk, visit.signed_in.contact_id)
    asked = [field for field, _ in portal_fields.asked_of(visit.desk, visit.signed_in.contact_id, visit.language)]
    given = {name: visit.form.line(name) for name in portal_accounts.OWN if name in visit.form.fields}
    if problems := unfit_values(visit, asked):
        return _page(visit, profile, problems=problems)
    mails = {event: bool(visit.form.line(f"mail_{event}")) for event in profile.mails}
    fields = {field.key: visit.form.line(name_of(field)) for field in asked}
    try:
        portal_accounts.change_profile(visit.desk, visit.actor, given, mails, fields=fields)
    except InvalidInput as error:
        return _page(visit, profile, problems={problem.where: t(_FAULTS[problem.where]) for problem in error.problems})
    return visit.redirect("/account?done=saved")


def _page(
    visit: Visit, profile: Profile, values: dict[str, str] | None = None, *, problems: dict[str, str] | None = None
) -> HTTPResponse:
    fields = portal_fields.asked_of(visit.desk, visit.signed_in.contact_id, visit.language)
    kept = {name_of(field): value for field, value in fields}
    return visit.page(
        "account.html",
        status=400 if problems else 200,
        filled=visit.again(problems) if values is None else visit.filled(kept | values),
        who=visit.actor,
        fields=[field for field, _ in fields],
        told=portal_fields.told_of(visit.desk, visit.signed_in.contact_id, visit.language),
        mails={f"mail_{event}": t(MAILS[event]) for event in profile.mails},
        zones={"": t("As ours: %(zone)s", zone=visit.settings["timezone"]), **_zones()},
        done=visit.query.get("done") == "saved",
    )


@cache
def _zones() -> dict[str, str]:
    """The time zones of the world by place, as the IANA names them; not the old names that only computers use."""
    named = sorted(zone for zone in available_timezones() if zone.partition("/")[0] in _REGIONS)
    return {zone: zone.replace("_", " ").replace("/", ": ") for zone in named} | {"UTC": "UTC"}
