"""The rules of departments, mailboxes, agents, teams, contacts and companies."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain import mail_domains, mailurls
from helpdeskctl.errors import HelpdeskError, InvalidInput, Problem, Refused
from helpdeskctl.operations import contact_access, mailbox_login_rows, personal
from helpdeskctl.operations.setup_rules import Rules, Wanted
from helpdeskctl.operations.setup_rules_words import follow_in_canned
from helpdeskctl.operations.ticket_fields import checked_value
from helpdeskctl.queries import settings
from helpdeskctl.queries.setup import SetUpObject
from helpdeskctl.store.tables import (
    Agent,
    ContactAddress,
    Department,
    Field,
    Mailbox,
    MailboxAddress,
    Presence,
    Secret,
)


class DepartmentRules(Rules):
    """Personal departments come and go with their agent (DEP-2)."""

    def check(self, desk: Desk, state: Wanted) -> list[Problem]:
        """Links lead somewhere (OUT-2); a personal one is never offered to customers and never sends receipts."""
        problems = []
        if state.values.get("notify") == "link" and settings.get(desk, "portal_url") is None:
            problems.append(
                Problem("notify", "there is no portal to link to", "helpdeskctl setting set portal_url URL")
            )
        if state.current and state.current.values["personal"]:
            wrong = [name for name in ("public", "receipt") if state.values.get(name)]
            problems += [Problem(name, "not for a personal department") for name in wrong]
        return problems

    def renamed(self, desk: Desk, current: SetUpObject, new: str) -> None:
        """Refused for a personal one: its key is its agent's."""
        if current.values["personal"]:
            raise Refused(
                f"{current.key} is named after its agent",
                hint=f"helpdeskctl agent rename {current.values['personal']} NEW",
                subject=f"department/{current.key}",
            )


class MailboxRules(Rules):
    """A mailbox has its address among those that are written to, and a password beside it."""

    def prepare(self, desk: Desk, state: Wanted) -> None:
        """`agent:ADDRESS` is that agent's personal department, which may come into being here (DEP-2)."""
        department = state.values.get("department") or ""
        if department.startswith(personal.PREFIX):
            with suppress(HelpdeskError):  # told with the other faults
                state.values["department"] = personal.department_called(desk, department).key
        if imap := state.values.get("imap"):
            state.values["imap"] = mailurls.signed_in(imap, state.key)
        if "aliases" in state.values:
            state.values["aliases"] = tuple(a for a in state.values["aliases"] if a != state.key)

    def check(self, desk: Desk, state: Wanted) -> list[Problem]:
        """It must receive or send, and no other mailbox may have its address."""
        problems = []
        if not state.value("imap") and not state.value("smtp"):
            problems.append(Problem("imap", "neither receives nor sends", "--server HOST, or --imap URL --smtp URL"))
        to = str(state.value("after") or "").removeprefix("move:")
        if state.value("imap") and to.casefold() == str(state.value("folder")).casefold():
            problems.append(
                Problem("after", f"mail that is stored would stay in {to}", "--after move:ANOTHER, or keep")
            )
        if state.current is None and (taken := MailboxAddress.get_or_none(MailboxAddress.address == state.key)):
            other = Mailbox.get(Mailbox.id == taken.mailbox_id).address
            problems.append(Problem("ADDRESS", f"{state.key} is an alias of mailbox {other}"))
        return problems

    def inserted(self, desk: Desk, number: int, state: Wanted) -> None:
        """Its own address stands beside the aliases."""
        MailboxAddress.insert(address=state.key, mailbox_id=number).execute()

    def renamed(self, desk: Desk, current: SetUpObject, new: str) -> None:
        """Its own address follows; an alias of this name becomes it."""
        MailboxAddress.delete().where(
            MailboxAddress.mailbox_id == current.id, MailboxAddress.address.in_([current.key, new])
        ).execute()
        if MailboxAddress.get_or_none(MailboxAddress.address == new):
            raise InvalidInput(f"{new} is an alias of another mailbox", subject=f"mailbox/{current.key}")
        MailboxAddress.insert(address=new, mailbox_id=current.id).execute()

    def deleting(self, desk: Desk, current: SetUpObject) -> None:
        """What it signed in with goes with it."""
        row = Mailbox.get(Mailbox.id == current.id)
        if row.secret_id is not None:
            Mailbox.update(secret_id=None).where(Mailbox.id == current.id).execute()
            Secret.delete().where(Secret.id == row.secret_id).execute()
        mailbox_login_rows.forget(desk, current.id)


