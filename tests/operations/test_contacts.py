"""Customers as they turn up: who writes is a contact, known or new."""

from __future__ import annotations

from helpdeskctl.desk import Desk
from helpdeskctl.operations import contacts
from helpdeskctl.store.tables import CompanyDomain, Contact
from tests.builders import Builder


def test_an_address_that_writes_twice_is_one_contact_whatever_its_case(desk: Desk) -> None:
    first = contacts.known_or_new(desk, "Ann.Muster@Example.NET", name="Ann")
    assert contacts.known_or_new(desk, "ann.muster@example.net") == first
    assert Contact.get(Contact.id == first).name == "Ann"


def test_a_claimed_domain_gives_the_company_and_nothing_more(desk: Desk) -> None:
    company = Builder(desk).company("acme")
    CompanyDomain.insert(domain="acme.example", company_id=company).execute()
    contact = Contact.get(Contact.id == contacts.known_or_new(desk, "carol@acme.example"))
    assert (contact.company_id, contact.main_contact) == (company, False)
