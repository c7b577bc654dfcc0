from __future__ import annotations

import re
from typing import Any

from helpdeskctl.domain.text import clean
from helpdeskctl.mail import markup
from helpdeskctl.mail.parse import parse
from helpdeskctl.mail.quotes import folds
from helpdeskctl.mail.sanitize import sanitize
from helpdeskctl.mail.text import html_to_text, visible
from tests.corpus.conftest import Cases, Figure

AIM = 0.80


def body(raw: bytes, kind: str) -> str:
    if kind == "eml":
        return parse(raw).text
    text = clean(raw.decode("utf-8", "replace"))
    return html_to_text(sanitize(markup.tame(text))) if kind == "html" else text


def squeezed(text: str, compare: str) -> str:
    if compare == "exact":
        return clean(text).strip()
    return re.sub(r"\s+", " " if compare == "squash" else "", text).strip()


def is_right(raw: bytes, expected: dict[str, Any]) -> bool:
    text = body(raw, expected["kind"])
    found = [fold for fold in folds(text) if fold.kind == "quote" or expected["signature"] == "strip"]
    seen = visible(text, found)
    reply, compare = expected["reply"], expected["compare"]
    return (
        (reply is None or squeezed(seen, compare) == squeezed(reply, compare))
        and all(part in seen for part in expected["contains"])
        and not any(part in seen for part in expected["absent"])
    )


def test_four_of_five_real_replies_show_exactly_what_their_author_wrote(cases: Cases, record_property: Figure) -> None:
    wrong = [name for name, raw, expected in cases("quotes") if not is_right(raw, expected)]
    total = sum(1 for _ in cases("quotes"))
    share = 1 - len(wrong) / total
    record_property("figure", f"quotes:  {'the reply exactly':20} {total - len(wrong):5} of {total:5}  {share:6.1%}")
    assert share >= AIM, "\n".join(wrong)
