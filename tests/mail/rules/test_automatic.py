"""What no person wrote, and what nobody waits for an answer to. The two are told apart."""

from __future__ import annotations

import pytest

from helpdeskctl.mail.rules import automatic
from helpdeskctl.mail.rules.facts import Facts
from tests.mail.rules.five_lines import POLICY, header


def flags(
    lines: str = "", *, subject: str = "Printer on fire", sender: str = "alice@acme.example"
) -> tuple[bool, bool]:
    answer = automatic.judge(header(lines, subject=subject, sender=sender), Facts(), POLICY)
    if answer is None:
        return False, False
    assert answer.decision is None
    assert answer.evidence
    return answer.automatic, answer.no_answer


@pytest.mark.parametrize(
    "line",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated (nagios)",
        "AUTO-SUBMITTED: Auto-Replied",
        "X-Autoreply: yes",
        "X-Autorespond: Printer on fire",
        "X-Apple-Action: VACATION",
        "Precedence: auto_reply",
        "X-POST-MessageClass: 9; Autoresponder",
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=b",  # a read receipt
        "X-MS-Exchange-Inbox-Rules-Loop: a@b.example\nX-Auto-Response-Suppress: All",  # Exchange out of office
    ],
)
def test_a_program_s_mail_is_automatic(line: str) -> None:
    assert flags(line) == (True, True)


@pytest.mark.parametrize(
    "line", ["Auto-Submitted: no", "Auto-Submitted:   No  ", "Auto-Submitted: no (by hand)", "Auto-Submitted:"]
)
def test_auto_submitted_no_is_a_person(line: str) -> None:
    assert flags(line) == (False, False)


@pytest.mark.parametrize(
    "line",
    [
        "Precedence: list",
        "Precedence: bulk",
        "List-Id: <users.lists.example>",
        "List-Unsubscribe: <mailto:leave@lists.example>",
        "Return-Path: <>",
    ],
)
def test_customers_write_through_lists_so_their_mail_is_a_person_s_that_gets_no_receipt(line: str) -> None:
    assert flags(line) == (False, True)


def test_a_noreply_address_gets_no_receipt() -> None:
    assert flags(sender="no-reply@saas.example") == (False, True)


def test_a_person_is_a_person() -> None:
    assert flags() == (False, False)
    assert flags("X-Auto-Response-Suppress: All") == (False, False)


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Printer on fire",
        "Abwesenheitsnotiz: Drucker",
        "Réponse automatique : imprimante",
        "Automatisk svar: printer",
        "Automatisch antwoord: printer",
        "תשובה אוטומטית: מדפסת",
        "Resposta automática: impressora",
        "Respuesta automática: impresora",
        "ตอบกลับอัตโนมัติ: เครื่องพิมพ์",
    ],
)
def test_an_out_of_office_subject_needs_a_second_sign(subject: str) -> None:
    assert flags(subject=subject) == (False, False)
    assert flags("Return-Path: <>", subject=subject) == (True, True)
    assert flags("X-Auto-Response-Suppress: All", subject=subject) == (True, True)
