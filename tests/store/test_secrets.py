"""Secrets: sealed under the key file, or references that are read anew and never quoted."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpdeskctl.errors import ConfigError, InvalidInput, NotPermitted, Refused
from helpdeskctl.store.secrets import Keys, check_reference, read_reference, write_key_file


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """A fresh key file."""
    path = tmp_path / "secret.key"
    assert write_key_file(path)
    return path


def test_a_sealed_secret_opens_with_its_key_file_only(key_file: Path, tmp_path: Path) -> None:
    sealed = Keys(key_file).seal("hunter2")
    assert b"hunter2" not in sealed
    assert Keys(key_file).unseal(sealed) == "hunter2"
    other = tmp_path / "other.key"
    write_key_file(other)
    with pytest.raises(ConfigError, match="key file"):
        Keys(other).unseal(sealed)


def test_an_older_key_still_opens_after_a_newer_one_was_put_above_it(key_file: Path, tmp_path: Path) -> None:
    sealed = Keys(key_file).seal("old")
    newer = tmp_path / "newer.key"
    write_key_file(newer)
    key_file.write_text("b" + newer.read_text()[1:] + key_file.read_text())
    assert Keys(key_file).current == "b"
    assert Keys(key_file).unseal(sealed) == "old"


def test_keys_for_two_purposes_differ(key_file: Path) -> None:
    keys = Keys(key_file)
    assert keys.key("message-id") != keys.key("portal")


def test_a_key_file_that_others_may_read_is_refused(key_file: Path) -> None:
    key_file.chmod(0o640)
    with pytest.raises(NotPermitted, match="0640"):
        _ = Keys(key_file).current


def test_an_existing_key_file_is_never_written_again(key_file: Path) -> None:
    before = key_file.read_text()
    assert not write_key_file(key_file)
    assert key_file.read_text() == before


def test_references_are_read_at_each_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "s"
    secret.write_text("one\n")
    assert read_reference(f"file:{secret}") == "one"
    secret.write_text("two\n")
    assert read_reference(f"file:{secret}") == "two"
    monkeypatch.setenv("MAIL_PASSWORD", "three")
    assert read_reference("env:MAIL_PASSWORD") == "three"
    assert read_reference("command:printf four") == "four"


def test_a_reference_that_fails_is_named_and_nothing_it_printed_is() -> None:
    with pytest.raises(Refused) as refusal:
        read_reference("command:sh -c 'echo hunter2; exit 1'")
    assert "hunter2" not in str(refusal.value.message).replace("echo hunter2", "")


@pytest.mark.parametrize("text", ["", "plain", "file:relative/path", "env:", "vault:x"])
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        check_reference(text)
