"""What a person types wrong, and what strangers write: a clear error by the contract, and nothing lost."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
from base64 import b64encode
from pathlib import Path

import pytest

from helpdeskctl.domain.text import clean_line, printable
from helpdeskctl.store import schema
from helpdeskctl.store.tables import Ticket
from tests.desks import write_config
from tests.flows.shell import Place, Shell, ended, harmless, place, told
from tests.flows.terminal import on_a_terminal
from tests.post import letter
from tests.servers.imap import ImapServer
from tests.servers.proxy import Fault, proxy

__all__ = ["place"]

SUBJECTS = (
    "[/foo] bad",
    "[@click=app.quit]x[/]",
    "[red] list[str] [ticket #1]",
    "clip \x1b]52;c;cHduZWQ=\x07 board",
    "title \x1b]0;owned\x07 and \x1b[2J",
    "c1 \x9b31m \x85 \x9d0;x\x9c",
    "invoice \u202efdp.exe \u2066x\u2069",
    "del \x7f line \u2028 end",
)


def shown(subject: str) -> str:
    """A subject as people read it: what could steer a terminal is a mark, all else is there."""
    return printable(clean_line(subject))


def encoded(subject: str) -> str:
    """A subject as an encoded word (RFC 2047): the only way for most of these through a header."""
    return f"=?utf-8?b?{b64encode(subject.encode()).decode()}?="


@pytest.fixture
def shell(sqlite_template: Path, tmp_path: Path) -> Shell:
    """A shell on a fresh desk on SQLite, for what the database does not matter to."""
    database = shutil.copyfile(sqlite_template, tmp_path / "desk.db")
    write_config(tmp_path / "desk", f"sqlite:///{database}")
    return Shell(tmp_path / "desk" / "config.toml")


@pytest.fixture
def hostile_mail(tmp_path: Path) -> Path:
    """A folder of mails, one for each subject, which is the sender's name as well."""
    folder = tmp_path / "hostile"
    folder.mkdir()
    for number, subject in enumerate(SUBJECTS):
        sender = f"{encoded(subject)} <eve{number}@beta.example>"
        (folder / f"{number}.eml").write_bytes(letter(encoded(subject), sender=sender, mail_id=f"<{number}@beta>"))
    return folder


sqlite_only = pytest.mark.parametrize("database_kind", ["sqlite"])


@sqlite_only
def test_an_unknown_object_is_named_with_its_near_matches(place: Place) -> None:
    told(place.run("department", "show", "suport"), 67, '"suport"', "support")
    told(place.run("ticket", "show", "4711"), 67, "4711")
    told(place.run("mail", "fetch", "nobody@example.org"), 67, "nobody@example.org", "mailbox list")
    answer = place.run("department", "show", "suport", "-o", "json")
    assert (answer.code, answer.out, answer.err.count("\n")) == (67, "", 1)
    assert answer.error["code"] == 67 and answer.error["name"] == "no-such-object"
    assert answer.error["object"] == "department/suport" and "support" in answer.error["hint"]


def test_all_faults_of_a_configuration_are_told_at_once_with_their_lines(shell: Shell, tmp_path: Path) -> None:
    config = tmp_path / "bad.toml"
    config.write_text(
        'instalation = "x"\n[database]\nurl = "mysql://localhost/desk"\n[paths]\ndata = "data"\n'
        '[log]\nlevel = "loud"\n[mail]\nconnect_timeout = "soon"\n'
    )
    config.chmod(0o600)
    answer = Shell(config).run("ticket", "list")
    told(
        answer, 78, "config example", f"{config}: ", "bad.toml:1 instalation: unknown key", "did you mean installation"
    )
    told(answer, 78, "bad.toml:3 database.url", "bad.toml:7 log.level", "bad.toml:9 mail.connect_timeout")
    told(answer, 78, "installation: is missing")
    facts = Shell(config).run("ticket", "list", "-o", "json").error
    assert facts["code"] == 78 and len(facts["problems"]) == 5

    config.write_text("[database\n")
    told(Shell(config).run("ticket", "list"), 78, "bad.toml", "line 1")
    answer = Shell(tmp_path / "absent.toml").run("ticket", "list")
    assert answer.code == 66 and "absent.toml" in answer.err


def test_a_mail_server_keeps_its_mail_while_the_configuration_is_bad(shell: Shell, tmp_path: Path) -> None:
    config = tmp_path / "bad.toml"
    config.write_text('instalation = "x"\n')
    told(Shell(config).run("mail", "pipe", stdin=letter()), 75, "the mail was not taken")
    assert shell.run("mail", "pipe", stdin=letter()).code == 0
    assert shell.run("mail", "log", "-o", "json").out.count("Printer on fire") == 1