class AgentRules(Rules):
    """Roles are one for each department, and never in somebody's personal one."""

    def check(self, desk: Desk, state: Wanted) -> list[Problem]:
        """The memberships; the last admin stays one."""
        given = state.values.get("departments") or ()
        counted = Counter(item.rpartition(":")[0] for item in given)
        problems = [
            Problem("departments", f"two roles in {key}; one is enough") for key, count in counted.items() if count > 1
        ]
        foreign = Department.select().where(Department.key.in_(list(counted)), Department.agent_id.is_null(False))
        problems += [Problem("departments", f"{row.key} is its agent's alone") for row in foreign]
        if state.current and state.current.values["admin"] and not state.value("admin"):
            others = Agent.select().where(Agent.admin == 1, Agent.active == 1, Agent.id != state.current.id)
            if not others.exists():
                problems.append(Problem("admin", "the last admin stays one", "helpdeskctl agent edit OTHER --admin"))
        return problems

    def renamed(self, desk: Desk, current: SetUpObject, new: str) -> None:
        """The personal department follows, and canned replies that assign."""
        Department.update(key=f"{personal.PREFIX}{new}", name=f"{current.values['name']} ({new})").where(
            Department.agent_id == current.id
        ).execute()
        follow_in_canned("assignee", current.key, new)

    def deleting(self, desk: Desk, current: SetUpObject) -> None:
        """An agent deletes nobody's last admin; the traces of screens go."""
        others = Agent.select().where(Agent.admin == 1, Agent.active == 1, Agent.id != current.id)
        if current.values["admin"] and not others.exists():
            raise Refused(f"{current.key} is the last admin", subject=f"agent/{current.key}")
        Presence.delete().where(Presence.agent_id == current.id).execute()


class TeamRules(Rules):
    """Canned replies name teams by their key."""

    def renamed(self, desk: Desk, current: SetUpObject, new: str) -> None:
        """They follow."""
        follow_in_canned("assignee", f"team:{current.key}", f"team:{new}")


class _WithFields(Rules):
    """Kinds that carry values of the desk's own fields."""

    on: str

    def check(self, desk: Desk, state: Wanted) -> list[Problem]:
        """Each value fits its field."""
        values = state.values.get("fields") or {}
        known = {row.key: row for row in Field.select().where(Field.on_kind == self.on)}
        problems = []
        for key, value in values.items():
            if key not in known:
                listed = f"known: {', '.join(known)}" if known else f"helpdeskctl field create {key} --on {self.on}"
                problems.append(Problem("fields", f'a {self.on} has no field "{key}"', listed))
                continue
            try:
                values[key] = checked_value(known[key], value)
            except InvalidInput as error:
                problems.append(Problem("fields", error.message, error.hint))
        return problems


class ContactRules(_WithFields):
    """A contact's key is its main address; an agent who names it vouches for it (CON-1)."""

    on = "contact"

    def check(self, desk: Desk, state: Wanted) -> list[Problem]:
        """The period of portal access is one; a main contact has a company."""
        problems = super().check(desk, state)
        first, last = state.value("portal_from"), state.value("portal_until")
        if first and last and last < first:
            problems.append(Problem("portal_until", f"{last} is before {first}", "--from DATE --until DATE"))
        if state.value("main_contact") and not state.value("company"):
            problems.append(Problem("main_contact", "needs a company", "--company KEY"))
        return problems

    def columns(self, state: Wanted) -> dict[str, Any]:
        """Made by an agent or the system, not by mail."""
        return {"origin": "agent"}

    def inserted(self, desk: Desk, number: int, state: Wanted) -> None:
        """The main address."""
        ContactAddress.insert(address=state.key, contact_id=number, main=True, confirmed_at=desk.now()).execute()

    def saved(self, desk: Desk, number: int, state: Wanted) -> None:
        """Who is new is welcomed, where the desk does so."""
        if state.current is None:
            contact_access.welcome(desk, number, state.key)

    def renamed(self, desk: Desk, current: SetUpObject, new: str) -> None:
        """The old main address goes; a further one of this name becomes it."""
        ContactAddress.delete().where(
            ContactAddress.contact_id == current.id, ContactAddress.address.in_([current.key, new])
        ).execute()
        ContactAddress.insert(address=new, contact_id=current.id, main=True, confirmed_at=desk.now()).execute()


class CompanyRules(_WithFields):
    """No company claims a domain where anybody can have an address (MAIL-13)."""

    on = "company"

    def check(self, desk: Desk, state: Wanted) -> list[Problem]:
        """The domains."""
        free = [domain for domain in state.values.get("domains") or () if mail_domains.is_free(domain)]
        return super().check(desk, state) + [
            Problem("domains", f"anybody can have an address at {domain}; no company can claim it") for domain in free
        ]
