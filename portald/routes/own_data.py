"""The customer's own data: taken away as a file, read as a feed, and the wish to be erased."""

from __future__ import annotations

from bottle import HTTPResponse

from helpdeskctl.errors import NotFound
from helpdeskctl.operations import own_export, portal_accounts
from helpdeskctl.operations.portal_access import SignInAgain, WrongPassword
from helpdeskctl.operations.rate_limits import TooMany
from helpdeskctl.queries import own_account, portal_tickets
from portald import texts
from portald.texts import t
from portald.visit import Visit

_DONE = frozenset({"asked", "kept", "closed"})


def show(visit: Visit) -> HTTPResponse:
    """What can be done with the data."""
    return _page(visit)


def export(visit: Visit) -> HTTPResponse:
    """All that the customer may see, as one JSON file; with the password, or soon after signing in."""
    try:
        file = own_export.written(visit.desk, visit.signed_in, visit.form.secret("current"), peer=visit.peer)
    except WrongPassword:
        return _page(visit, {"current": t("This is not your present password.")})
    except SignInAgain:
        return _page(
            visit, {"current": t("You came in a while ago. Please sign out, sign in again and come back here.")}
        )
    except TooMany as error:
        return _page(visit, {"current": texts.wait(error.until, visit.zone)}, status=429)
    headers = {
        "Content-Type": "application/json; charset=UTF-8",
        "Content-Disposition": 'attachment; filename="my-data.json"',
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex",
    }
    return HTTPResponse(file, 200, headers)


def show_deletion(visit: Visit) -> HTTPResponse:
    """What being erased means, with the button that asks for it."""
    return visit.page("deletion.html", filled=visit.filled(), who=visit.actor)


def ask_deletion(visit: Visit) -> HTTPResponse:
    """Asked for, or taken back."""
    wanted = visit.form.line("action") != "keep"
    portal_accounts.ask_deletion(visit.desk, visit.actor, wanted=wanted)
    return visit.redirect(f"/account/data?done={'asked' if wanted else 'kept'}")


def switch_feed(visit: Visit) -> HTTPResponse:
    """On: its address is shown once, here. Off: the address opens nothing any more."""
    if visit.form.line("action") == "off":
        portal_accounts.close_feed(visit.desk, visit.actor)
        return visit.redirect("/account/data?done=closed")
    key = portal_accounts.open_feed(visit.desk, visit.actor)
    return _page(visit, feed=f"{visit.settings['portal_url'] or ''}/account/feed.atom?key={key}")


def feed(visit: Visit) -> HTTPResponse:
    """The newest requests of whoever has the key, as Atom (RFC 4287). NotFound for a key that is not good."""
    reader = own_account.reader_of_feed(visit.desk, visit.query.get("key", ""))
    if reader is None:
        raise NotFound("no such feed")
    with texts.speaking(reader.language):
        page = portal_tickets.page(visit.desk, reader, show="all")
        base = visit.settings["portal_url"] or ""
        body = visit.site.pages.render(
            "own_feed.xml", visit=visit, base=base, lines=page.lines, reader=reader, now=visit.desk.now()
        )
    headers = {"Content-Type": "application/atom+xml; charset=UTF-8", "Cache-Control": "private, no-store"}
    return HTTPResponse(body, 200, headers | {"X-Robots-Tag": "noindex"})


def _page(
    visit: Visit, problems: dict[str, str] | None = None, *, status: int | None = None, feed: str = ""
) -> HTTPResponse:
    who = visit.signed_in
    return visit.page(
        "own_data.html",
        status=status or (400 if problems else 200),
        filled=visit.filled(problems=problems),
        lately=own_account.came_in_lately(visit.desk, who.session),
        profile=own_account.profile(visit.desk, who.contact_id),
        has_feed=own_account.has_feed(visit.desk, who.contact_id),
        feed=feed,
        done=visit.done(_DONE),
    )
