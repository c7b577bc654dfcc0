"""When a condition holds for a mail, and what that rests on."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdeskctl.domain.filters import Tree, parse
from helpdeskctl.domain.filters_words import MAIL, MAIL_WORDS
from helpdeskctl.errors import InvalidInput
from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.parse import parse as parse_mail
from helpdeskctl.mail.rules.conditions import COMPARISONS, Asked, holds
from helpdeskctl.mail.rules.decision import Decision
from helpdeskctl.mail.rules.facts import Facts, Sender, Ticket
from tests.mail.rules.five_lines import ALICE, POLICY, SUPPORT, mail

MAIL_OF_ALICE = mail("""
    From: Alice Example <Alice@Mail.Acme.example>
    To: Support <support@desk.example>
    Cc: bob@acme.example
    Delivered-To: help@desk.example
    Subject: Re: The printer is on FIRE
    X-Spam-Level: ****
    X-Spam-Flag: YES
    Content-Language: de-AT
    X-Priority: 1
    MIME-Version: 1.0
    Content-Type: multipart/mixed; boundary=b

    --b
    Content-Type: text/plain

    Dear all,
    it smokes again. Cost: 100$
    -- confidential
    --b
    Content-Type: application/pdf
    Content-Disposition: attachment; filename="invoice.pdf"

    x
    --b
    Content-Type: application/octet-stream
    Content-Disposition: attachment; filename="Setup.EXE"

    x
    --b--
