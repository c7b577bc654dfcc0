"""Bounces, complaints, automatic mail and people among real mails, told apart by the rules alone."""

from __future__ import annotations

from collections import Counter

import pytest

from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.parse import parse
from helpdeskctl.mail.returned import recipients
from helpdeskctl.mail.rules import automatic, bounce, complaint
from helpdeskctl.mail.rules.facts import Facts, Policy
from tests.corpus.conftest import Cases, Figure

RIGHT = {
    ("bounce", "bounce"): 0.98,
    ("feedback", "complaint"): 0.95,
    ("auto-reply", "automatic"): 14 / 16,
    ("auto-other", "automatic"): 7 / 9,
}
"""What the corpus calls it, what the desk does, and the share that must be right."""


def class_of(mail: IncomingMail) -> str:
    """As `mail explain` names it, on a desk that knows nothing else of the mail."""
    facts, policy = Facts(), Policy()
    if bounce.judge(mail, facts, policy):
        return "bounce"
    if complaint.judge(mail, facts, policy):
        return "complaint"
    remark = automatic.judge(mail, facts, policy)
    is_automatic = (remark is not None and remark.automatic) or automatic.is_bulk(mail.headers)
    return "automatic" if is_automatic else "normal"


@pytest.fixture(scope="module")
def classes(cases: Cases) -> Counter[tuple[str, str]]:
    """How often each kind of the corpus was taken for each class."""
    return Counter((expected["kind"], class_of(parse(raw))) for _, raw, expected in cases("bounces"))


@pytest.mark.parametrize(("kind", "wanted"), RIGHT)
def test_real_mail_that_no_person_wrote_is_known(
    kind: str, wanted: str, classes: Counter[tuple[str, str]], record_property: Figure
) -> None:
    total = sum(count for (actual, _), count in classes.items() if actual == kind)
    right = classes[kind, wanted]
    record_property("figure", f"classes: {kind:20} {right:5} of {total:5}  {right / total:6.1%}")
    assert right / total >= RIGHT[kind, wanted], classes


def test_no_mail_of_a_person_is_taken_for_a_program_s(
    classes: Counter[tuple[str, str]], record_property: Figure
) -> None:
    wrong = {found: count for (kind, found), count in classes.items() if kind == "normal" and found != "normal"}
    total = classes["normal", "normal"] + sum(wrong.values())
    right = classes["normal", "normal"]
    record_property("figure", f"classes: {'normal':20} {right:5} of {total:5}  {right / total:6.1%}")
    assert wrong == {}


def test_the_recipients_of_real_bounces_are_named(cases: Cases, record_property: Figure) -> None:
    right = total = 0
    for _, raw, expected in cases("bounces"):
        if wanted := {address.casefold() for address in expected.get("recipients", ())}:
            total += 1
            found = recipients(parse(raw))
            right += wanted <= {name.casefold() for one in found for name in (one.address, one.original_address)}
    record_property("figure", f"bounces: {'every recipient':20} {right:5} of {total:5}  {right / total:6.1%}")
    assert right / total >= 0.93
