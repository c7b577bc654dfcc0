"""Full text over articles, best hit first: FTS5 on SQLite, tsvector on Postgres. A word of a title weighs more.

Who writes an article's text calls `index_text` in the same transaction, who deletes one `drop_text`.
"""

from __future__ import annotations

from collections.abc import Sequence

from helpdeskctl.domain.folding import fold
from helpdeskctl.store.database import Database

_MOST_WORDS = 12
_SQLITE = "SELECT rowid FROM article_search WHERE article_search MATCH ? ORDER BY bm25(article_search, 8.0, 1.0), rowid"
_POSTGRES = (
    "SELECT text_id FROM article_search, to_tsquery('simple', %s) AS wanted"
    " WHERE document @@ wanted ORDER BY ts_rank(document, wanted) DESC, text_id"
)


def index_text(database: Database, text_id: int, title: str, body: str) -> None:
    """Make a text findable. Replaces what was there."""
    if database.kind == "postgres":
        database.execute(
            "INSERT INTO article_search (text_id, document) VALUES"
            " (?, setweight(to_tsvector('simple', ?), 'A') || setweight(to_tsvector('simple', ?), 'D'))"
            " ON CONFLICT (text_id) DO UPDATE SET document = excluded.document",
            (text_id, fold(title), fold(body)),
        )
        return
    drop_text(database, text_id)
    database.execute(
        "INSERT INTO article_search (rowid, title, body) VALUES (?, ?, ?)", (text_id, fold(title), fold(body))
    )


def drop_text(database: Database, text_id: int) -> None:
    """Forget a text."""
    key = "text_id" if database.kind == "postgres" else "rowid"
    database.execute(f"DELETE FROM article_search WHERE {key} = ?", (text_id,))  # noqa: S608  # a constant


def hits(database: Database, words: str, *, any_word: bool = False) -> Sequence[int]:
    """The ids of the texts that have all of the words, or any of them; best first. Each word may be a beginning."""
    wanted = fold(words).split()[:_MOST_WORDS]
    if not wanted:
        return ()
    if database.kind == "postgres":
        match = (" | " if any_word else " & ").join(f"'{word}':*" for word in wanted)
        cursor = database.orm.execute_sql(_POSTGRES, (match,))
    else:
        match = (" OR " if any_word else " AND ").join(f'"{word}" *' for word in wanted)
        cursor = database.orm.execute_sql(_SQLITE, (match,))
    return tuple(number for (number,) in cursor.fetchall())
