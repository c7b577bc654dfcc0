"""`helpdeskctl help TOPIC`: the tables the program itself works by, printed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any

import typer

from helpdeskctl.cli.runtime import Run, command, single
from helpdeskctl.errors import NotFound

app = single()

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic: a sentence about it, and how the table that it prints becomes rows."""

    name: str
    summary: str
    rows: Callable[[], Rows]


def _exit_codes() -> Rows:
    from helpdeskctl.cli.exits import ALL

    return [{"code": exit_code.code, "name": exit_code.name, "when": exit_code.when} for exit_code in ALL]


def _environment() -> Rows:
    from helpdeskctl.config import KEYS, meanings

    said = meanings()
    own = {
        "HELPDESK_CONFIG": "The configuration file, where --config is not given.",
        "HELPDESK_AGENT": "The agent who acts, where --as is not given.",
        "NO_COLOR": "Set to anything: no colours.",
        "VISUAL, EDITOR": "The editor for texts that are not given otherwise.",
    }
    rows = [{"variable": name, "meaning": meaning} for name, meaning in own.items()]
    return rows + [{"variable": key.variable, "meaning": f"{key.name}: {said[key.name]}"} for key in KEYS]


def _query() -> Rows:
    from helpdeskctl.domain.filters_words import MAIL_WORDS, WORDS

    return [
        {
            "about": about,
            "word": ", ".join((f"{word.name}.KEY" if word.keyed else word.name, *word.aliases)),
            "comparisons": " ".join(op.value for op in word.ops),
            "finds": word.help,
            "example": word.example,
        }
        for about, words in (("tickets", WORDS), ("mail", MAIL_WORDS))
        for word in words
    ]


def _rules() -> Rows:
    from helpdeskctl.domain.rules import ACTIONS

    return [
        {"action": name, "does": kind.sentence, "in tickets that are there": kind.anywhere, "example": kind.example}
        for name, kind in ACTIONS.items()
    ]


def _security() -> Rows:
    from helpdeskctl.domain.permissions import RIGHTS

    return [
        {"who": str(relation), "may": ", ".join(sorted(action.value for action in actions)) or "nothing"}
        for relation, actions in RIGHTS.items()
    ]


def _templates() -> Rows:
    from helpdeskctl.domain.templates import PLACEHOLDERS, REQUIRED

    return [
        {
            "placeholder": f"{{{{{item.name}}}}}",
            "is": item.sentence,
            "in": ", ".join(sorted(item.kinds)),
            "never_missing_in": ", ".join(event for event, names in REQUIRED.items() if item.name in names),
        }
        for item in PLACEHOLDERS
    ]


def _settings() -> Rows:
    from helpdeskctl.domain.defaults import DEFAULTS

    return [
        {"setting": item.key, "type": item.type.name, "default": item.shown, "does": item.sentence, "why": item.why}
        for item in DEFAULTS.values()
    ]


def _keys() -> Rows:
    from helpdeskctl.tui import keys

    return [dict(row) for row in keys.rows()]


def _cron() -> Rows:
    from helpdeskctl.domain import durations
    from helpdeskctl.operations.jobs import JOBS

    return [{"job": job.name, "every": durations.exact(job.every), "does": job.sentence} for job in JOBS]


TOPICS: Sequence[Topic] = (
    Topic("exit-codes", "What a command's exit code tells a script.", _exit_codes),
    Topic("environment", "Variables; each stands above the file, a flag above it.", _environment),
    Topic("query", "The words of `ticket list`, views and search, and of rules for mail.", _query),
    Topic("rules", "What rules can do with mail.", _rules),
    Topic("templates", "What may stand in texts between {{ and }}.", _templates),
    Topic("settings", "Every setting, its default, and why it is so.", _settings),
    Topic("keys", "Every key of the agents' screen.", _keys),
    Topic("cron", "The jobs that `helpdeskctl cron` runs.", _cron),
    Topic("security", "Who may do what to a ticket.", _security),
)


@app.command("help")
@command()
def help_topic(
    run: Run,
    topic: Annotated[str | None, typer.Argument(metavar="[TOPIC]", help="Without one, the topics are listed.")] = None,
) -> None:
    """Longer texts on one topic.

    Example: helpdeskctl help exit-codes
    """
    known = {entry.name: entry for entry in TOPICS}
    if topic is None:
        run.emit({"topic": entry.name, "about": entry.summary} for entry in known.values())
        return
    if topic not in known:
        near = get_close_matches(topic, known, n=1)
        raise NotFound(f'no topic "{topic}"', hint=f"helpdeskctl help {near[0]}" if near else "helpdeskctl help")
    run.emit(known[topic].rows())
