"""The identity of a mail that is too large to be held in memory: that of `parse.identity`, from its pieces."""

from __future__ import annotations

from helpdeskctl.mail.parse import DOUBLED, identity_of_header, with_plain_ends

_LINE_ENDS = 4096  # written at once


class Identity:
    """Takes a mail in pieces, of which the first holds its whole header, and knows its identity at the end (MAIL-6)."""

    def __init__(self, first: bytes) -> None:
        self._digest, body = identity_of_header(first)
        self._doubled = DOUBLED in first[:10_000]  # as `parse.identity` looks for it
        self._held = b""  # carriage returns whose line feed may come with the next piece
        self._line_ends = 0  # those at the very end do not count
        self.add(body)

    def add(self, piece: bytes) -> None:
        """The next piece."""
        piece = self._held + piece
        self._held = piece[-2:] if piece.endswith(b"\r\r") else piece[-1:] if piece.endswith(b"\r") else b""
        self._take(self._plain(piece[: len(piece) - len(self._held)]))

    def hex(self) -> str:
        """The identity of what was taken; no piece may follow."""
        self._take(self._plain(self._held))
        return self._digest.hexdigest()

    def _plain(self, piece: bytes) -> bytes:
        return with_plain_ends(piece.replace(DOUBLED, b"\r\n") if self._doubled else piece)

    def _take(self, lines: bytes) -> None:
        text = lines.rstrip(b"\n")
        if text:
            while self._line_ends > 0:
                self._digest.update(b"\r\n" * min(self._line_ends, _LINE_ENDS))
                self._line_ends -= _LINE_ENDS
            self._line_ends = 0
            self._digest.update(text.replace(b"\n", b"\r\n"))
        self._line_ends += len(lines) - len(text)
