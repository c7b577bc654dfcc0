"""Every mail of the corpus ends in exactly one message or in quarantine, byte for byte; none fails."""

from __future__ import annotations

import hashlib
from collections import Counter

from helpdeskctl.desk import Desk
from helpdeskctl.operations import intake_doors
from helpdeskctl.store.tables import IncomingMail, Message, Quarantine
from tests.builders import Builder
from tests.corpus.conftest import Cases, Figure
from tests.post import SUPPORT


def test_no_mail_is_lost(cases: Cases, desk: Desk, record_property: Figure) -> None:
    Builder(desk).mailbox(max_size=1 << 30)
    words: Counter[str] = Counter()
    for _, raw, _ in cases("robust"):
        word = intake_doors.pipe(desk, raw, mailbox=SUPPORT)
        words[word] += 1
        row = IncomingMail.select().order_by(IncomingMail.id.desc()).get()
        assert row.raw_sha256 == hashlib.sha256(raw).hexdigest()
        inside = Message.select().where(Message.incoming_id == row.id).count()
        held = Quarantine.select().where(Quarantine.incoming_id == row.id).count()
        alone = word in ("duplicate", "complaint") and not inside + held
        assert alone or inside + held == 1, (word, row.reason)
    total, right = words.total(), words.total() - words["failed"]
    kept = f"{right:5} of {total:5}  {right / total:6.1%}"
    record_property("figure", f"robust:  {'kept, ' + desk.database.kind:20} {kept}")
    assert words["failed"] == 0
    assert words["open"] + words["add"] > 20
