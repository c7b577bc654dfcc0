"""Customers by the shell: taken in, taken out, erased; the transcripts and exit codes of the contract."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Answer, Call

CUSTOMERS = """E-Mail;Name;Phone
ann@muster.example;Ann Muster;+49 30 1
nonsense;Nobody;
ben@x.example;=SUM(A1);
"""
TRANSCRIPT = "contact import customers.csv --map email=E-Mail,name=Name --or-update --report rejected.csv -o json"
IMPORT = TRANSCRIPT.split()


@pytest.fixture
def here(call: Call, sqlite_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """`call` on a desk, in a folder with customers.csv."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "customers.csv").write_text(CUSTOMERS, encoding="utf-8")

    def called(*words: object, stdin: str | bytes = "") -> Answer:
        return call(*words, config=sqlite_config, stdin=stdin)

    return called


def report() -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(Path("rejected.csv").read_text(encoding="utf-8"))))


def test_the_transcript_of_the_contract(here: Call) -> None:
    first = here(*IMPORT)
    assert first.code == 65
    assert first.json == {"created": 2, "updated": 0, "unchanged": 0, "rejected": 1}
    assert first.out.count("\n") == 1
    assert (first.error["code"], first.error["problems"][0]["where"]) == (65, "customers.csv:3")
    [row] = report()
    assert (row["where"], row["E-Mail"], row["Name"]) == ("customers.csv:3", "nonsense", "Nobody")
    assert "e-mail address" in row["reason"]
    assert here(*IMPORT).json == {"created": 0, "updated": 0, "unchanged": 2, "rejected": 1}


def test_what_was_rejected_is_mended_in_the_report_and_imported(here: Call) -> None:
    here(*IMPORT)
    mended = Path("rejected.csv").read_text(encoding="utf-8").replace("nonsense", "no@body.example")
    Path("mended.csv").write_text(mended, encoding="utf-8")
    again = here("contact", "import", "mended.csv", "--report", "rejected.csv", "-o", "json")
    assert (again.code, again.json["created"]) == (0, 1)
    assert Path("rejected.csv").read_bytes() == b""


def test_a_report_writes_over_a_report_and_over_nothing_else(here: Call) -> None:
    answer = here("contact", "import", "customers.csv", "--report", "customers.csv")
    assert answer.code == 73
    assert Path("customers.csv").read_text(encoding="utf-8") == CUSTOMERS
    assert here("contact", "list", "-o", "json").json == []


def test_a_dry_run_tells_and_makes_nothing(here: Call) -> None:
    answer = here(*IMPORT, "--dry-run")
    assert (answer.code, answer.json["created"]) == (65, 2)
    assert len(report()) == 1
    assert here("contact", "list", "-o", "json").json == []


def test_lines_of_json_tell_each(here: Call) -> None:
    answer = here("contact", "import", "customers.csv", "-o", "jsonl")
    rows = [json.loads(line) for line in answer.out.splitlines()]
    assert [(row["line"], row["action"], row["key"]) for row in rows] == [
        (2, "created", "ann@muster.example"),
        (3, "rejected", "nonsense"),
        (4, "created", "ben@x.example"),
    ]
    assert (rows[0]["changed"], rows[0]["reason"]) == (["name", "phone"], None)
    assert here("contact", "import", "customers.csv", "-o", "id").out == "ann@muster.example\nben@x.example\n"


def test_people_read_one_line_and_what_to_do_next(here: Call) -> None:
    answer = here("contact", "import", "customers.csv", "--map", "email=E-Mail")
    assert answer.out == "imported 2 created, 0 updated, 0 unchanged, 1 rejected\n"
    assert "customers.csv:3" in answer.err
    assert "--report FILE" in answer.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("contact import absent.csv", 66),
        ("contact import customers.csv --map email=Mail", 65),
        ("contact import customers.csv --map mail=E-Mail", 65),
        ("contact import customers.csv --report nowhere/rejected.csv", 74),
    ],
)
def test_what_cannot_be_begun_leaves_stdout_empty(here: Call, words: str, code: int) -> None:
    answer = here(*words.split(), "-o", "json")
    assert (answer.code, answer.out, answer.error["code"]) == (code, "", code)


def test_columns_that_are_no_field_are_told(here: Call) -> None:
    answer = here("contact", "import", "-", stdin="email,Shoe size\nann@x.example,38\n")
    assert (answer.code, "Shoe size" in answer.err) == (0, True)


