"""The form of a new request: what can be chosen in it, what its topic asks for, and what is wrong with what came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from helpdeskctl.domain.lifecycle import Priority
from helpdeskctl.errors import InvalidInput
from helpdeskctl.mail import addresses
from helpdeskctl.operations.portal_requests import PRIORITIES, NewRequest
from helpdeskctl.operations.ticket_fields import checked_value
from helpdeskctl.queries import portal_fields, portal_forms
from helpdeskctl.queries.portal_fields import Asked
from helpdeskctl.queries.portal_forms import Subject
from portald.routes.tickets import LONGEST, too_long
from portald.texts import later, t
from portald.visit import Visit

LONGEST_SUBJECT, LONGEST_NAME, LONGEST_VALUE = 200, 100, 1000
_QUICKEST = timedelta(seconds=2)  # no person fills the form faster
_UNFIT = {
    "number": later("Enter a number, as 12.5."),
    "date": later("Enter a day, as 2026-05-03."),
    "choice": later("Choose one of the list."),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """What the form offers: subjects, the one that is chosen, the fields that its topic asks for.

    `department` is the key that a link narrowed the form to. `shown`: the page that was sent had those fields.
    """

    subjects: tuple[Subject, ...]
    chosen: Subject | None
    asked: tuple[Asked, ...]
    department: str = ""
    shown: bool = False

    @property
    def several_departments(self) -> bool:
        """Whether the department has to be said with each topic."""
        return len({each.department_id for each in self.subjects}) > 1

    @property
    def asks(self) -> bool:
        """Whether what is asked depends on what is chosen."""
        return len(self.subjects) > 1 and any(each.asks for each in self.subjects)


def offer(visit: Visit, values: Mapping[str, str]) -> Offer:
    """The offer for a form with these values, or for the words of a link to it (`topic`, `dept`)."""
    found = portal_forms.subjects(visit.desk, visit.language, guest=visit.visitor is None)
    department = values.get("dept", "").casefold()
    narrowed = tuple(each for each in found if each.words[1] == department)
    subjects, department = (narrowed, department) if narrowed else (found, "")
    about, topic = values.get("about"), values.get("topic", "").casefold()
    fitting = (each for each in subjects if each.key == about or (topic and each.words[0] == topic))
    chosen = subjects[0] if len(subjects) == 1 else next(fitting, None)
    asked = portal_fields.asked(visit.desk, chosen.topic_id, visit.language) if chosen and chosen.asks else ()
    shown = chosen is not None and (not asked or values.get("asked") == chosen.key)
    return Offer(subjects, chosen, asked, department, shown)


def request(visit: Visit, offered: Offer, chosen: Subject) -> NewRequest:
    """The request that came, once it has no faults. What the form does not ask for is not looked at."""
    form = visit.form
    return NewRequest(
        chosen,
        form.line("subject"),
        form.text("body").strip("\n"),
        {each.key: form.line(name_of(each)) for each in offered.asked if form.line(name_of(each))},
        _priority(visit),
    )


def faults(visit: Visit, offered: Offer) -> dict[str, str]:
    """What is wrong, by field, in the order of the form."""
    form, found = visit.form, {}
    if offered.chosen is None:
        found["about"] = t("Choose what it is about.")
    if offered.shown:
        found |= unfit_values(visit, offered.asked)
    if visit.visitor is None:
        found |= _guests_faults(visit)
    if not form.line("subject"):
        found["subject"] = t("Say in a few words what it is about.")
    elif len(form.line("subject")) > LONGEST_SUBJECT:
        found["subject"] = t("Take at most %(most)s characters here.", most=LONGEST_SUBJECT)
    if not form.text("body").strip():
        found["body"] = t("Write what happened, or what you need.")
    elif len(form.text("body")) > LONGEST:
        found["body"] = too_long(len(form.text("body")))
    return found


def name_of(field: Asked) -> str:
    """What a field of the desk's own is called in the form."""
    return f"f{field.id}"


def unfit_values(visit: Visit, asked: Iterable[Asked]) -> dict[str, str]:
    """What is wrong with the values that came for fields of the desk's own."""
    found = {}
    for field in asked:
        value = visit.form.line(name_of(field))
        if len(value) > LONGEST_VALUE:
            found[name_of(field)] = t("Take at most %(most)s characters here.", most=LONGEST_VALUE)
            continue
        try:
            if value:
                checked_value(field, value)
        except InvalidInput:
            found[name_of(field)] = t(_UNFIT.get(field.type, _UNFIT["choice"]))
    return found


def _guests_faults(visit: Visit) -> dict[str, str]:
    if addresses.check(visit.form.line("email")) is None:
        return {"email": t("Enter your e-mail address, as name@example.org.")}
    if visit.form.line("website"):
        return {"website": t("Leave this field empty: it is there to stop robots.")}
    expected = visit.settings["guest_answer"] if visit.settings["guest_question"] else None
    if expected and _bare(visit.form.line("answer")) != _bare(expected):
        return {"answer": t("This is not the answer that we expect. Please try again.")}
    if visit.token is not None and visit.token.age < _QUICKEST:
        return {"body": t("That was very fast. Please look it over and send it again.")}
    return {}


def _bare(text: str) -> str:
    return "".join(text.casefold().split())


def _priority(visit: Visit) -> Priority | None:
    """What the customer chose, where customers choose; None for the usual: then topic and department decide."""
    said = visit.form.line("priority") if visit.settings["portal_priority"] else ""
    chosen = next((each for each in PRIORITIES if each.key == said), Priority.NORMAL)
    return None if chosen is Priority.NORMAL else chosen
