"""The mails as they are shipped, by event and language. Departments may write their own over them.

Ticket mails get the ticket's tag put into their subject; replies get signature and quote after the text. A line
whose placeholder has no value (no portal, no name) is left out: keep such a line whole for itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from helpdeskctl.domain.templates import Template

DEFAULT_LANGUAGE = "en"

_ENGLISH = {
    "received": Template(
        "Re: {{ticket.subject}}",
        """\
Hello {{contact.name}},

We have your request. It is number {{ticket.number}}, and we answer by e-mail.
If you want to add something, just answer this mail.

You can also follow it here: {{ticket.url}}

{{department.name}}
""",
    ),
    "received_first": Template(
        "We have your request",
        """\
Hello,

We have your request. It is number {{ticket.number}}, and we answer by e-mail.
If you want to add something, just answer this mail.

If you did not write to us, somebody used your address; you need not do anything.

{{department.name}}
""",
    ),
    "received_guest": Template(
        "Please confirm your request",
        """\
Hello,

Somebody, we think you, sent us a request with this address. It is number {{ticket.number}}.
Please confirm that it was you: {{link.url}}

The link holds for {{link.valid_for}}.
If it was not you, you need not do anything.

{{department.name}}
""",
    ),
    "taken": Template(
        "Re: {{ticket.subject}}",
        """\
Hello {{contact.name}},

{{agent.name}} has your request now.

You can follow it here: {{ticket.url}}

{{department.name}}
""",
    ),
    "reply": Template(
        "Re: {{ticket.subject}}",
        """\
{{message.text}}

You can also read and answer this here: {{ticket.url}}
""",
    ),
    "news": Template(
        "Re: {{ticket.subject}}",
        """\
Hello {{contact.name}},

There is news on your request number {{ticket.number}}.
Please sign in to read it: {{ticket.url}}

{{department.name}}
""",
    ),
    "status": Template(
        "Re: {{ticket.subject}}",
        """\
Hello {{contact.name}},

Your request number {{ticket.number}} is now: {{ticket.status}}.

You can follow it here: {{ticket.url}}

{{department.name}}
""",
    ),
    "closed": Template(
        "Re: {{ticket.subject}}",
        """\
Hello {{contact.name}},

We have closed your request number {{ticket.number}}. Not right? Just answer this mail.

You can also see it here: {{ticket.url}}

{{department.name}}
""",
    ),
    "merged": Template(
        "Re: {{ticket.subject}}",
        """\
Hello {{contact.name}},

Your request number {{ticket.number}} goes on under number {{ticket.survivor}}. Nothing of it is lost.

You can follow it here: {{ticket.url}}

{{department.name}}
""",
    ),
    "reminder": Template(
        "Re: {{ticket.subject}}",
        """\
Hello {{contact.name}},

We have answered your request number {{ticket.number}} and have not heard from you since.
We will close it soon. Anything left? Just answer this mail.

You can also see it here: {{ticket.url}}

{{department.name}}
""",
    ),
    "rating": Template(
        "Re: {{ticket.subject}}",
        """\
Hello {{contact.name}},

We have closed your request number {{ticket.number}}. How did we do?
It takes one click: {{link.url}}

{{department.name}}
""",
    ),
    "refused": Template(
        "We could not accept your message",
        """\
Hello,

We could not accept the message you sent us: we do not take requests by e-mail from this address.

Please write to us here instead: {{portal.url}}

{{department.name}}
""",
    ),
    "welcome": Template(
        "Your access to {{desk.name}}",
        """\
Hello {{contact.name}},

You can now read and answer your requests here: {{portal.url}}
Your user name is {{contact.address}}.

Please choose a password: {{link.url}}
The link holds for {{link.valid_for}}. You can also sign in without a password, by a link we mail you.

{{desk.name}}
""",
    ),
    "registered": Template(
        "Please confirm your address",
        """\
Hello,

Somebody, we think you, wants to use this address at {{desk.name}}.
Please confirm it: {{link.url}}

The link holds for {{link.valid_for}}.
If it was not you, you need not do anything.

{{desk.name}}
""",
    ),
    "sign_in": Template(
        "Sign in to {{desk.name}}",
        """\
Hello,

Sign in with this link: {{link.url}}

Or type this code on the page where you asked for it: {{link.code}}

Both hold for {{link.valid_for}}.
If you did not ask for this, you need not do anything. Do not pass the code on.

{{desk.name}}
""",
    ),
    "reset": Template(
        "Choose a new password",
        """\
Hello,

Somebody, we think you, wants a new password for {{contact.address}} at {{desk.name}}.
Choose it here: {{link.url}}

The link holds for {{link.valid_for}}.
If it was not you, you need not do anything; your password stays as it is.

{{desk.name}}
""",
    ),
    "address_change": Template(
        "Please confirm your new address",
        """\
Hello,

Somebody, we think you, wants to use this address at {{desk.name}}.
Please confirm it: {{link.url}}

The link holds for {{link.valid_for}}. Until then everything stays as it is.
If it was not you, you need not do anything.

{{desk.name}}
""",
    ),
    "period_ending": Template(
        "Your access to {{desk.name}} ends soon",
        """\
Hello {{contact.name}},

Your access to {{portal.url}} ends on {{access.until}}.
If you want to keep it, just answer this mail.

{{desk.name}}
""",
    ),
}

TEXTS: Mapping[str, Mapping[str, Template]] = {event: {"en": template} for event, template in _ENGLISH.items()}
"""The shipped mails: event -> language -> template."""


def shipped(event: str, language: str | None = None) -> Template:
    """The shipped mail for `event` in `language`, else in English. Raises KeyError for an unknown event."""
    texts = TEXTS[event]
    return texts.get(language or DEFAULT_LANGUAGE, texts[DEFAULT_LANGUAGE])
