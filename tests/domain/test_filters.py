from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdeskctl.domain.filters import (
    EVERYTHING,
    MAX_DEPTH,
    MAX_LENGTH,
    And,
    Compare,
    Not,
    Or,
    Tree,
    Words,
    both,
    either,
    parse,
    unparse,
)
from helpdeskctl.domain.filters_words import ORDER, PORTAL_WORDS, TICKETS, WORDS, Op, Value, Word
from helpdeskctl.domain.lifecycle import Kind, Priority
from helpdeskctl.errors import InvalidInput


def has(word: str, *values: Value, key: str = "") -> Compare:
    return Compare(word, Op.IS, values, key)


OPEN = has("status", "open")
LATE = has("sla", "late")

QUERIES: list[tuple[str, Tree]] = [
    ("", EVERYTHING),
    ("  \n ", EVERYTHING),
    ("status:open", OPEN),
    ("STATUS:Open", OPEN),
    ("status:open,question", has("status", "open", "question")),
    ("not status:closed", Not(has("status", "closed"))),
    ("NOT not status:open", Not(Not(OPEN))),
    ("assignee:me", has("assignee", "me")),
    ("owner:nobody,Ada@Example.org,team:K", has("assignee", "nobody", "ada@example.org", "team:k")),
    ("dept:support", has("department", "support")),
    ("department:agent:ada@example.org", has("department", "agent:ada@example.org")),
    ("from:ann@", has("requester", "ann@")),
    ("company:muster tag:vip", And((has("company", "muster"), has("tag", "vip")))),
    ("priority>=high", Compare("priority", Op.GE, (4,))),
    ("prio:Low,urgent", has("priority", 2, 5)),
    ("sla:late", LATE),
    ("sla<2h", Compare("sla", Op.LT, (timedelta(hours=2),))),
    ("older:7d", has("older", timedelta(days=7))),
    ('quiet:"1d 2h"', has("quiet", timedelta(days=1, hours=2))),
    ("created<2026-05-01", Compare("created", Op.LT, (date(2026, 5, 1),))),
    ("closed:2026-05-01", has("closed", date(2026, 5, 1))),
    ("has:attachment is:unread", And((has("has", "attachment"), has("is", "unread")))),
    ("kind:hold,question", has("kind", "hold", "question")),
    ("number:1001,#1002", has("number", 1001, 1002)),
    (
        "lang:DE type:incident topic:hardware",
        And((has("lang", "de"), has("type", "incident"), has("topic", "hardware"))),
    ),
    ('subject~"fire|brand"', Compare("subject", Op.HAS, ("fire", "brand"))),
    ("subject:Printer,Fax", Compare("subject", Op.HAS, ("Printer", "Fax"))),
    ("field.room:3.12", has("field", "3.12", key="room")),
    ("field.Room~B", Compare("field", Op.HAS, ("B",), "room")),
    ("field.seats>=12.5", Compare("field", Op.GE, (12.5,), "seats")),
    ("field.end<2026-05-01", Compare("field", Op.LT, (date(2026, 5, 1),), "end")),
    ('tag:"a b",c', has("tag", "a b", "c")),
    (r'tag:"say \"hi\" \\"', has("tag", 'say "hi" \\')),
    (r'tag:"c:\temp"', has("tag", r"c:\temp")),
    ("printer", Words(("printer",))),
    ("printer fire", Words(("printer", "fire"))),
    ('"on fire" printer', Words(("on fire", "printer"))),
    ("printer status:open fire", And((Words(("printer", "fire")), OPEN))),
    ("status:open and sla:late", And((OPEN, LATE))),
    ("status:open or sla:late", Or((OPEN, LATE))),
    ("x status:open or sla:late", Or((And((Words(("x",)), OPEN)), LATE))),
    ("status:open (sla:late OR x)", And((OPEN, Or((LATE, Words(("x",))))))),
    ("((status:open))", OPEN),
    ("not (a b)", Not(Words(("a", "b")))),
    ("not a b", And((Not(Words(("a",))), Words(("b",))))),
    ("a or b or c", Or((Words(("a",)), Words(("b",)), Words(("c",))))),
    ('"or" "status:open"', Words(("or", "status:open"))),
    ("-vip 10:30 a@b:c #1001 50% c++ don't", Words(("-vip", "10:30", "a@b:c", "#1001", "50%", "c++", "don't"))),
    ("תקלה ปัญหา", Words(("תקלה", "ปัญหา"))),
    (
        'status:open dept:billing owner:me quiet:2d tag:vip "words in any message"',
        And(
            (
                OPEN,
                has("department", "billing"),
                has("assignee", "me"),
                has("quiet", timedelta(2)),
                has("tag", "vip"),
                Words(("words in any message",)),
            )
        ),
    ),
]

