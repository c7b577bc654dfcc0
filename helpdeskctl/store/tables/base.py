"""What every table shares: the database it speaks to, decided when a desk is opened."""

from __future__ import annotations

from helpdeskctl.store.orm import DatabaseProxy, Model

proxy = DatabaseProxy()


class Row(Model):
    """A table whose name is its class in snake_case: `IncomingMail` is `incoming_mail`."""

    class Meta:
        database = proxy
        legacy_table_names = False
