"""`helpdeskctl mail replay`: kept mail through today's pipeline (MAIL-25)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from helpdeskctl.cli.mail_ids import Ids, numbers
from helpdeskctl.cli.output import cell
from helpdeskctl.cli.runtime import Run, command

if TYPE_CHECKING:
    from helpdeskctl.queries.replay import Comparison, Difference

_LIST = "helpdeskctl mail log"


@command(changes=True)
def replay(run: Run, ids: Ids) -> None:
    """Read and judge kept mail as today; --dry-run shows what would be otherwise.

    A message stays in its ticket and gets today's subject, text, folds and files; mail that ended nowhere ends where
    today's rules say.

    Example: helpdeskctl mail log --state quarantined -o id | helpdeskctl mail replay - --dry-run
    """
    wanted = numbers(run, ids, listed_by=_LIST)
    if len(wanted) > 1:
        run.confirm(f"Replay {len(wanted)} mails?")
    done = _looked(run, wanted) if run.dry_run else _replayed(run, wanted)
    if run.for_people and not run.options.fields:
        for told, fields in done:
            run.print(*_lines(told, fields["action"]))
    else:
        run.emit(fields for _, fields in done)


def _looked(run: Run, wanted: list[int]) -> Iterator[tuple[Comparison, dict[str, Any]]]:
    from helpdeskctl.errors import HelpdeskError
    from helpdeskctl.queries import replay as asking
    from helpdeskctl.queries.intake import standing

    desk, actor = run.desk(), run.actor()
    known = standing(desk)
    for each in wanted:
        try:
            told, _ = asking.compare(desk, known, asking.kept(desk, actor, each))
        except HelpdeskError as error:
            run.failed(error)
        else:
            yield told, _fields(told, "would change" if told.changes else "unchanged")


def _replayed(run: Run, wanted: list[int]) -> Iterator[tuple[Comparison, dict[str, Any]]]:
    from helpdeskctl.errors import HelpdeskError
    from helpdeskctl.operations import replay as doing
    from helpdeskctl.queries.intake import standing

    desk, actor = run.desk(), run.actor()
    known = standing(desk)
    for each in wanted:
        try:
            done = doing.replay(desk, actor, each, known)
        except HelpdeskError as error:
            run.failed(error)
        else:
            yield done.told, _fields(done.told, "updated" if done.changed else "unchanged")


def _fields(told: Comparison, action: str) -> dict[str, Any]:
    return {
        "id": told.id,
        "action": action,
        "way": told.way,
        "state": told.state,
        "ticket": told.ticket,
        "decision": told.decision,
        "rule": told.rule,
        "reason": told.reason,
        "differences": told.differences,
    }


def _lines(told: Comparison, action: str) -> Iterator[str]:
    where = f", #{told.ticket}" if told.ticket else ""
    why = f" ({told.state}, nothing to replay)" if told.way == "nothing" else ""
    yield f"{action:<9} mail {told.id}: {told.state}{where}{why}"
    for difference in told.differences:
        stands, today = _shown(difference)
        yield f"  {difference.field}: {stands} -> {today}"


def _shown(difference: Difference) -> tuple[str, str]:
    """Both sides on a line each; of long texts the first lines that differ."""
    if isinstance(difference.stands, str) and isinstance(difference.today, str):
        pairs = zip([*difference.stands.splitlines(), ""], [*difference.today.splitlines(), ""], strict=False)
        stands, today = next(((a, b) for a, b in pairs if a != b), ("(shorter)", "(longer)"))
        return f'"{stands[:60]}"', f'"{today[:60]}"'
    return cell(difference.stands)[:200], cell(difference.today)[:200]
