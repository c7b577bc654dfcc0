"""The mails of a killed import: one of each kind that takes another way through it."""

from __future__ import annotations

import base64

_ATTACHED = base64.encodebytes(bytes(range(256)) * 40).decode()


def _mail(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode("latin-1")


PLAIN = _mail("""\
From: Ann Archer <ann@customer.example>
To: support@desk.example
Subject: The printer is on fire
Message-ID: <1.kill@customer.example>
Date: Tue, 10 Mar 2026 09:00:00 +0000

It burns.
""")

SAME_ID = _mail("""\
From: Ben Baker <ben@other.example>
To: support@desk.example
Subject: Something else under a used Message-ID
Message-ID: <1.kill@customer.example>
Date: Tue, 10 Mar 2026 09:01:00 +0000

Not the printer.
""")

REPLY = _mail("""\
From: Ann Archer <ann@customer.example>
To: support@desk.example
Cc: Cleo <cleo@customer.example>
Subject: Re: The printer is on fire
Message-ID: <2.kill@customer.example>
In-Reply-To: <1.kill@customer.example>
References: <1.kill@customer.example>
Date: Tue, 10 Mar 2026 09:05:00 +0000

It still burns.

> It burns.
""")

ATTACHED = _mail(f"""\
From: Dora <dora@third.example>
To: support@desk.example
Subject: =?utf-8?q?Rechnung_f=C3=BCr_M=C3=A4rz?=
Message-ID: <3.kill@third.example>
Date: Tue, 10 Mar 2026 09:06:00 +0000
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/html; charset=utf-8

<p>See the <b>attached</b> file.</p>
--b
Content-Type: application/pdf; name="invoice.pdf"
Content-Disposition: attachment; filename="invoice.pdf"
Content-Transfer-Encoding: base64

{_ATTACHED}
--b--
""")

NOBODYS = _mail("""\
Subject: From nobody, and \xe4\xf6\xfc in raw octets

No sender at all.
""")

# The last is the first once more: one message, both gone from the server.
MAILS = (PLAIN, SAME_ID, REPLY, ATTACHED, NOBODYS, PLAIN)