""")
ROUTED = Facts(mailbox=SUPPORT, noted=Decision(mailbox_id=1, department_id=1))

HOLD: list[tuple[str, str | None]] = [
    ("", ""),
    ("from:alice@mail.acme.example", "From: Alice Example <Alice@mail.acme.example>"),
    ("from:acme.example", "From: Alice Example <Alice@mail.acme.example>"),
    ("from:@mail.acme.example", "From: Alice Example <Alice@mail.acme.example>"),
    ("from:alice@", "From: Alice Example <Alice@mail.acme.example>"),
    ("from:bob@,eve@beta.example", None),
    ("from:cme.example", None),
    ("from:lice@", None),
    ('from~"example <alice"', "From: Alice Example <Alice@mail.acme.example>"),
    ("to:support@", "To: Support <support@desk.example>"),
    ("to:bob@acme.example", "To: bob@acme.example"),
    ("to:help@desk.example", "To: help@desk.example"),
    ("to:sales@", None),
    ('subject~"smoke|fire$"', "Subject: Re: The printer is on FIRE"),
    ('subject~"^the printer"', None),
    ('body~"^it smokes"', "Text: it smokes again. Cost: 100$"),
    (r'body~"100\$$"', "Text: it smokes again. Cost: 100$"),
    ('body~"fire"', None),
    ('attachment~"\\.exe$"', "Attachment: Setup.EXE"),
    ('attachment~"exe$.*pdf"', None),
    ("header.x-spam-flag:yes", "X-Spam-Flag: YES"),
    ("header.x-spam-flag:no", None),
    ('header.X-Spam-Level~"****"', "X-Spam-Level: ****"),
    ('header.X-Spam-Level~"*****"', None),
    ("header.x-none:yes", None),
    ('header.x-none~"^$"', None),
    ("size<5M", f"{MAIL_OF_ALICE.size} bytes"),
    ("size>=5M", None),
    ("has:attachment", "Attachment: invoice.pdf"),
    ("is:new", "it is new"),
    ("is:known,automatic", None),
    ("lang:de,fr", "language de-at"),
    ("lang:de-at", "language de-at"),
    ("lang:en", None),
    ("mailbox:support@desk.example", "mailbox support@desk.example"),
    ("mailbox:billing@desk.example", None),
    ("department:support", "department support"),
    ("dept:billing", None),
    ("priority>=high", "priority high"),
    ("priority:normal,low", None),
    ('"on fire" smokes', "its words"),
    ("fir", None),
    ("subject~fire has:attachment", "Subject: Re: The printer is on FIRE; Attachment: invoice.pdf"),
    ("subject~fire is:known", None),
    ("is:known or subject~fire", "Subject: Re: The printer is on FIRE"),
    ("not is:known", ""),
    ("not subject~fire", None),
    ("not (is:known or subject~smoke) size>1", f"{MAIL_OF_ALICE.size} bytes"),
]


def rests_on(condition: str, read: IncomingMail = MAIL_OF_ALICE, facts: Facts = ROUTED) -> str | None:
    evidence = holds(parse(condition, about=MAIL), Asked(read, facts, POLICY))
    return None if evidence is None else "; ".join(evidence)


@pytest.mark.parametrize(("condition", "evidence"), HOLD)
def test_a_condition_holds_and_says_by_what(condition: str, evidence: str | None) -> None:
    assert rests_on(condition) == evidence


def test_what_kind_of_mail_it_is_comes_from_the_rules_before() -> None:
    automatic = replace(ROUTED, noted=Decision(automatic=True, no_answer=True))
    bulk = replace(ROUTED, noted=Decision(no_answer=True))
    assert rests_on("is:automatic not is:bulk", facts=automatic) is not None
    assert rests_on("is:bulk not is:automatic", facts=bulk) is not None


def test_the_sender_is_known_by_contact_or_agent_and_lends_a_language() -> None:
    plain = mail("From: a@b.example\n\nHi")
    assert rests_on("is:known", facts=replace(ROUTED, sender=ALICE))
    assert rests_on("is:known", facts=replace(ROUTED, sender=Sender(agent=True)))
    assert rests_on("lang:fr", plain, replace(ROUTED, sender=Sender(1, language="fr")))
    assert rests_on("lang:fr", plain) is None
    assert rests_on("lang:fr", facts=replace(ROUTED, sender=Sender(1, language="fr"))) is None  # the mail says de


def test_an_answer_is_in_the_department_of_its_ticket() -> None:
    facts = Facts(mailbox=SUPPORT, tickets={7: Ticket(7, 7, "requester", None, 2)}, noted=Decision(ticket=7))
    assert rests_on("department:billing not is:new", facts=facts)
    assert rests_on("department:support", facts=facts) is None


def test_mail_of_no_mailbox_is_of_the_one_that_its_recipients_lead_to() -> None:
    assert rests_on("mailbox:support@desk.example", facts=replace(ROUTED, mailbox=None))
    assert rests_on("mailbox:support@desk.example", facts=Facts()) is None


def test_every_word_is_compared() -> None:
    assert set(COMPARISONS) == {word.name for word in MAIL_WORDS}


conditions = st.sampled_from([*(condition for condition, _ in HOLD), *(word.example for word in MAIL_WORDS)])
queries = st.lists(
    st.one_of(conditions, st.sampled_from(["or", "not", "(", ")", '""', "~", "printer"])), max_size=6
).map(" ".join)


def readable(text: str) -> Tree | None:
    try:
        return parse(text, about=MAIL)
    except InvalidInput:
        return None


head = st.sampled_from(["From: ", "To: ", "Subject: ", "X-Spam-Level: ", "Content-Type: ", "Cc: <", "\n", "--b\n"])
hostile = st.lists(st.one_of(head.map(str.encode), st.binary(max_size=20))).map(b"".join)


@given(queries.map(readable), hostile, st.sampled_from([ROUTED, Facts()]))
def test_every_condition_has_an_answer_for_every_mail(tree: Tree | None, raw: bytes, facts: Facts) -> None:
    if tree is not None:
        evidence = holds(tree, Asked(parse_mail(raw), facts, POLICY))
        assert evidence is None or all(isinstance(piece, str) and "\n" not in piece for piece in evidence)


def calls(work: Callable[[], object]) -> int:
    """How many functions `work` calls; unlike time, the same on every machine."""
    count = 0

    def see(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(see)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


WORST = 'body~"^a.*a.*a.*b$|c.*c$" or header.x~"a.*a.*b$" or from~"a.*a.*b$" or attachment~"^b.*a.*c$" or "zz zz"'


def flood(size: int) -> IncomingMail:
    """A mail that has much of everything, made of what the patterns look for."""
    many = "".join(f"a{n}@a.example, " for n in range(size // 40))
    files = 'Content-Disposition: attachment; filename="baaa"\n\nx\n--b\n' * (size // 60)
    text = "ac aa\n" * (size // 6)
    head = f"From: {many}\nX: {'a ' * (size // 2)}\nContent-Type: multipart/mixed; boundary=b\n\n"
    return parse_mail(f"{head}--b\n\n{text}\n--b\n{files}".encode())


def test_twice_the_mail_is_at_most_twice_the_work() -> None:
    tree = parse(WORST, about=MAIL)
    small, large = flood(6_000), flood(12_000)
    first = calls(lambda: holds(tree, Asked(small, ROUTED, POLICY)))
    second = calls(lambda: holds(tree, Asked(large, ROUTED, POLICY)))
    assert second <= 2 * first + 100
