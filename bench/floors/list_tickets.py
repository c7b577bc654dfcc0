"""The floor of a list in the shell: a typer command that reads 50 rows with sqlite3 and prints them as JSON."""

from __future__ import annotations

import json
import sqlite3

import typer

app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None, add_completion=False)


@app.command()
def list_tickets(path: str) -> None:
    """Print the 50 newest tickets of a database file."""
    rows = sqlite3.connect(path).execute("SELECT id, subject, updated_at FROM ticket ORDER BY updated_at DESC LIMIT 50")
    print(json.dumps([{"number": n, "subject": subject, "updated_at": at} for n, subject, at in rows]))


if __name__ == "__main__":
    app()
