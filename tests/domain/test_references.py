from __future__ import annotations

import hashlib
import hmac
from base64 import b32encode

import pytest

from helpdeskctl.domain import references as ref
from helpdeskctl.domain.references import Audience, Token, TokenKeys

KEYS = TokenKeys("b", {"a": b"old key", "b": b"new key"})
TOKEN = ref.make_token(1001, 57, KEYS)
MESSAGE_ID = ref.message_id(TOKEN, "example.org")


def test_the_mac_is_what_the_wire_format_says() -> None:
    expected = b32encode(hmac.new(b"new key", b"hd1|1001|57|c", hashlib.sha256).digest()).decode().lower()[:26]
    assert f"<hd.1001.57.b.{expected}@example.org>" == MESSAGE_ID


def test_a_token_comes_back_from_the_message_id_the_plus_address_and_the_body() -> None:
    wanted = Token(1001, 57, Audience.CONTACT)
    address = ref.plus_address("support@example.org", TOKEN)
    assert address == f"support+{TOKEN}@example.org"
    assert ref.in_message_id(MESSAGE_ID, KEYS) == wanted
    assert ref.in_address(address, KEYS) == wanted
    assert ref.in_body(f"> quoted {ref.body_marker(TOKEN)} end", KEYS) == (wanted,)


def test_a_token_for_an_agent_is_told_from_one_for_a_contact() -> None:
    found = ref.in_message_id(ref.message_id(ref.make_token(1001, 57, KEYS, Audience.AGENT), "example.org"), KEYS)
    assert found == Token(1001, 57, Audience.AGENT)


def test_tokens_of_an_older_key_still_hold_and_those_of_a_dropped_key_do_not() -> None:
    old = ref.message_id(ref.make_token(1001, 57, TokenKeys("a", KEYS.by_id)), "example.org")
    assert ref.in_message_id(old, KEYS) is not None
    assert ref.in_message_id(old, TokenKeys("b", {"b": b"new key"})) is None


@pytest.mark.parametrize("length", range(len(MESSAGE_ID)))
def test_no_prefix_of_a_message_id_is_accepted(length: int) -> None:
    assert ref.in_message_id(MESSAGE_ID[:length], KEYS) is None


@pytest.mark.parametrize("length", range(len(TOKEN)))
def test_no_prefix_of_a_token_is_accepted_in_an_address_or_a_body(length: int) -> None:
    assert ref.in_address(f"support+{TOKEN[:length]}@example.org", KEYS) is None
    assert ref.in_body(f"[{TOKEN[:length]}]", KEYS) == ()


@pytest.mark.parametrize("place", range(len(TOKEN)))
def test_no_token_with_one_changed_character_is_accepted(place: int) -> None:
    for other in {"0", "9", "x", ".", TOKEN[place].upper()} - {TOKEN[place]}:
        changed = TOKEN[:place] + other + TOKEN[place + 1 :]
        assert ref.in_message_id(f"<{changed}@example.org>", KEYS) is None, changed


@pytest.mark.parametrize(
    "text",
    [
        MESSAGE_ID.replace("1001", "1002"),
        MESSAGE_ID.replace("1001", "01001"),
        MESSAGE_ID.replace("1001", "١٠٠١"),
        MESSAGE_ID.upper(),
        MESSAGE_ID + "\n",
        f" {MESSAGE_ID}",
        f"<x.{TOKEN}@example.org>",
        f"<{TOKEN}x@example.org>",
        f"<{TOKEN}@>",
        "",
    ],
)
def test_another_tickets_number_and_other_spellings_are_refused(text: str) -> None:
    assert ref.in_message_id(text, KEYS) is None


def test_a_plus_address_too_long_for_smtp_is_not_made() -> None:
    assert ref.plus_address("a-department-with-a-very-long-address@example.org", TOKEN) is None


@pytest.mark.parametrize(
    ("subject", "numbers"),
    [
        ("Re: [Support#1001] Printer", (1001,)),
        ("AW: [support #1001] x [Support#7] [SUPPORT#1001]", (1001, 7)),
        ("[Other#1001] [Support#] [Support#0] [Support#12x] Support#12", ()),
        ("[Support#" + "9" * 30 + "]", ()),
    ],
)
def test_tags_are_found_for_the_prefix_only(subject: str, numbers: tuple[int, ...]) -> None:
    assert ref.tagged_numbers(subject, "Support") == numbers


def test_a_prefix_with_pattern_characters_is_taken_literally() -> None:
    assert ref.tagged_numbers("[A.B (x)#5] [AxB (x)#6]", "A.B (x)") == (5,)


@pytest.mark.parametrize(
    "subject",
    [
        "Printer on fire",
        "Re: Printer on fire",
        "RE: AW: Re[2]: Printer on fire",
        "Re: [Support#1001] Printer on fire",
        "AW: [Support#1001] Re: [Support#999] Printer on fire",
        "Antw: SV: RES:   Printer  on fire [support #1001]",
        "השב: ตอบกลับ: Printer on fire",
    ],
)
def test_an_answers_subject_has_one_re_and_one_tag(subject: str) -> None:
    assert ref.reply_subject(subject, 1001, "Support") == "Re: [Support#1001] Printer on fire"


def test_words_that_only_start_like_a_reply_mark_stay() -> None:
    assert ref.reply_subject("Reset: password", 5, "HD") == "Re: [HD#5] Reset: password"
    assert ref.reply_subject("Question re: invoice", 5, "HD") == "Re: [HD#5] Question re: invoice"
    assert ref.reply_subject("", 5, "HD") == "Re: [HD#5]"


def test_a_tag_added_twice_stands_once() -> None:
    once = ref.tag_subject("We have your request", 1001, "Support")
    assert once == "[Support#1001] We have your request"
    assert ref.tag_subject(once, 1001, "Support") == once
    assert ref.tag_subject("Re: Printer", 1001, "Support") == "Re: [Support#1001] Printer"
