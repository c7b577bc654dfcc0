"""What people write is never evaluated (case 21), and a new desk knows nobody (case 43)."""

from __future__ import annotations

from helpdeskctl.desk import Desk
from helpdeskctl.operations import replies
from helpdeskctl.operations.replies import Reply
from helpdeskctl.store.tables import Agent, Contact, PortalSession, PortalToken
from tests.post import letter
from tests.security.scene import ANN, Scene

EVIL = "{{agent.name}} {{7*7}} {% raw %} ${x} %(x)s {0.__class__} \\1 <%= 7*7 %>"


def test_placeholders_that_people_write_are_mailed_and_shown_as_they_are(scene: Scene) -> None:
    assert scene.pipe(letter(EVIL, sender=f'"{EVIL[:14]}" <mallory@evil.example>', text=EVIL)) == "open"
    ticket = scene.newest()
    assert (ticket.subject, scene.messages(ticket.id)[0].body.strip()) == (EVIL, EVIL)
    replies.reply(scene.desk, scene.build.actor(ANN), ticket.id, Reply(body=f"You wrote: {EVIL}"))
    mail = scene.sent()[-1].message
    text = mail.get_body(("plain",)).get_content()
    assert EVIL in str(mail["Subject"])
    assert f"You wrote: {EVIL}" in " ".join(text.split())
    assert "49" not in str(mail["Subject"]) + text.replace(str(ticket.id), "")


def test_a_new_desk_has_nobody_who_could_come_in(desk: Desk) -> None:
    assert [table.select().count() for table in (Agent, Contact, PortalSession, PortalToken)] == [0, 0, 0, 0]