def test_a_key_file_that_others_can_read_stops_what_needs_it(place: Place) -> None:
    keys = place.desk.config.paths.key_file
    number = place.build.ticket()
    place.build.mailbox()
    keys.chmod(0o644)
    told(place.run("mail", "fetch"), 77, str(keys), "open to others", f"chmod 600 {keys}")
    told(place.run("ticket", "reply", number, "-m", "Use water."), 77, str(keys))
    told(place.run("mail", "pipe", stdin=letter("Second")), 75, str(keys))
    assert place.bodies() == ["It is smoking again."]
    assert stat.S_IMODE(keys.stat().st_mode) == 0o644
    keys.chmod(0o600)
    assert place.run("mail", "pipe", stdin=letter("Second")).code == 0
    assert len(place.bodies()) == 2


@pytest.mark.parametrize(
    ("version", "word", "way_out"), [(99, "newer", "install the newer"), (0, "older", "db upgrade")]
)
def test_another_schema_stops_every_command_and_cron_says_so_once_an_hour(
    place: Place, version: int, word: str, way_out: str
) -> None:
    place.desk.config.paths.state.mkdir(parents=True, exist_ok=True)
    place.desk.database.execute("UPDATE schema_version SET version = ?", (version,))
    told(place.run("ticket", "list"), 78, f"the database is {word} than this program", way_out)
    told(place.run("mail", "pipe", stdin=letter()), 75, word)
    told(place.run("cron"), 78, word)
    assert place.run("cron") == place.run("cron") and place.run("cron").code == 0
    assert place.run("version").code == 0 and place.run("config", "show").code == 0
    assert word in place.run("db", "status").out
    place.desk.database.execute("UPDATE schema_version SET version = ?", (schema.newest(),))
    assert place.run("cron").err.startswith("recovered after ")
    assert place.run("mail", "pipe", stdin=letter()).code == 0


@sqlite_only
def test_hostile_subjects_lose_no_character_and_steer_no_terminal(
    place: Place, hostile_mail: Path, tmp_path: Path
) -> None:
    place.build.mailbox()
    log = {"HELPDESK_LOG_FILE": str(tmp_path / "desk.log"), "HELPDESK_LOG_LEVEL": "debug"}
    assert harmless(place.run("mail", "import", hostile_mail, "--debug", environ=log).err)
    assert harmless(place.run("cron", "--debug", environ=log).err)
    assert harmless(Path(log["HELPDESK_LOG_FILE"]).read_text())
    numbers = [ticket.id for ticket in Ticket.select().order_by(Ticket.id)]
    ways = [("ticket", "list"), ("ticket", "list", "-o", "csv"), ("ticket", "show", *numbers), ("mail", "log")]
    for words in ways:
        said = place.run(*words).out.replace("\r\n", "\n")
        assert harmless(said)
        assert [text for text in map(shown, SUBJECTS) if text not in said] == []
    exact = json.loads(place.run("ticket", "list", "-o", "json").out)
    assert sorted(each["subject"] for each in exact) == sorted(map(clean_line, SUBJECTS))


@sqlite_only
def test_hostile_subjects_steer_no_real_terminal(place: Place, hostile_mail: Path) -> None:
    place.build.mailbox()
    assert place.run("mail", "import", hostile_mail).code == 0
    numbers = [ticket.id for ticket in Ticket.select().order_by(Ticket.id)]
    environ = place.shell.known({"TERM": "xterm", "COLUMNS": "300", "NO_COLOR": "1"})
    for words in (["ticket", "list"], ["ticket", "show", *numbers]):
        _, seen = on_a_terminal(place.shell.command(*words), environ, raw=True)
        assert harmless(seen)
        assert [text for text in map(shown, SUBJECTS) if text not in seen] == []


def test_hostile_words_come_back_harmless_in_errors(shell: Shell, tmp_path: Path) -> None:
    for subject in SUBJECTS:
        answer = shell.run("department", "show", subject)
        told(answer, 67, printable(subject))
        assert harmless(shell.run("department", "show", subject, "-o", "json").err)
    odd = tmp_path / "a\x1b]0;x\x07b.eml"
    answer = shell.run("mail", "import", odd)
    assert answer.code == 66 and "a␛]0;x␇b.eml: " in answer.err
    assert harmless(shell.run("ticket", "list", "--query", "\x1b[2J nope:x").err)


def test_ctrl_c_ends_with_one_line_and_nothing_half_done(place: Place, imap: ImapServer) -> None:
    account = imap.account()
    account.append(letter("First"))
    with proxy((imap.host, imap.port)) as slow:
        slow.fault = Fault(hang_after=200)
        url = f"imap://{account.user.replace('@', '%40')}@{slow.host}:{slow.port}"
        place.receiving(account, imap_url=url)
        running = place.shell.start("mail", "fetch")
        while not slow.bytes_to_client:
            assert running.poll() is None
        running.send_signal(signal.SIGINT)
        answer = ended(running)
    assert (answer.code, answer.out, answer.err) == (130, "", "stopped; nothing half-written\n")
    place.build.mailbox(account.user)
    assert place.bodies() == [] and len(account.mails()) == 1


def test_a_reader_that_has_seen_enough_is_no_fault(shell: Shell) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    answer = ended(shell.start("ticket", "list", "-o", "json", stdout=writer))
    os.close(writer)
    assert (answer.code, answer.err) == (0, "")
