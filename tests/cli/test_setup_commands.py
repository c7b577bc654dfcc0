"""The set-up by the shell: transcripts, options, output and exit codes of the contract."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helpdeskctl.cli.tree import whole_tree
from helpdeskctl.domain.kinds import KINDS
from helpdeskctl.queries import setup
from tests.cli.conftest import Answer, Call

Desk = Path
CANARY = "hunter2-canary"


@pytest.fixture
def here(call: Call, sqlite_config: Path) -> Call:
    """`call` on a desk that has the department support and the agent ada."""

    def called(*words: object, stdin: str = "") -> Answer:
        return call(*words, config=sqlite_config, stdin=stdin)

    for line in (
        "department create support --name Support --public",
        "agent create ada@example.org --name Ada --admin",
    ):
        assert called(*line.split()).code == 0
    return called


def test_the_transcripts_of_the_contract(call: Call, sqlite_config: Path) -> None:
    def run(line: str) -> Answer:
        return call(*line.split(), config=sqlite_config)

    assert run("department create support --name Support --public").out == "created  department support\n"
    for key in ("sales", "billing"):
        run(f"department create {key} --name {key}")
    missing = run("mailbox create support@example.org --department suport --server mail.example.org")
    assert (missing.code, missing.out) == (67, "")
    assert missing.err == (
        'helpdeskctl: error: no department "suport" (mailbox support@example.org)\n'
        "  try: --department support        (known: billing, sales, support)\n"
    )
    twice = run("department create support")
    assert (twice.code, twice.out) == (73, "")
    assert twice.err == (
        'helpdeskctl: error: department "support" exists already (id 1)\n'
        "  try: --if-not-exists to leave it, --or-update to change it, or: helpdeskctl department show support\n"
    )


def test_a_change_is_one_json_object(here: Call) -> None:
    made = here("department", "create", "billing", "--name", "Billing", "-o", "json").json
    assert made == {"kind": "department", "key": "billing", "id": 2, "action": "created", "changed": ["name"]}
    same = here("department", "create", "billing", "--name", "Billing", "--if-not-exists", "-o", "json").json
    assert (same["action"], same["changed"]) == ("unchanged", [])
    new = here("department", "create", "billing", "--name", "Money", "--or-update", "-o", "json").json
    assert (new["action"], new["changed"]) == ("updated", ["name"])
    assert here("department", "rename", "billing", "money", "-o", "id").out == "money\n"
    assert here("department", "edit", "money", "--unset", "after-send", "-o", "json").json["action"] == "unchanged"
    assert here("department", "archive", "money").out == "updated  department money: archived_at\n"
    assert here("department", "delete", "money").out == "deleted  department money\n"


def test_an_error_is_one_json_object_and_stdout_stays_empty(here: Call) -> None:
    answer = here("department", "create", "support", "-o", "json")
    assert answer.out == ""
    assert (answer.error["code"], answer.error["name"], answer.error["object"]) == (73, "exists", "department/support")


def test_all_faults_of_a_command_line_are_told_at_once(here: Call) -> None:
    answer = here(
        "mailbox", "create", "support@example.org", "--department", "nope", "--imap", "imaps://h", "--max-size", "big",
        "--after", "burn", "--no-test",
    )  # fmt: skip
    assert answer.code == 65
    assert [word in answer.err for word in ("department", "max_size", "after", "3 faults")] == [True] * 4


def test_a_dry_run_changes_nothing(here: Call) -> None:
    answer = here("department", "create", "billing", "--name", "Billing", "--dry-run")
    assert answer.out == "created  department billing\n"
    assert "nothing was changed" in answer.err
    assert here("department", "show", "billing").code == 67


def test_lists_show_columns_to_people_and_everything_to_programs(here: Call) -> None:
    assert here("department", "list").out.splitlines()[0].split()[:2] == ["KEY", "NAME"]
    [support] = here("department", "list", "-o", "json").json
    assert (support["key"], support["public"], support["after_send"], support["members"]) == (
        "support",
        True,
        "answered",
        [],
    )
    assert here("department", "list", "--query", "public:no", "-o", "json").json == []
    assert here("department", "list", "--query", "nonsense:x y").code == 0
    assert here("department", "show", "support", "id:1", "-o", "json").json[0]["key"] == "support"
    assert here("department", "list", "--sort", "members").code == 65


def test_keys_come_from_stdin(here: Call) -> None:
    here("agent", "create", "ben@example.org", "--name", "Ben")
    emails = here("agent", "list", "-o", "id").out
    assert here("department", "member", "add", "support", "-", "--role", "lead", stdin=emails).code == 0
    assert here("department", "member", "list", "support", "-o", "json").json == [
        {"member": "ada@example.org", "role": "lead"}, {"member": "ben@example.org", "role": "lead"},
    ]  # fmt: skip
    assert (
        here("department", "member", "remove", "support", "ben@example.org").out
        == "updated  department support: members\n"
    )


def test_an_agent_who_is_no_admin_sets_up_nothing(here: Call) -> None:
    here("agent", "create", "ben@example.org", "--name", "Ben", "--department", "support:lead")
    assert here("team", "create", "first", "--name", "First", "--as", "ben@example.org").code == 77
    assert here("contact", "create", "ann@x.example", "--name", "Ann", "--as", "ben@example.org").code == 0
    made = here("signature", "create", "s", "--department", "support", "-m", "Bye", "--as", "ben@example.org")
    assert made.code == 0


def test_a_password_is_typed_nowhere_and_seen_nowhere(here: Call, tmp_path: Path) -> None:
    create = ("mailbox", "create", "support@example.org", "--department", "support", "--server", "mail.example.org")
    assert here(*create).code == 2  # nobody there to type it
    answers = [here(*create, "--no-test", "--password-stdin", stdin=f"{CANARY}\nmore\n")]
    assert answers[0].out == (
        "created  mailbox support@example.org: mail from now on becomes tickets (older mail: --start)\n"
    )
    file = tmp_path / "secret"
    file.write_text(f"{CANARY}2\n")
    answers.append(here("mailbox", "password", "support@example.org", "--password-file", file, "--no-test"))
    answers.append(here("mailbox", "show", "support@example.org", "-o", "json"))
    answers.append(
        here("mailbox", "password", "support@example.org", "--password-stdin", "--secret", "env:X", stdin=CANARY)
    )
    assert [answer.code for answer in answers] == [0, 0, 0, 2]
    assert answers[2].json["password"] == "stored"
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path != file)
    assert CANARY not in "".join(answer.out + answer.err for answer in answers)
    assert CANARY.encode() not in written
    assert here("mailbox", "password", "support@example.org", "--secret", "env:MAIL", "--no-test").code == 0
    assert here("mailbox", "show", "support@example.org", "-o", "json").json["password"] == "env:MAIL"


def test_a_mailbox_with_a_password_in_its_url_is_refused_without_repeating_it(here: Call) -> None:
    answer = here(
        "mailbox", "create", "a@example.org", "--department", "support", "--imap", f"imaps://u:{CANARY}@h", "--no-test"
    )
    assert answer.code == 65
    assert CANARY not in answer.err


def test_plain_connections_leave_this_machine_only_when_that_is_said(here: Call) -> None:
    create = ("mailbox", "create", "a@example.org", "--department", "support", "--no-test", "--imap")
    assert here(*create, "imap+insecure://mail.example.org").code == 65
    assert here(*create, "imap+insecure://mail.example.org", "--allow-insecure").code == 0
    assert here("mailbox", "edit", "a@example.org", "--smtp", "smtp+insecure://127.0.0.1:2525", "--no-test").code == 0


def test_somebodys_own_mailbox_is_warned_about(here: Call) -> None:
    answer = here(
        "mailbox", "create", "ann.muster@example.org", "--department", "support", "--smtp", "sendmail:", "--no-test"
    )
    assert answer.out == "created  mailbox ann.muster@example.org: sends only\n"
    assert "looks like one person's own mailbox" in answer.err


def test_aliases_and_personal_departments(here: Call) -> None:
    here(
        "mailbox", "create", "ada2@example.org", "--department", "agent:ada@example.org", "--smtp", "sendmail:",
        "--alias", "a@example.org", "--alias", "b@example.org", "--no-test",
    )  # fmt: skip
    shown = here("mailbox", "show", "ada2@example.org", "-o", "json").json
    assert (shown["department"], shown["aliases"]) == ("agent:ada@example.org", ["a@example.org", "b@example.org"])


def test_contacts_and_companies(here: Call) -> None:
    assert here("company", "create", "muster", "--name", "Muster", "--domain", "gmail.com").code == 65
    assert here("company", "create", "muster", "--name", "Muster", "--domain", "muster.example").code == 0
    assert here("company", "domain", "add", "muster", "muster.test").out == "updated  company muster: domains\n"
    assert here("company", "domain", "remove", "muster", "muster.example").code == 0
    assert here("company", "show", "muster", "-o", "json").json["domains"] == ["muster.test"]
    assert here("field", "create", "room", "--on", "contact", "--type", "number").code == 0
    create = ("contact", "create", "ann@muster.example", "--name", "Ann", "--company", "muster", "--main")
    assert here(*create, "--field", "room=x").code == 65
    assert here(*create, "--field", "room").code == 2
    assert here(*create, "--field", "room=3").code == 0
    assert here("contact", "portal", "ann@muster.example").code == 2
    assert here("contact", "portal", "ann@muster.example", "--on", "--until", "2020-02-30").code == 65
    assert here("contact", "portal", "ann@muster.example", "--on", "--until", "2030-01-31").code == 0
    assert here("contact", "address", "add", "ann@muster.example", "ann@home.example").code == 0
    assert here("contact", "block", "ann@home.example").out == "updated  contact ann@muster.example: blocked\n"
    shown = here("contact", "show", "ann@home.example", "-o", "json").json
    assert shown["addresses"] == ["ann@home.example", "ann@muster.example"]
    assert (shown["fields"], shown["main_contact"], shown["portal_until"]) == ({"room": "3"}, True, "2030-01-31")
    here("contact", "create", "ann@other.example", "--name", "Ann")
    assert here("contact", "merge", "ann@other.example", "ann@muster.example").code == 0
    assert (
        here("contact", "unmerge", "ann@other.example").out
        == "updated  contact ann@other.example: addresses, tickets\n"
    )


def test_canned_replies_with_files_categories_and_folders(here: Call, tmp_path: Path) -> None:
    manual = tmp_path / "manual.pdf"
    manual.write_bytes(b"%PDF")
    assert (
        here("canned", "category", "create", "hardware", "--name", "Hardware").out
        == "created  canned category hardware\n"
    )
    create = ("canned", "create", "printer", "--title", "Printer", "--category", "hardware", "--set", "status=closed")
    assert here(*create).code == 2  # no text, nobody to ask
    assert (
        here(*create, "--tag", "vip", "--attach", manual, "--body-file", "-", stdin="Dear {{contact.name}}").code == 0
    )
    shown = here("canned", "show", "printer", "-o", "json").json
    assert (shown["sets"], shown["tags"], shown["attachments"]) == ({"status": "closed"}, ["vip"], ["manual.pdf"])
    assert here("canned", "category", "delete", "hardware").code == 69
    assert here("canned", "export", tmp_path / "canned").out == f"wrote    1 files to {tmp_path / 'canned'}\n"
    assert here("canned", "export", tmp_path / "canned").code == 73
    (tmp_path / "canned" / "second.md").write_text("Yes.")
    assert here("canned", "import", tmp_path / "canned").out == "unchanged canned printer\ncreated  canned second\n"
    (tmp_path / "canned" / "bad.md").write_text("{{oops}}")
    assert here("canned", "import", tmp_path / "canned").code == 65
    assert here("canned", "import", tmp_path / "missing.md").code == 66
    assert [row["key"] for row in here("canned", "stats", "-o", "json").json] == ["second", "printer"]


def test_words_for_tickets(here: Call) -> None:
    assert (
        here("status", "create", "waiting", "--kind", "hold", "--name", "Waiting", "--name-lang", "de=Wartet").code == 0
    )
    shown = here("status", "show", "waiting", "-o", "json").json
    assert (shown["names"], shown["clock"]) == ({"en": "Waiting", "de": "Wartet"}, "pause")
    assert here("status", "create", "odd", "--kind", "odd", "--name", "Odd").code == 65
    assert here("status", "delete", "closed").code == 69
    for key in ("hardware", "software"):
        assert here("topic", "create", key, "--name", key, "--department", "support").code == 0
    assert here("topic", "order", "software", "hardware").code == 0
    assert here("topic", "list", "-o", "id").out == "software\nhardware\n"
    assert here("type", "create", "incident", "--name", "Incident").code == 0
    assert here("tag", "rename", "a", "b").code == 67


def test_settings_templates_and_blocks(here: Call) -> None:
    assert here("setting", "set", "name", "Example Support").out == "updated  setting name: value\n"
    assert here("setting", "get", "name").out == "Example Support\n"
    assert here("setting", "get", "name", "-o", "json").json["value"] == "Example Support"
    assert here("setting", "get", "nmae").code == 67
    assert here("setting", "set", "undo_seconds", "x").code == 65
    assert here("setting", "unset", "name").code == 0
    assert {row["key"] for row in here("setting", "list", "-o", "json").json} > {"name", "languages", "undo_seconds"}
    assert here("template", "edit", "received", "--lang", "de", "--subject", "Da").out == (
        "updated  template received/de: subject\n"
    )
    assert here("template", "show", "received", "--lang", "de").out.startswith("received/de (own)\nSubject: Da\n")
    assert here("template", "edit", "received", "-m", "{{oops}}").code == 65
    assert here("template", "check").out == "ok       templates\n"
    own = [(row["event"], row["origin"]) for row in here("template", "list", "--lang", "de", "-o", "json").json]
    assert ("received", "own") in own and ("taken", "shipped") in own
    assert len(here("template", "list", "--all", "-o", "json").json) == 9 * len(own)
    assert here("template", "list", "--lang", "xx").code == 65
    assert here("template", "reset", "received", "--lang", "de").code == 0
    assert here("template", "show", "received", "--lang", "de").out.startswith("received/de (shipped)")
    assert (
        here("block", "add", "ads.example", "x@y.example").out
        == "created  block ads.example\ncreated  block x@y.example\n"
    )
    assert here("block", "list", "-o", "id").out == "x@y.example\nads.example\n"
    assert here("block", "remove", "ads.example").code == 0
    assert here("block", "remove", "ads.example").code == 67
    assert 'as "subject:you have won"' in here("block", "add", "subject: ").err


def test_hostile_names_do_nothing_to_a_terminal(here: Call) -> None:
    here("contact", "create", "ann@x.example", "--name", "A\x1b]0;owned\x07\u202eB")
    told = here("contact", "list").out + here("contact", "show", "ann@x.example").out
    assert not {"\x1b", "\x07", "\u202e"} & set(told)


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if kind.name != "tag"], ids=lambda kind: kind.name)
def test_every_field_has_its_option_or_a_verb(kind: object) -> None:
    noun = setup.command(str(getattr(kind, "name", ""))).split()
    nodes = {node.path: node for node in whole_tree()}
    flags = {name for verb in ("create", "edit") for flag in nodes[(*noun, verb)].flags for name in flag.names}
    missing = [field.name for field in getattr(kind, "fields", ()) if field.flag and field.flag not in flags]
    assert missing == []


def test_errors_of_a_list_of_keys_are_json_lines(here: Call) -> None:
    answer = here("department", "show", "support", "nope", "-o", "json")
    assert (answer.code, answer.out, json.loads(answer.err)["error"]["object"]) == (67, "", "department/nope")