FAULTS: list[tuple[str, str]] = [
    (
        "status:open, asignee:me",
        "query:1:13: a value is missing, it follows without a space\n"
        'query:1:14: unknown word "asignee", did you mean "assignee"?',
    ),
    ("not sla:late asignee:me", 'query:1:14: unknown word "asignee", did you mean "assignee"?'),
    ("status:open\nasignee:me", 'query:2:1: unknown word "asignee", did you mean "assignee"?'),
    ("http://example.org", 'query:1:1: unknown word "http", put it in quotes to search for the text'),
    ("status>open", 'query:1:1: "status" cannot be compared with ">", it takes :'),
    ("status:", "query:1:8: a value is missing, it follows without a space"),
    ("priority:highest", 'query:1:10: no priority "highest", known: lowest, low, normal, high, urgent'),
    ("priority>low,high", 'query:1:14: ">" takes one value'),
    ("older:soon", 'query:1:7: "soon" is no duration, a number and a unit: 30s, 15m, 2h, 3d, 1w, 1y, 1d 2h'),
    ("created<20260501", 'query:1:9: "20260501" is no date, as 2026-05-01; since then: newer:2h, before: older:7d'),
    ("created<2026-02-30", 'query:1:9: "2026-02-30" is no date, as 2026-05-01; since then: newer:2h, before: older:7d'),
    ("is:odd", 'query:1:4: no "odd" here, known: unread, mine, undelivered, spam, merged, snoozed'),
    ("number:x1", 'query:1:8: "x1" is no ticket number, as 1001 or #1001'),
    (
        r'subject~"\d+"',
        'query:1:9: patterns are plain texts, alternatives with | between them: ~"fire|smoke"',
    ),
    ('subject~"fire.*out"', 'query:1:9: patterns are plain texts, alternatives with | between them: ~"fire|smoke"'),
    ("field:3", 'query:1:1: unknown word "field", did you mean "field.KEY"?'),
    ("status.x:open", 'query:1:1: unknown word "status.x", did you mean "status"?'),
    ('tag:vip "open', "query:1:9: this quote is never closed"),
    ('tag:"vip', "query:1:5: this quote is never closed"),
    ("(status:open", 'query:1:1: this "(" is never closed'),
    ("status:open)", 'query:1:12: this ")" closes nothing'),
    ("()", "query:1:2: something is missing here, a word, a comparison or a group"),
    ("a or", "query:1:5: something is missing here, a word, a comparison or a group"),
    ("or a", "query:1:1: something is missing here, a word, a comparison or a group"),
    ("not", "query:1:4: something is missing here, a word, a comparison or a group"),
    ('a ""', "query:1:3: nothing to look for between the quotes"),
]


@pytest.mark.parametrize(("text", "tree"), QUERIES)
def test_a_query_means_its_tree(text: str, tree: Tree) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(("text", "message"), FAULTS)
def test_a_fault_is_told_with_its_place_and_a_way_out(text: str, message: str) -> None:
    with pytest.raises(InvalidInput) as error:
        parse(text)
    assert error.value.message == message
    assert len(error.value.problems) == len(message.splitlines())


