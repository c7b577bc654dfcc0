from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdeskctl.mail.addresses import check, entries, mailboxes
from helpdeskctl.mail.incoming import Address


@pytest.mark.parametrize(
    ("field", "name", "address"),
    [
        ("alice@example.com", "", "alice@example.com"),
        ("Alice <alice@EXAMPLE.Com>", "Alice", "alice@example.com"),
        ("Alice.Doe@example.com", "", "Alice.Doe@example.com"),
        ('"Doe, Alice" <alice@example.com>', "Doe, Alice", "alice@example.com"),
        ("Doe, Alice <alice@example.com>", "Doe, Alice", "alice@example.com"),
        ('"Alice \\"Ace\\" Doe" <alice@example.com>', 'Alice "Ace" Doe', "alice@example.com"),
        ("alice@example.com (Alice (the first))", "Alice (the first)", "alice@example.com"),
        ("Alice <@relay.example,@hop.example:alice@example.com>", "Alice", "alice@example.com"),
        ("Alice <mailto:alice@example.com>", "Alice", "alice@example.com"),
        ("Alice Doe alice@example.com", "Alice Doe", "alice@example.com"),
        ('"Alice <alice@example.com>', "Alice", "alice@example.com"),
        ("Max | [example.com] <max@example.com>", "Max | [example.com]", "max@example.com"),
        ("Support: Berlin <s@example.com>", "Support: Berlin", "s@example.com"),
        ("=?utf-8?q?M=C3=BCller=2C_A=2E?= <m@example.com>", "Müller, A.", "m@example.com"),
        ('"=?utf-8?q?M=C3=BCller?=" <m@example.com>', "Müller", "m@example.com"),
        ("=?iso-8859-1?Q?B=FCrling, =20A?= <b@example.com>", "Bürling, A", "b@example.com"),
        ('"quoted local"@example.com', "", '"quoted local"@example.com'),
        ('"plain"@example.com', "", "plain@example.com"),
        ("root@localhost", "", "root@localhost"),
        ("da..me.@docomo.example", "", "da..me.@docomo.example"),
        ("x@[192.0.2.1]", "", "x@[192.0.2.1]"),
        ("jürgen@bücher.example", "", "jürgen@bücher.example"),
    ],
)
def test_one_mailbox_is_read_as_its_writer_meant_it(field: str, name: str, address: str) -> None:
    assert entries(field.encode()) == [Address(address, name)]


@pytest.mark.parametrize(
    "field",
    [
        "",
        "<>",
        "alice",
        "alice@corp.example )bob@evil.example",
        "alice@corp.example, bob@evil.example",
        "alice@corp.example, Bob <bob@evil.example>",
        "<alice@corp.example> <bob@evil.example>",
        "alice@corp.example <bob@evil.example> carol@example.com, x",
        "alice@corp.example@evil.example",
        "alice@corp.example bob@evil.example",
        "Team: alice@corp.example;",
        "=?utf-8?q?Alice_=3Calice=40corp=2Eexample=3E?=",
        "=?utf-8?q?alice=40corp=2Eexample?=",
        '"alice@corp.example"',
        "alice@corp.example\x00",
        "alice@corp..example",
        "alice@-corp.example",
        "alice@corp.example\u202e",
        "alice @corp.example <x",
    ],
)
def test_a_field_two_programs_could_read_differently_names_nobody(field: str) -> None:
    found = entries(field.encode())
    assert found != [Address("alice@corp.example")]
    assert len(found) != 1 or found[0] is None


@pytest.mark.parametrize(
    "field",
    [
        "alice@corp.example\x00 <bob@evil.example>",
        '"alice@corp.example" <bob@evil.example>',
        "=?utf-8?q?alice=40corp.example?= <bob@evil.example>",
        "alice@corp.example <bob@evil.example>",
    ],
)
def test_an_address_in_the_name_stays_a_name(field: str) -> None:
    assert [box.address for box in mailboxes(field.encode())] == ["bob@evil.example"]


def test_lists_are_split_at_commas_semicolons_and_groups() -> None:
    field = b'A <a@x.example>, "B; C" <b@x.example>; d@x.example, Team: e@x.example, f@x.example;, , nobody'
    assert [box.address[0] for box in mailboxes(field)] == list("abdef")


def test_names_in_raw_bytes_are_read_as_utf8_or_the_charset_given() -> None:
    assert mailboxes("Jürgen <j@x.example>".encode())[0].name == "Jürgen"
    assert mailboxes("Jürgen <j@x.example>".encode("latin-1"))[0].name == "Jürgen"
    assert mailboxes("Юрий <j@x.example>".encode("koi8-r"), "koi8-r")[0].name == "Юрий"
    assert mailboxes("金田 <j@x.example>".encode("iso2022_jp"))[0].name == "金田"


@pytest.mark.parametrize(
    "address", ["a b@x.example", "a@x y", "@x", "a@", "a" * 65 + "@x.example", "a@" + "b." * 130 + "c"]
)
def test_what_is_not_exactly_one_mailbox_is_refused(address: str) -> None:
    assert check(address) is None


@given(st.text(alphabet='ab@.,;:<>()"\\ [] =?\x00é\n'))
def test_no_field_raises_and_every_address_found_passes_the_check(field: str) -> None:
    for box in mailboxes(field.encode()):
        assert check(box.address) == box.address
