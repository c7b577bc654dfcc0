"""`helpdeskctl mail` and what came in: log, show, quarantine, retention. The JSON here is a promise."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
from pathlib import Path

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.store.tables import Block, Department, IncomingMail, Ticket
from tests.builders import Builder
from tests.cli.conftest import PROGRAM, Call
from tests.flows.terminal import on_a_terminal
from tests.post import SUPPORT, Post, letter


@pytest.fixture
def post(desk: Desk) -> Post:
    build = Builder(desk)
    build.department()
    return Post(desk, build)


class TestLogAndShow:
    def test_the_log_tells_the_newest_first_and_one_mail_is_shown(self, post: Post, call: Call) -> None:
        post.build.mailbox()
        for subject in ("One", "Two"):
            post.pipe(letter(subject))
        rows = call("mail", "log", "-o", "json", config=post.desk.config.path).json
        assert [row["subject"] for row in rows] == ["Two", "One"]
        assert (rows[0]["mailbox"], rows[0]["state"], rows[0]["rule"]) == (SUPPORT, "stored", "new_ticket")
        one = call("mail", "show", rows[0]["id"], "-o", "json", config=post.desk.config.path).json
        assert one["sha256"] == rows[0]["sha256"]
        assert call("mail", "show", 99, config=post.desk.config.path).code == 67

    def test_raw_means_raw(self, post: Post) -> None:
        post.build.mailbox()
        raw = letter().replace(b"smokes", b"sm\xf6kes\x00")
        post.pipe(raw)
        command = [PROGRAM, "mail", "show", "1", "--raw", "-C", str(post.desk.config.path)]
        assert subprocess.run(command, capture_output=True, check=True).stdout == raw

    def test_raw_goes_to_no_terminal_which_would_obey_what_stands_in_it(self, post: Post) -> None:
        post.build.mailbox()
        post.pipe(letter(text="\x1b]0;owned\x07"))
        for command in (["mail", "show", "1"], ["ticket", "show", "1001"]):
            named = ["--raw"] if command[0] == "mail" else ["--raw", "1"]
            code, shown = on_a_terminal(
                [PROGRAM, *command, *named, "-C", str(post.desk.config.path)], os.environ, raw=True
            )
            assert code == 2, shown
            assert "owned" not in shown
            assert "would go to the terminal" in shown

    def test_only_what_came_since_and_by_one_mailbox(self, post: Post, call: Call) -> None:
        post.build.mailbox()
        post.pipe(letter("Old"))  # the desk's clock stands in March
        assert call("mail", "log", "--since", "1d", "-o", "json", config=post.desk.config.path).json == []
        assert call("mail", "log", "--mailbox", "x@y.example", config=post.desk.config.path).code == 67
        assert call("mail", "log", "--since", "soon", config=post.desk.config.path).code == 65

    def test_filters_are_and_ed_and_ids_come_out_for_the_next_command(self, post: Post, call: Call) -> None:
        post.build.mailbox()
        post.pipe(letter("One", mail_id="<one@acme.example>"))
        post.pipe(letter(f"Re: [Support#{post.tickets()[0].id}] One"))
        post.pipe(letter("Bob's", sender="Bob@Beta.example"))
        post.pipe(letter("Bob's", sender="Bob@Beta.example"))
        number = post.tickets()[0].id
        for words, ids in {
            ("--ticket", f"#{number}"): [2, 1],
            ("--sender", "bob@beta.example"): [4, 3],
            ("--sender", "@acme.example"): [2, 1],
            ("--sender", "@acme.example", "--message-id", "one@acme.example"): [1],
            ("--state", "duplicate"): [4],
            ("--state", "duplicate", "--state", "stored", "--limit", "2"): [4, 3],
            ("--message-id", "<one@acme.example>"): [1],
            ("--sender", "bob@beta.example", "--ticket", number): [],
        }.items():
            told = call("mail", "log", *words, "-o", "id", config=post.desk.config.path)
            assert told.out.split() == [str(each) for each in ids], words
        wrong = call("mail", "log", "--state", "lost", config=post.desk.config.path)
        assert (wrong.code, "quarantined" in wrong.err) == (65, True)

    def test_an_agent_sees_the_mail_of_their_departments_also_where_a_ticket_moved(
        self, post: Post, call: Call
    ) -> None:
        post.build.mailbox()
        post.build.agent("ben@example.org", billing="agent")
        post.build.agent("root@example.org", admin=True)
        for subject in ("One", "Two"):
            post.pipe(letter(subject))
        Ticket.update(department_id=Department.get(Department.key == "billing").id).where(
            Ticket.subject == "Two"
        ).execute()

        def seen(agent: str) -> list[str]:
            rows = call("mail", "log", "--as", agent, "-o", "json", config=post.desk.config.path).json
            return [row["subject"] for row in rows]

        assert (seen("ben@example.org"), seen("root@example.org")) == (["Two"], ["Two", "One"])

    def test_what_lies_with_one_agent_alone_an_admin_sees_only_with_a_reason(self, post: Post, call: Call) -> None:
        post.build.mailbox()
        post.build.agent("root@example.org", admin=True)
        post.pipe(letter())
        Ticket.update(department_id=post.build.personal("ann@example.org")).execute()
        words = ("mail", "show", 1, "--as", "root@example.org")
        assert call(*words, config=post.desk.config.path).code == 67
        assert call(*words, "--reason", "ann is ill", config=post.desk.config.path).code == 0

    def test_the_story_of_a_mail_names_what_people_did_and_what_the_rules_say_now(self, post: Post, call: Call) -> None:
        post.build.mailbox()
        Department.update(unknown_senders="hold").execute()
        post.pipe(letter("Odd\x1b[2J", lines="Precedence: list"))
        call("mail", "quarantine", "release", 1, config=post.desk.config.path)
        story = call("mail", "show", 1, "-o", "json", config=post.desk.config.path).json
        assert (story["held"]["reason"], story["held"]["state"]) == ("unknown_sender_held", "released")
        assert [event["verb"] for event in story["history"]] == ["released"]
        steps = {step["rule"]: step for step in story["trail"]}
        assert steps["automatic"]["evidence"] == "Precedence: list"
        assert steps["new_ticket"]["answer"].startswith("open")
        told = call("mail", "show", 1, config=post.desk.config.path).out
        assert "the department looks at mail of strangers first" in told
        assert "released" in told
        assert "\x1b" not in told

    def test_raw_means_raw_for_a_mail_larger_than_it_is_read_in_one_piece(self, post: Post) -> None:
        post.build.mailbox(max_size=10**9)
        raw = letter(text="") + random.Random(1).randbytes(3_000_000).hex().encode() + b"\r\n"
        post.pipe(raw)
        command = [PROGRAM, "mail", "show", "1", "--raw", "-C", str(post.desk.config.path)]
        shown = subprocess.run(command, capture_output=True, check=True).stdout
        assert (len(shown), hashlib.sha256(shown).digest()) == (len(raw), hashlib.sha256(raw).digest())

    def test_a_mail_whose_bytes_are_gone_still_says_what_became_of_it(self, post: Post, call: Call) -> None:
        post.build.mailbox()
        post.pipe(letter())
        IncomingMail.update(raw_sha256=None).execute()
        assert call("mail", "show", 1, "--raw", config=post.desk.config.path).code == 67
        shown = call("mail", "show", 1, "-o", "json", config=post.desk.config.path).json
        assert (shown["state"], shown["kept"], shown["trail"]) == ("stored", False, [])


class TestQuarantine:
    @pytest.fixture
    def held(self, post: Post) -> int:
        post.build.mailbox()
        Department.update(unknown_senders="hold").execute()
        post.pipe(letter())
        return int(post.row().id)

    def test_the_list_says_what_waits_and_why_and_the_id_shows_the_mail(
        self, post: Post, call: Call, held: int
    ) -> None:
        (row,) = call("mail", "quarantine", "list", "-o", "json", config=post.desk.config.path).json
        contract = ("id", "reason", "mailbox", "from", "subject", "size", "sha256", "received_at")
        assert [row[key] for key in contract] == [
            held, "unknown_sender_held", SUPPORT, "alice@acme.example", "Printer on fire", len(letter()),
            post.row().raw_sha256, "2026-03-10T09:00:00Z",
        ]  # fmt: skip
        shown = call("mail", "quarantine", "list", "-o", "table", config=post.desk.config.path).out
        assert "From: alice@acme.example" in shown  # the piece of the mail that the reason was seen on
        assert call("mail", "show", held, config=post.desk.config.path).code == 0
        assert call("mail", "quarantine", "show", held, "-o", "json", config=post.desk.config.path).json["id"] == held

    @pytest.mark.parametrize("number", ["many", "9" * 30, "²"])
    def test_what_is_no_number_of_a_mail_is_refused(self, call: Call, sqlite_config: Path, number: str) -> None:
        for group in ("quarantine", "queue"):
            refused = call("mail", group, "show", number, config=sqlite_config)
            assert refused.code == 65
            assert refused.err.endswith(f"  try: helpdeskctl mail {group} list\n")

    def test_ids_on_stdin_are_released(self, post: Post, call: Call, held: int) -> None:
        ids = call("mail", "quarantine", "list", "-o", "id", config=post.desk.config.path).out
        done = call("mail", "quarantine", "release", "-", "-o", "json", config=post.desk.config.path, stdin=ids)
        assert (done.code, done.json["key"], done.json["action"]) == (0, str(held), "updated")
        assert Ticket.select().count() == 1

    def test_a_dry_run_releases_nothing(self, post: Post, call: Call, held: int) -> None:
        assert call("mail", "quarantine", "release", held, "-n", config=post.desk.config.path).code == 0
        assert (Ticket.select().count(), post.held()) == (0, ["unknown_sender_held"])

    def test_mail_is_discarded_once(self, post: Post, call: Call, held: int) -> None:
        assert call("mail", "quarantine", "delete", held, "-y", config=post.desk.config.path).code == 0
        assert call("mail", "quarantine", "delete", held, "-y", config=post.desk.config.path).code == 69
        assert call("mail", "quarantine", "delete", "x", "-y", config=post.desk.config.path).code == 65
        assert post.held() == []

    def test_what_a_mail_says_is_shown_harmless_and_why_it_waits(self, post: Post, call: Call) -> None:
        post.build.mailbox()
        Department.update(unknown_senders="hold").execute()
        post.pipe(letter("Steer \x1b[2J me", text="Line one\x9b\r\n\x1b]0;owned\x07", lines="X-Odd: 1"))
        told = call("mail", "quarantine", "show", 1, config=post.desk.config.path).out
        for words in (
            "the department looks at mail of strangers first",
            "Alice <alice@acme.example>",
            "x-odd: 1",
            "Line one",
        ):
            assert words in told
        assert not {"\x1b", "\x07", "\x9b"} & set(told)
        shown = call("mail", "quarantine", "show", 1, "-o", "json", config=post.desk.config.path).json
        assert ["to", SUPPORT] in shown["headers"]
        assert shown["text"].startswith("Line one")

    def test_a_person_is_asked_before_mail_is_discarded(self, post: Post, call: Call, held: int) -> None:
        assert call("mail", "quarantine", "delete", held, config=post.desk.config.path).code == 2
        assert post.held() == ["unknown_sender_held"]

    def test_what_was_discarded_is_listed_and_released_while_it_is_kept(
        self, post: Post, call: Call, held: int
    ) -> None:
        call("mail", "quarantine", "delete", held, "-y", "--block", config=post.desk.config.path)
        assert Block.get().value == "alice@acme.example"
        words = ("mail", "quarantine", "list", "--discarded", "-o", "id")
        assert call(*words, config=post.desk.config.path).out == f"{held}\n"
        released = call("mail", "quarantine", "release", held, config=post.desk.config.path)
        assert released.code == 0 and released.out.startswith(f"updated  mail {held}: stored, #1")
        assert call(*words, config=post.desk.config.path).out == ""
        assert Ticket.select().count() == 1

    def test_one_that_cannot_be_released_does_not_keep_the_others(self, post: Post, call: Call, held: int) -> None:
        done = call("mail", "quarantine", "release", 99, held, config=post.desk.config.path)
        assert (done.code, Ticket.select().count()) == (67, 1)

    def test_an_agent_without_the_right_finds_nothing(self, post: Post, call: Call, held: int) -> None:
        post.build.agent("ben@example.org", billing="lead")
        who = ("--as", "ben@example.org")
        assert call("mail", "quarantine", "list", *who, "-o", "json", config=post.desk.config.path).json == []
        assert call("mail", "quarantine", "release", held, *who, config=post.desk.config.path).code == 67
        assert call("mail", "show", held, *who, config=post.desk.config.path).code == 67


class TestRetention:
    def test_what_would_go_is_for_admins(self, post: Post, call: Call) -> None:
        post.build.mailbox()
        post.build.agent("ann@example.org", support="lead")
        post.pipe(letter())
        IncomingMail.update(created_at=post.desk.now().replace(year=2020)).execute()
        rows = call("mail", "retention", "-o", "json", config=post.desk.config.path).json
        assert list(rows[0]) == ["what", "setting", "kept", "number", "octets", "oldest"]
        assert (rows[0]["setting"], rows[0]["number"], rows[0]["octets"]) == ("raw_mail_kept", 1, len(letter()))
        assert call("mail", "retention", "--as", "ann@example.org", config=post.desk.config.path).code == 77
        assert post.row().raw_sha256 is not None
