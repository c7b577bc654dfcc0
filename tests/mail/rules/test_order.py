"""The rules together: who answers first, what is carried along, what a release passes over."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from helpdeskctl.mail import rules
from helpdeskctl.mail.rules import RULES, judge
from helpdeskctl.mail.rules.facts import DepartmentPolicy, Facts, Known
from tests.mail.rules.five_lines import ALICE, POLICY, SUPPORT, header, named, ticket


def test_every_rule_has_a_file_and_every_file_a_test() -> None:
    folder = Path(rules.__file__).parent
    files = {path.stem for path in folder.glob("*.py")} - {"__init__", "conditions", "decision", "facts", "places"}
    assert {name for name, _ in RULES} == files
    assert files <= {path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("test_*.py")}


def test_the_trail_tells_what_every_rule_said_until_one_answered() -> None:
    found = judge(header(), Facts(mailbox=SUPPORT), POLICY)
    assert [step.rule for step in found.trail] == [name for name, _ in RULES]
    said = {step.rule: step.answer for step in found.trail if step.answer is not None}
    assert said.keys() == {"routing", "new_ticket"}
    assert (found.decision.rule, found.decision.department_id, found.decision.mailbox_id) == ("new_ticket", 1, 1)


def test_nothing_is_asked_behind_the_first_answer() -> None:
    found = judge(header("Auto-Submitted: auto-replied"), Facts(known=Known(1)), POLICY)
    assert [step.rule for step in found.trail] == ["known"]


def test_a_bounce_is_no_mere_automatic_mail() -> None:
    mail = header("Auto-Submitted: auto-replied", subject="failure notice", sender="mailer-daemon@mx.example")
    assert judge(mail, Facts(mailbox=SUPPORT), POLICY).decision.held == "backscatter"


def test_the_kind_of_mail_and_the_ticket_it_may_belong_to_are_carried_to_the_end() -> None:
    facts = Facts(mailbox=SUPPORT, tokens=named(1001), tickets=ticket(1001))
    decision = judge(header("Precedence: list"), facts, POLICY).decision
    assert (decision.decision, decision.may_belong, decision.no_answer, decision.automatic) == (
        "open",
        1001,
        True,
        False,
    )
    assert decision.security is not None


def test_a_token_beats_a_reference_beats_a_tag() -> None:
    tickets = ticket(1001, "requester") | ticket(1002, "requester") | ticket(1003, "requester")
    tagged = header(subject="[Support#1003] Printer")
    facts = Facts(sender=ALICE, tokens=named(1001), references=named(1002), tickets=tickets)
    assert judge(tagged, facts, POLICY).decision.ticket == 1001
    assert judge(tagged, replace(facts, tokens=()), POLICY).decision.ticket == 1002
    assert judge(tagged, replace(facts, tokens=(), references=()), POLICY).decision.ticket == 1003


def test_who_takes_part_is_no_stranger_even_where_strangers_are_refused() -> None:
    strict = replace(POLICY, departments={1: DepartmentPolicy("support", "reject")})
    facts = Facts(mailbox=SUPPORT, sender=ALICE, tokens=named(1001), tickets=ticket(1001, "participant"))
    assert judge(header(), facts, strict).decision.decision == "add"


def test_a_waived_rule_decides_nothing_and_the_others_go_on() -> None:
    strict = replace(POLICY, departments={1: DepartmentPolicy("support", "hold")})
    assert judge(header(), Facts(mailbox=SUPPORT), strict).decision.held == "unknown_sender_held"
    released = replace(strict, waived=frozenset({"stranger"}))
    assert judge(header(), Facts(mailbox=SUPPORT), released).decision.decision == "open"
