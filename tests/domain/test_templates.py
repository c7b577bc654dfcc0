from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdeskctl.domain import templates
from helpdeskctl.domain.templates import EVENTS, KINDS, PLACEHOLDERS, REQUIRED, Template, check, check_event
from helpdeskctl.domain.wording import shipped
from helpdeskctl.errors import Problem


def test_placeholders_are_replaced_by_their_values() -> None:
    filled = templates.fill("Hello {{contact.name}}, {{ agent.name }}.", {"contact.name": "Ann", "agent.name": "Ada"})
    assert filled == "Hello Ann, Ada."


@pytest.mark.parametrize(
    "hostile", ["{{agent.name}}", "{{7*7}}", r"\1 \g<0>", "%(x)s ${x} {0.__class__}", "a\n\n\n\nb"]
)
def test_a_value_is_data_and_is_never_read_again(hostile: str) -> None:
    assert templates.fill("<{{contact.name}}>", {"contact.name": hostile, "agent.name": "Ada"}) == f"<{hostile}>"


def test_what_is_no_placeholder_stays_as_it_is_and_is_reported() -> None:
    text = "{{7*7}} {{agent.__class__}} {{ticket.number}}"
    assert templates.fill(text, {"agent.name": "Ada"}) == text
    assert templates.missing(text, {"agent.name": "Ada"}) == ("7*7", "agent.__class__", "ticket.number")


def test_a_line_whose_value_does_not_exist_is_left_out_without_a_gap() -> None:
    text = "Done.\n\nSee {{ticket.url}}\n\n{{department.name}}\n"
    assert templates.fill(text, {"ticket.url": None, "department.name": "Support"}) == "Done.\n\nSupport\n"
    assert templates.missing(text, {"ticket.url": None, "department.name": "Support"}) == ()


def test_a_subject_stays_one_line_whatever_it_is_filled_with() -> None:
    values = {"ticket.subject": "Fire\r\nBcc: all@example.org", "agent.name": None}
    assert templates.fill_subject("Re: {{ticket.subject}} {{agent.name}}", values) == "Re: Fire Bcc: all@example.org"


def test_values_in_html_are_escaped() -> None:
    filled = templates.fill_html('<a title="{{contact.name}}">', {"contact.name": '"><script>\nx'})
    assert filled == '<a title="&quot;&gt;&lt;script&gt;<br>\nx">'


def test_an_unknown_placeholder_is_reported_with_its_line_and_the_nearest() -> None:
    assert check("Hello\n{{contact.nam}}", "canned") == [
        Problem("line 2", 'unknown placeholder "contact.nam"', 'did you mean "contact.name"?')
    ]


@pytest.mark.parametrize("text", ["{{", "a {{contact.name", "{{contact.name}} {{x"])
def test_a_placeholder_that_is_never_closed_is_reported(text: str) -> None:
    assert [problem.what for problem in check(text, "canned")] == ['this "{{" is never closed']


def test_a_placeholder_of_another_kind_is_unknown() -> None:
    assert check("{{link.code}}", "sign_in") == []
    assert check("{{link.code}}", "canned")
    assert check("{{message.text}}", "signature")


@pytest.mark.parametrize("kind", ["received_first", "received_guest", "registered", "refused", "too_large"])
def test_mail_to_strangers_cannot_quote_what_they_wrote(kind: str) -> None:
    theirs = {"ticket.subject", "message.text", "contact.name", "company.name"}
    assert theirs.isdisjoint(templates.names(kind))


@pytest.mark.parametrize("name", REQUIRED["welcome"])
def test_a_welcome_mail_without_address_user_name_or_link_is_refused(name: str) -> None:
    whole = shipped("welcome")
    poor = Template(whole.subject, whole.text.replace("{{" + name + "}}", "…"))
    assert check_event("welcome", poor) == [Problem("text", f"lacks {{{{{name}}}}}")]
    assert check_event("welcome", Template(whole.subject, whole.text, "<p>")) != []


@pytest.mark.parametrize("subject", ["", "  ", "two\nlines"])
def test_a_subject_is_one_line(subject: str) -> None:
    assert check_event("closed", Template(subject, "text")) == [Problem("subject", "is one line, not empty")]


def test_every_placeholder_has_a_sentence_and_known_kinds() -> None:
    assert len({placeholder.name for placeholder in PLACEHOLDERS}) == len(PLACEHOLDERS)
    for placeholder in PLACEHOLDERS:
        assert placeholder.sentence
        assert placeholder.kinds <= set(KINDS)
    for event, required in REQUIRED.items():
        assert set(required) <= set(templates.names(event))
    assert list(templates.SENTENCES) == list(EVENTS)


@given(st.text(), st.dictionaries(st.sampled_from(templates.names("canned")), st.none() | st.text()))
def test_any_text_can_be_checked_and_filled(text: str, values: dict[str, str | None]) -> None:
    check(text, "canned")
    templates.missing(text, values)
    templates.fill(text, values)
    assert "\n" not in templates.fill_subject(text, values)