def test_an_agent_who_comes_by_ssh_names_no_file(call: Call, sqlite_config: Path) -> None:
    call("agent", "create", "ben@example.org", "--name", "Ben", config=sqlite_config)
    for words in ("import x.csv", "import - --report /tmp/r.csv"):
        answer = call("contact", *words.split(), config=sqlite_config, stdin="email\n", door="ben@example.org")
        assert answer.code == 77


def test_vcards_go_in_and_out(here: Call) -> None:
    card = "BEGIN:VCARD\nVERSION:4.0\nFN:Ann Muster\nORG:Muster GmbH\nEMAIL:ann@muster.example\nEMAIL:a@b.example\n"
    card += "TEL;VALUE=uri:tel:+49-30-1\nEND:VCARD\n"
    assert here("contact", "import", "-", stdin=card).code == 0
    shown = here("contact", "show", "ann@muster.example", "-o", "json").json
    assert (shown["name"], shown["company"], shown["phone"], shown["addresses"]) == (
        "Ann Muster", "muster-gmbh", "+49-30-1", ["a@b.example", "ann@muster.example"],
    )  # fmt: skip
    written = here("contact", "export", "--format", "vcf").out
    assert written.startswith("BEGIN:VCARD")
    assert "ORG:Muster GmbH" in written
    again = here("contact", "import", "-", "--or-update", "-o", "json", stdin=written)
    assert again.json == {"created": 0, "updated": 0, "unchanged": 1, "rejected": 0}


def test_an_export_is_an_import_that_changes_nothing(here: Call) -> None:
    here("field", "create", "room", "--on", "contact", "--type", "text")
    here("company", "create", "muster", "--name", "Muster")
    here(
        "contact", "create", "ann@muster.example", "--name", "=cmd()", "--phone", "+49 30 1", "--company", "muster",
        "--main", "--field", "room=3.12", "--no-mail-tickets",
    )  # fmt: skip
    here("contact", "address", "add", "ann@muster.example", "a@b.example")
    here("contact", "create", "ben@x.example", "--name", "Ben")
    written = here("contact", "export").out
    assert "'=cmd()" in written
    assert ",=cmd()" in here("contact", "export", "--raw").out
    again = here("contact", "import", "-", "--or-update", "-o", "json", stdin=written)
    assert again.json == {"created": 0, "updated": 0, "unchanged": 2, "rejected": 0}


def test_one_contact_those_that_match_or_all_are_exported(here: Call) -> None:
    for address in ("ann@x.example", "joann@x.example", "ben@y.example"):
        here("contact", "create", address, "--name", address)

    def exported(*words: str) -> list[str]:
        return [row["key"] for row in here("contact", "export", *words, "--format", "json").json]

    assert exported("ann@x.example") == ["ann@x.example"]
    assert exported("x.example") == ["ann@x.example", "joann@x.example"]
    assert exported() == ["ann@x.example", "joann@x.example", "ben@y.example"]
    [listed] = here("contact", "list", "--query", "ben", "-o", "json").json
    assert here("contact", "export", "ben", "-o", "json").json == [listed]


def test_erasing_asks_for_the_address_again(here: Call) -> None:
    here("contact", "create", "ann@x.example", "--name", "Ann")
    assert here("contact", "anonymize", "ann@x.example").code == 2
    assert here("contact", "anonymize", "ann@x.example", "--confirm", "ben@x.example", "-o", "json").code == 65
    assert here("contact", "anonymize", "ann@x.example", "--confirm", "ann@x.example", "--dry-run").code == 0
    assert here("contact", "show", "ann@x.example", "-o", "json").json["name"] == "Ann"


def test_erasing_says_what_was_removed(here: Call) -> None:
    here("contact", "create", "ann@x.example", "--name", "Ann")
    here("contact", "create", "ben@x.example", "--name", "Ben")
    words = here("contact", "anonymize", "ann@x.example", "--confirm", "ann@x.example").out
    assert [line.split()[0] for line in words.splitlines()] == ["erased", "removed", "removed", "removed", "kept"]
    told = here("contact", "anonymize", "ben@x.example", "--confirm", "ben@x.example", "-o", "json").json
    assert (told["kind"], told["key"], told["action"], told["removed"]["addresses"], told["tickets"]) == (
        "contact", "erased-2@erased.invalid", "updated", 1, 0,
    )  # fmt: skip
    assert here("contact", "show", "ben@x.example").code == 67
    assert here("contact", "show", told["key"], "-o", "json").json["name"] == "(erased)"
