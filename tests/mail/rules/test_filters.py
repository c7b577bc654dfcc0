"""The desk's own rules in the chain: their order, what counts where, what a release passes over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from helpdeskctl.domain.filters import parse
from helpdeskctl.domain.filters_words import MAIL
from helpdeskctl.domain.rules import ACTIONS, Rule, action
from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.rules import Judgement, judge
from helpdeskctl.mail.rules.decision import Decision, Held
from helpdeskctl.mail.rules.facts import DepartmentPolicy, Facts, Policy
from helpdeskctl.mail.rules.filters import NAME
from tests.mail.rules.five_lines import ALICE, POLICY, SUPPORT, header, named, ticket

NEW = Facts(mailbox=SUPPORT)
KEYS = {"types": {"incident": 11}, "topics": {"hardware": 12}}


def rule(key: str, when: str, *do: str, stop: bool = False) -> Rule:
    return Rule(abs(hash(key)), key, parse(when, about=MAIL), tuple(map(action, do)), stop)


def judged(*rules: Rule, mail: IncomingMail | None = None, facts: Facts = NEW, policy: Policy = POLICY) -> Judgement:
    return judge(mail or header(), facts, replace(policy, rules=rules, **KEYS))


def decided(*rules: Rule, mail: IncomingMail | None = None, facts: Facts = NEW, policy: Policy = POLICY) -> Decision:
    return judged(*rules, mail=mail, facts=facts, policy=policy).decision


def answer_to(number: int) -> Facts:
    """A mail of the requester that answers in a ticket of the department billing."""
    tickets = {number: replace(ticket(number, "requester")[number], department_id=2)}
    return Facts(mailbox=SUPPORT, sender=ALICE, tokens=named(number), tickets=tickets)


def test_what_rules_say_of_a_new_ticket_is_decided() -> None:
    decision = decided(
        rule("a", "subject~fire", "department:billing", "priority:urgent", "tag:safety", "type:incident"),
        rule("b", "", "topic:hardware", "assign:team:first", "tag:hot", "close", "spam", "fold:^sent from"),
    )
    assert decision.decision == "open"
    assert (decision.department_id, decision.mailbox_id, decision.priority) == (2, 1, 5)
    assert (decision.type_id, decision.topic_id, decision.assign) == (11, 12, "team:first")
    assert (decision.tags, decision.cuts) == (("safety", "hot"), ("^sent from",))
    assert (decision.close, decision.spam) == (True, True)
    assert [ran.key for ran in decision.ran] == ["a", "b"]


def test_a_rule_that_does_not_hold_does_nothing_and_leaves_no_trace() -> None:
    decision = decided(rule("a", "subject~smoke", "spam"))
    assert (decision.spam, decision.ran) == (False, ())


def test_of_two_that_disagree_the_later_one_counts() -> None:
    decision = decided(rule("a", "", "priority:low"), rule("b", "", "priority:high"))
    assert decision.priority == 4


def test_where_one_stops_no_later_one_is_asked() -> None:
    decision = decided(rule("a", "subject~fire", "tag:a", stop=True), rule("b", "", "tag:b"))
    assert (decision.tags, decision.ran[0].did) == (("a",), ("tag:a", "stop"))
    assert decided(rule("a", "subject~smoke", stop=True), rule("b", "", "tag:b")).tags == ("b",)


def test_what_a_rule_does_triggers_no_other() -> None:
    decision = decided(rule("a", "", "department:billing"), rule("b", "department:billing", "tag:b"))
    assert (decision.department_id, decision.tags) == (2, ())


def test_the_policy_of_the_department_counts_where_a_rule_sent_it() -> None:
    strict = replace(POLICY, departments={1: DepartmentPolicy("support"), 2: DepartmentPolicy("billing", "hold")})
    held = decided(rule("a", "", "department:billing"), policy=strict)
    assert (held.held, held.department_id) == (Held.UNKNOWN_SENDER_HELD, 2)


@pytest.mark.parametrize("key", ["gone", "archived"])
def test_a_department_that_takes_no_mail_is_passed_over(key: str) -> None:
    policy = replace(POLICY, departments={**POLICY.departments, 3: DepartmentPolicy("archived", archived=True)})
    decision = decided(rule("a", "", f"department:{key}", "tag:a"), policy=policy)
    assert (decision.department_id, decision.ran[0].did) == (1, ("tag:a",))


class TestQuarantine:
    HOLDS = rule("no-fire", "subject~fire", "tag:hot", "quarantine")

    def test_the_mail_waits_and_the_rule_is_named_with_what_it_rests_on(self) -> None:
        held = decided(rule("a", "", "department:billing"), self.HOLDS, rule("z", "", "tag:z"))
        assert (held.decision, held.held, held.rule) == ("quarantine", Held.REJECTED_PATTERN, NAME)
        assert held.evidence == "rule no-fire: Subject: Printer on fire"
        assert held.department_id == 2
        assert [ran.key for ran in held.ran] == ["a", "no-fire"]

    def test_an_answer_waits_for_the_agents_of_its_ticket(self) -> None:
        held = decided(self.HOLDS, facts=answer_to(1001))
        assert (held.held, held.department_id, held.ticket) == (Held.REJECTED_PATTERN, 2, None)
        assert held.ran[0].did == ("quarantine",)

    @pytest.mark.parametrize("facts", [NEW, answer_to(1001)])
    def test_a_release_passes_over_what_would_hold_it_and_nothing_else(self, facts: Facts) -> None:
        released = replace(POLICY, waived=frozenset({NAME}))
        decision = decided(self.HOLDS, rule("b", "", "reject"), rule("c", "", "fold:it"), facts=facts, policy=released)
        assert decision.decision == ("open" if facts is NEW else "add")
        assert decision.tags == (("hot",) if facts is NEW else ())
        assert decision.cuts == ("it",)

    def test_a_release_into_a_department_goes_there(self) -> None:
        released = replace(POLICY, otherwise=1)
        assert decided(rule("a", "", "department:billing"), facts=Facts(), policy=released).department_id == 1


class TestReject:
    REFUSES = rule("no", "from:acme.example", "reject")

    @pytest.mark.parametrize("facts", [NEW, answer_to(1001)])
    def test_the_sender_is_told_once_by_the_mailbox_it_came_in_by(self, facts: Facts) -> None:
        decision = decided(self.REFUSES, facts=facts)
        assert (decision.decision, decision.answer, decision.mailbox_id) == ("refuse", True, 1)
        assert decision.evidence == "rule no: From: Alice <alice@acme.example>"

    @pytest.mark.parametrize("line", ["Auto-Submitted: auto-replied", "Precedence: bulk"])
    def test_who_waits_for_no_answer_gets_none(self, line: str) -> None:
        decision = decided(self.REFUSES, mail=header(line))
        assert (decision.decision, decision.answer) == ("refuse", False)


class TestAnswers:
    """Mail into tickets that are there."""

    def test_only_what_holds_anywhere_counts(self) -> None:
        new_only = [kind.example for kind in ACTIONS.values() if not kind.anywhere]
        decision = decided(rule("a", "", *new_only), rule("b", "", "fold:it"), facts=answer_to(1001))
        assert (decision.decision, decision.ticket) == ("add", 1001)
        assert (decision.spam, decision.close, decision.tags, decision.assign) == (False, False, (), None)
        assert decision.department_id is None
        assert [ran.key for ran in decision.ran] == ["b"]

    def test_a_rule_may_stop_the_others_all_the_same(self) -> None:
        decision = decided(rule("a", "", "spam", stop=True), rule("b", "", "quarantine"), facts=answer_to(1001))
        assert (decision.decision, decision.ran[0].did) == ("add", ("stop",))

    def test_a_follow_up_is_an_answer(self) -> None:
        facts = answer_to(1001)
        closed = replace(facts, tickets={1001: replace(facts.tickets[1001], closed_for_good="is billed")})
        decision = decided(rule("a", "", "department:billing", "spam"), facts=closed)
        assert (decision.decision, decision.follow_up, decision.spam) == ("open", 1001, False)

    def test_a_stranger_who_names_a_ticket_opens_a_new_one(self) -> None:
        facts = Facts(mailbox=SUPPORT, tokens=named(1001), tickets=ticket(1001))
        decision = decided(rule("a", "is:new", "tag:a"), facts=facts)
        assert (decision.decision, decision.may_belong, decision.tags) == ("open", 1001, ("a",))


def test_bounces_and_mail_of_blocked_senders_are_not_the_rules_business() -> None:
    everything = rule("a", "", "quarantine")
    bounce = header("Return-Path: <>", subject="failure notice", sender="mailer-daemon@mx.example")
    assert decided(everything, mail=bounce).held is Held.BACKSCATTER
    blocking = replace(POLICY, blocked_domains=frozenset({"acme.example"}))
    assert decided(everything, policy=blocking).held is Held.BLOCKED_SENDER


def test_a_desk_without_rules_is_asked_nothing() -> None:
    assert [step.answer for step in judged().trail if step.rule == NAME] == [None, None]
