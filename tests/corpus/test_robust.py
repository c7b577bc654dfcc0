from __future__ import annotations

import pickle
import time

from helpdeskctl.mail.bounds import Bomb
from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.parse import identity, parse
from tests.corpus.conftest import Cases, Figure

KINDS = ("robust", "parsed", "bounces")


def strings(mail: IncomingMail) -> list[str]:
    return [
        mail.subject,
        mail.text,
        mail.html or "",
        *(text for name in mail.headers.names() for text in mail.headers.all(name)),
        *(text for person in (*mail.from_all, *mail.to, *mail.cc) for text in (person.name, person.address)),
        *(text for part in mail.attachments for text in (part.filename, part.content_type)),
    ]


def test_every_mail_of_the_corpus_is_read_or_refused_with_a_reason_and_never_raises(
    cases: Cases, record_property: Figure
) -> None:
    read = refused = 0
    for kind in KINDS:
        for name, raw, _ in cases(kind):
            try:
                mail = parse(raw)
            except Bomb as bomb:
                assert bomb.reason, name
                refused += 1
                continue
            read += 1
            for text in strings(mail):
                assert "\x00" not in text, name
                text.encode()
            assert all(part.filename for part in mail.attachments), name
            assert pickle.loads(pickle.dumps(mail)) == mail, name
            assert len(identity(raw)) == 32
    total = read + refused
    record_property("figure", f"robust:  {'read or refused':20} {total:5} of {total:5}  {1:6.1%}")
    assert read > 1_300


def test_no_mail_of_the_corpus_takes_long_for_its_size(cases: Cases) -> None:
    paces = sorted(min(pace(raw) for _ in range(3)) for _, raw, _ in cases("robust"))
    assert paces[-1] < 100 * paces[len(paces) // 2]


def pace(raw: bytes) -> float:
    """CPU seconds per octet; whatever else the machine does counts for nothing."""
    start = time.process_time()
    parse(raw)
    return (time.process_time() - start) / (len(raw) + 5_000)
