"""django-helpdesk on SQLite, run by the Python of its own environment: `fill FOLDER TICKETS MESSAGES`, then `serve`.

It knows nothing of our code. `fill` prints the cookie of a signed-in agent and the paths of the two pages.
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any


def configure(folder: Path) -> None:
    """Django with what django-helpdesk asks for in its own installation guide."""
    from django.conf import settings

    apps = ("admin", "auth", "contenttypes", "sessions", "messages", "staticfiles", "sites", "humanize")
    around = "django.contrib.{}".format
    settings.configure(
        SECRET_KEY="bench",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF="django_urls",
        INSTALLED_APPS=[*map(around, apps), "rest_framework", "helpdesk"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "peer.db")}},
        MIDDLEWARE=[
            "django.middleware.security.SecurityMiddleware",
            around("sessions.middleware.SessionMiddleware"),
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            around("auth.middleware.AuthenticationMiddleware"),
            around("messages.middleware.MessageMiddleware"),
        ],
        TEMPLATES=[{
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {"context_processors": [
                "django.template.context_processors.request",
                around("auth.context_processors.auth"),
                around("messages.context_processors.messages"),
            ]},
        }],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        HELPDESK_TEAMS_MODE_ENABLED=False,
        HELPDESK_ACTIVATE_API_ENDPOINT=False,
        STATIC_URL="/static/",
        LOGIN_URL="/login/",
        SITE_ID=1,
        USE_TZ=True,
        CONN_MAX_AGE=None,
        DEBUG=False,
    )  # fmt: skip
    import django

    django.setup()


def fill(tickets: int, messages: int) -> None:
    """Write so many tickets of so many messages each."""
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from helpdesk.models import FollowUp, Queue, Ticket

    call_command("migrate", verbosity=0)
    agent = User.objects.create_superuser("ada", "ada@example.org", "not-used-here")
    queue = Queue.objects.create(title="Support", slug="support", email_address="support@example.org")
    found = Ticket.objects.bulk_create(
        [
            Ticket(
                title=f"Printer trouble {n}", queue=queue, submitter_email=f"p{n % 50}@many.example", assigned_to=agent
            )
            for n in range(tickets)
        ],
        batch_size=1000,
    )
    FollowUp.objects.bulk_create(
        [
            FollowUp(
                ticket=ticket, title="Comment", comment="It smokes again, please help. " * 4, public=True, user=agent
            )
            for ticket in found
            for _ in range(messages)
        ],
        batch_size=1000,
    )
    query = base64.b64encode(json.dumps({"filtering": {}, "sorting": "created"}).encode()).decode()
    print(json.dumps({
        "cookie": f"sessionid={_session(agent)}",
        "list": f"/datatables_ticket_list/{query}?length=25",
        "page": f"/tickets/{found[-1].id}/",
    }))  # fmt: skip


def _session(agent: Any) -> str:
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(agent.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = agent.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def main() -> None:
    """As the first word says."""
    verb, folder, *numbers = sys.argv[1:]
    configure(Path(folder))
    if verb == "fill":
        fill(int(numbers[0]), int(numbers[1]))
        return
    import waitress
    from django.core.wsgi import get_wsgi_application

    waitress.serve(get_wsgi_application(), listen=f"127.0.0.1:{numbers[0]}", threads=8, connection_limit=1000)


if __name__ == "__main__":
    main()
