"""A customer's requests: the list, one of them, the answer, closing and reopening."""

from __future__ import annotations

from collections.abc import Mapping

from bottle import HTTPResponse

from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import NewerMessages
from helpdeskctl.operations import portal_requests
from helpdeskctl.operations import tickets as verbs
from helpdeskctl.queries import portal_forms, portal_thread, portal_tickets
from portald import around, basket, beside
from portald.forms import Filled
from portald.texts import n, t
from portald.visit import Visit

LONGEST = 50_000  # characters of an answer
_DONE = frozenset({"sent", "closed", "reopened", "follow-up", "new", "added", "removed", "muted", "unmuted", "rated"})


def show_list(visit: Visit) -> HTTPResponse:
    """The customer's requests, by filter and words, a page at a time."""
    show, words = shown(visit), visit.words("q")
    whose = "mine" if visit.query.get("of") == "mine" and visit.actor.person.company_id is not None else ""
    actor = portal_tickets.without_company(visit.actor) if whose else visit.actor
    page = portal_tickets.page(visit.desk, actor, show=show, query=words, after=visit.mark("after"))
    return visit.page("tickets.html", page=page, show=show, words=words, whose=whose)


def shown(visit: Visit, usual: str = "open") -> str:
    """The filter of a list, as its address has it."""
    show = visit.query.get("show", usual)
    return show if show in portal_tickets.SHOWN else usual


def show(visit: Visit, number: str) -> HTTPResponse:
    """One request."""
    return page(visit, visit.actor, int(number), at=f"/tickets/{number}")


def reply(visit: Visit, number: str) -> HTTPResponse:
    """Send the customer's answer."""
    return answer(visit, visit.actor, int(number), at=f"/tickets/{number}")


def close(visit: Visit, number: str) -> HTTPResponse:
    """ "Solved, nothing more needed"."""
    verbs.close(visit.desk, visit.actor, int(number))
    return visit.redirect(f"/tickets/{number}?done=closed")


def reopen(visit: Visit, number: str) -> HTTPResponse:
    """ "It is not solved"."""
    verbs.reopen(visit.desk, visit.actor, int(number))
    return visit.redirect(f"/tickets/{number}?done=reopened")


def answer(visit: Visit, actor: Actor, number: int, *, at: str) -> HTTPResponse:
    """Send the answer, or show it again with what is missing. `at` is the path of the ticket's page."""
    portal_tickets.detail(visit.desk, actor, number)
    form, body = visit.sent_form(f"/tickets/{number}/reply"), visit.form.text("body").strip("\n")
    problems = basket.put(visit, form) | _faults(body)
    if visit.form.number("remove") or problems:
        return page(visit, actor, number, at=at, problems=problems, status=400 if problems else 200)
    try:
        sent = portal_requests.reply(visit.desk, actor, number, form, body=body, seen=visit.form.number("seen"))
    except NewerMessages:
        problems = {"body": t("We wrote to you in the meantime: please read it above, then send your answer.")}
        return page(visit, actor, number, at=at, problems=problems, status=409)
    mark = f"#m{sent.message_id}" if sent.message_id else ""
    if sent.number == number:
        return visit.redirect(f"{at}?done=sent{mark}")
    return visit.redirect(f"/tickets/{sent.number}?done=follow-up{mark}")


def too_long(length: int, longest: int = LONGEST) -> str:
    """What is said of a text of more than `longest` characters."""
    over = length - longest
    return n("This is too long by one character.", "This is too long by %(num)s characters.", over)


def _faults(body: str) -> dict[str, str]:
    if not body.strip():
        return {"body": t("Write your answer.")}
    if len(body) > LONGEST:
        return {"body": too_long(len(body))}
    return {}


def page(
    visit: Visit,
    actor: Actor,
    number: int,
    *,
    at: str,
    problems: dict[str, str] | None = None,
    forms: Mapping[str, Filled] | None = None,
    status: int = 200,
) -> HTTPResponse:
    """A ticket's page, which stands at `at`. NotFound for one that the actor may not see.

    `problems`: of the answer that came; `forms`: another form of the page that came and is shown again.
    """
    detail = portal_tickets.detail(visit.desk, actor, number)
    if detail.merged and visit.token is None and (survivor := portal_tickets.merged_into(visit.desk, actor, number)):
        return visit.redirect(f"/tickets/{survivor}")
    thread = portal_thread.thread(visit.desk, actor, number, before=visit.mark("before"))
    if visit.token is not None and not forms:
        filled = visit.again(problems)
    elif draft := portal_forms.draft(visit.desk, actor.id or 0, f"/tickets/{number}/reply"):
        filled = visit.resumed(draft)
    else:
        filled = visit.filled()
    return visit.page(
        "ticket.html",
        status=status,
        at=at,
        by_link=actor.kind == "link",
        ticket=detail,
        thread=thread,
        fields=beside.fields(visit, number),
        articles=beside.articles(visit, actor, thread),
        around=around.of_ticket(visit, actor, detail, forms or {}),
        filled=filled,
        done=visit.done(_DONE),
    )
