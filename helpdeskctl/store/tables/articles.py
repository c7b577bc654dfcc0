"""The knowledge base. What each column means stands in schema.sql."""

from __future__ import annotations

from helpdeskctl.store.orm import AutoField, IntegerField, TextField, flag_field, json_field, time_field
from helpdeskctl.store.tables.base import Row


class ArticleCategory(Row):
    id = AutoField()
    key = TextField()
    names = json_field()
    position = IntegerField(default=0)


class Article(Row):
    id = AutoField()
    key = TextField()
    category_id = IntegerField()
    status = TextField(default="draft")
    audience = TextField(default="everyone")
    company_id = IntegerField(null=True)
    position = IntegerField(default=0)
    ticket_id = IntegerField(null=True)
    views = IntegerField(default=0)
    published_at = time_field(null=True)
    created_at = time_field()
    updated_at = time_field()


class ArticleText(Row):
    id = AutoField()
    article_id = IntegerField()
    language = TextField()
    title = TextField()
    body = TextField()
    updated_at = time_field()


class ArticleFile(Row):
    id = AutoField()
    article_id = IntegerField()
    filename = TextField()
    content_type = TextField()
    size = IntegerField()
    sha256 = TextField()


class ArticleVote(Row):
    id = AutoField()
    article_id = IntegerField()
    language = TextField()
    helpful = flag_field()
    words = TextField(default="")
    at = time_field()
