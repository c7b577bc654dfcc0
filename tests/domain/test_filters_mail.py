"""The query language about mail: the same parser, words of its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdeskctl.domain.filters import And, Compare, Not, Or, Tree, Words, parse, unparse
from helpdeskctl.domain.filters_words import MAIL, MAIL_WORDS, ORDER, TICKETS, Op, Value, Word
from helpdeskctl.errors import InvalidInput


def compare(word: str, op: Op, *values: Value, key: str = "") -> Compare:
    return Compare(word, op, values, key)


QUERIES: list[tuple[str, Tree]] = [
    ("from:Ann@Acme.example,spam.example", compare("from", Op.IS, "ann@acme.example", "spam.example")),
    ("sender:ann@ requester:@localhost", And((compare("from", Op.IS, "ann@"), compare("from", Op.IS, "@localhost")))),
    ('from~"^newsletter"', compare("from", Op.HAS, "^newsletter")),
    (r'attachment~"\.exe$|.scr$"', compare("attachment", Op.HAS, r"\.exe$", ".scr$")),
    ("header.X-Spam-Flag:YES", compare("header", Op.IS, "yes", key="x-spam-flag")),
    ('header.X-Spam-Level~"*****"', compare("header", Op.HAS, "*****", key="x-spam-level")),
    ("size>5M", compare("size", Op.GT, 5 << 20)),
    ("prio>=high", compare("priority", Op.GE, 4)),
    (
        "is:bulk not (from:acme.example or is:known)",
        And(
            (
                compare("is", Op.IS, "bulk"),
                Not(Or((compare("from", Op.IS, "acme.example"), compare("is", Op.IS, "known")))),
            )
        ),
    ),
    ('"on fire" lang:DE', And((Words(("on fire",)), compare("lang", Op.IS, "de")))),
]

FAULTS = [
    ("tag:vip", 'query:1:1: "tag" is a word for tickets, not for mail, helpdeskctl help query'),
    ("is:known quiet:2d", 'query:1:10: "quiet" is a word for tickets, not for mail, helpdeskctl help query'),
    ("subjekt~fire", 'query:1:1: unknown word "subjekt", did you mean "subject"?'),
    ("header~fire", 'query:1:1: unknown word "header", did you mean "header.KEY"?'),
    (
        "from:everybody",
        'query:1:6: "everybody" is no address, ann@acme.example, acme.example or ann@; a piece: from~acme',
    ),
    (
        r'subject~"fire|\d+"',
        'query:1:9: patterns know no "\\d", a backslash stands before a sign: \\$; | always separates',
    ),
    ("size>large", "query:1:6: must be a size, as 25M"),
    ("size:5M", 'query:1:1: "size" cannot be compared with ":", it takes < <= > >='),
    ("is:unread", 'query:1:4: no "unread" here, known: automatic, bulk, known, new'),
    ("priority>=hihg", 'query:1:11: no priority "hihg", known: lowest, low, normal, high, urgent'),
]


@pytest.mark.parametrize(("text", "tree"), QUERIES)
def test_a_condition_means_its_tree_and_is_written_as_one_that_means_the_same(text: str, tree: Tree) -> None:
    assert parse(text, about=MAIL) == tree
    assert parse(unparse(tree), about=MAIL) == tree


@pytest.mark.parametrize(("text", "message"), FAULTS)
def test_a_fault_is_told_with_its_place_and_a_way_out(text: str, message: str) -> None:
    with pytest.raises(InvalidInput) as error:
        parse(text, about=MAIL)
    assert error.value.message == message


@pytest.mark.parametrize("word", ["body", "attachment", "mailbox"])
def test_words_about_mail_say_nothing_about_tickets(word: str) -> None:
    with pytest.raises(InvalidInput, match="is a word for mail, not for tickets"):
        parse(f"{word}~x")


@pytest.mark.parametrize("word", MAIL_WORDS, ids=lambda word: word.name)
def test_every_word_has_help_and_an_example_that_uses_it(word: Word) -> None:
    used = parse(word.example, about=MAIL)
    assert isinstance(used, Compare)
    assert MAIL.by_name[used.word] is word
    assert word.help


def test_a_word_in_both_vocabularies_has_the_same_aliases_or_none_that_clash() -> None:
    assert {"department", "priority", "lang", "subject", "has", "is"} <= MAIL.by_name.keys() & TICKETS.by_name.keys()
    assert len(MAIL.by_name) == sum(1 + len(word.aliases) for word in MAIL_WORDS)


pieces = st.sampled_from(
    [*MAIL.by_name, "header.x", *Op, "(", ")", '"', "|", "\\", "^", "$", ".*", " ", "or", "not", "high", "5M", "a@b.c"]
)


@given(st.lists(st.one_of(pieces, st.text(max_size=3))).map("".join))
def test_any_text_is_a_tree_that_can_be_written_or_a_told_fault(text: str) -> None:
    try:
        tree = parse(text, about=MAIL)
    except InvalidInput as error:
        assert error.message
    else:
        assert parse(unparse(tree), about=MAIL) == tree


def test_sizes_are_compared_and_nothing_else() -> None:
    assert MAIL.by_name["size"].ops == ORDER