@pytest.mark.parametrize(("text", "tree"), QUERIES)
def test_a_tree_is_written_as_a_query_that_means_the_same(text: str, tree: Tree) -> None:
    assert parse(unparse(tree)) == tree


def test_the_portal_knows_its_own_words_only() -> None:
    assert parse("subject:printer newer:7d fire", allowed=PORTAL_WORDS)
    with pytest.raises(InvalidInput, match='unknown word "assignee"'):
        parse("assignee:me", allowed=PORTAL_WORDS)


def test_length_and_depth_are_limited() -> None:
    assert parse("(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH) == Words(("a",))
    with pytest.raises(InvalidInput, match="nested deeper"):
        parse("(" * (MAX_DEPTH + 1) + "a" + ")" * (MAX_DEPTH + 1))
    with pytest.raises(InvalidInput, match="nested deeper"):
        parse("not " * (MAX_DEPTH + 1) + "a")
    with pytest.raises(InvalidInput, match="too long"):
        parse("a" * (MAX_LENGTH + 1))


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.name)
def test_every_word_has_help_and_an_example_that_uses_it(word: Word) -> None:
    assert word.help
    example = parse(word.example)
    used = example.part if isinstance(example, Not) else example
    assert isinstance(used, Compare)
    assert TICKETS.by_name[used.word] is word


def test_no_two_words_share_a_name_or_alias() -> None:
    assert len(TICKETS.by_name) == sum(1 + len(word.aliases) for word in WORDS)


pieces = st.sampled_from(
    [*TICKETS.by_name, "field.x", *Op, "(", ")", '"', ",", "|", "\\", " ", "or", "not", "and", "2h", "high", "\n"]
)
noise = st.lists(st.one_of(pieces, st.text(max_size=3))).map("".join)


@given(st.one_of(st.text(), noise))
def test_any_text_is_a_tree_or_a_told_fault(text: str) -> None:
    try:
        tree = parse(text)
    except InvalidInput as error:
        assert len(text) > MAX_LENGTH or all(re.fullmatch(r"query:\d+:\d+", p.where) for p in error.problems)
        assert len(text) > MAX_LENGTH or error.problems
    else:
        assert parse(unparse(tree)) == tree


some_text = st.text(min_size=1, max_size=8).filter(str.strip)
keys = some_text.map(str.casefold).filter(lambda key: key.casefold() == key)
spans = st.timedeltas(timedelta(0), timedelta(9999)).map(lambda span: timedelta(seconds=span.total_seconds() // 1))


def several(values: st.SearchStrategy[Value]) -> st.SearchStrategy[tuple[Value, ...]]:
    return st.lists(values, min_size=1, max_size=3).map(tuple)


leaves: st.SearchStrategy[Tree] = st.one_of(
    st.lists(some_text, min_size=1, max_size=3).map(lambda terms: Words(tuple(terms))),
    st.builds(Compare, st.sampled_from(["status", "tag", "assignee"]), st.just(Op.IS), several(keys)),
    st.builds(Compare, st.just("kind"), st.just(Op.IS), several(st.sampled_from([str(kind) for kind in Kind]))),
    st.builds(Compare, st.just("priority"), st.sampled_from(ORDER), st.sampled_from(Priority).map(lambda p: (int(p),))),
    st.builds(Compare, st.sampled_from(["older", "quiet"]), st.just(Op.IS), several(spans)),
    st.builds(Compare, st.just("due"), st.sampled_from(ORDER), st.dates(date(1000, 1, 1)).map(lambda day: (day,))),
    st.builds(Compare, st.just("field"), st.just(Op.IS), several(some_text), st.sampled_from(["room", "a-b", "x.y"])),
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=2, max_size=3).map(both),
        st.lists(inner, min_size=2, max_size=3).map(either),
    ),
    max_leaves=8,
)


@given(trees)
def test_every_tree_can_be_written_and_read_back(tree: Tree) -> None:
    assert parse(unparse(tree)) == tree
