"""People who act for the customer, and those for whom the customer acts (CON-6)."""

from __future__ import annotations

from bottle import HTTPResponse

from helpdeskctl.errors import InvalidInput
from helpdeskctl.operations import delegates
from helpdeskctl.queries import delegates as named
from helpdeskctl.queries import portal
from portald.texts import later, t
from portald.visit import Visit

_FAULTS = {
    "address": later("Enter an e-mail address, as name@example.org."),
    "own": later("Enter the address of somebody else."),
    "many": later("You have named as many people as you can. Remove one first."),
}
_DONE = frozenset({"named", "removed"})


def show(visit: Visit) -> HTTPResponse:
    """Both lists, and the form to name somebody."""
    return _page(visit)


def change(visit: Visit) -> HTTPResponse:
    """Name somebody, take it back, or act for somebody no more. Whether an address is known makes no difference."""
    if address := visit.form.line("remove"):
        delegates.take_back(visit.desk, visit.actor, address)
        return visit.redirect("/account/people?done=removed")
    if address := visit.form.line("decline"):
        delegates.decline(visit.desk, visit.actor, address)
        return visit.redirect("/account/people?done=removed")
    try:
        delegates.name(visit.desk, visit.actor, visit.form.line("email"))
    except InvalidInput as error:
        return _page(visit, {"email": t(_FAULTS[error.message])})
    visit.even_out()
    return visit.redirect("/account/people?done=named")


def switch(visit: Visit) -> HTTPResponse:
    """Act for somebody from now on, or for oneself again."""
    switched = delegates.switch(visit.desk, visit.signed_in, visit.form.line("person") or None)
    return visit.redirect("/tickets", secret=switched.secret, remember=switched.remember)


def _page(visit: Visit, problems: dict[str, str] | None = None) -> HTTPResponse:
    contact_id = visit.signed_in.contact_id
    return visit.page(
        "delegates.html",
        status=400 if problems else 200,
        filled=visit.again(problems) if problems else visit.filled(),
        named=named.addresses(contact_id),
        people=portal.people_to_act_for(visit.desk, contact_id),
        done=visit.done(_DONE),
    )
