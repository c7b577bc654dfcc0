"""Whom a new ticket is for (MAIL-14)."""

from __future__ import annotations

import pytest

from helpdeskctl.mail.requester import UNIDENTIFIED, requester
from tests.mail.rules.five_lines import header, mail

OWN = {"support@desk.example"}
AGENTS = {"ann@desk.example"}
ANN = "Ann <ann@desk.example>"


def forwarded(text: str, *, subject: str = "Fwd: Printer", sender: str = ANN) -> str:
    found = requester(mail(f"From: {sender}\nSubject: {subject}\n\n{text}"), OWN, AGENTS)
    return found.address


def test_it_is_for_who_wrote_it() -> None:
    assert requester(header("Reply-To: other@x.example"), OWN).address == "alice@acme.example"


@pytest.mark.parametrize("sender", ["support@desk.example", "noreply@shop.example", "do-not-reply@shop.example"])
def test_a_web_form_s_mail_is_for_whom_reply_to_names(sender: str) -> None:
    assert requester(header("Reply-To: Carl <carl@c.example>", sender=sender), OWN).address == "carl@c.example"


@pytest.mark.parametrize("reply_to", ["support@desk.example", "a@x.example, b@x.example", "nobody"])
def test_a_reply_to_that_names_us_or_several_or_nobody_is_not_followed(reply_to: str) -> None:
    mail = header(f"Reply-To: {reply_to}", sender="noreply@shop.example")
    assert requester(mail, OWN).address == "noreply@shop.example"


@pytest.mark.parametrize(
    "text",
    [
        "fyi\n\n---------- Forwarded message ---------\nFrom: Carl <carl@c.example>\nDate: Mon\n\nHelp!",
        "-------- Weitergeleitete Nachricht --------\nVon: Carl <carl@c.example>\n\nHilfe!",
        "De : Carl <carl@c.example>\nEnvoyé : lundi\n\nAu secours",
        "> *From:* carl@c.example\n> Help!",
    ],
)
def test_an_agent_forwarding_a_customer_s_mail_opens_it_for_that_customer(text: str) -> None:
    assert forwarded(text) == "carl@c.example"


def test_a_mail_forwarded_as_an_attachment_is_for_its_writer() -> None:
    raw = f"""
        From: {ANN}
        Subject: WG: Drucker
        MIME-Version: 1.0
        Content-Type: multipart/mixed; boundary=b

        --b
        Content-Type: message/rfc822

        From: Carl <carl@c.example>
        Subject: Drucker

        Hilfe!
        --b--
        """
    assert requester(mail(raw), OWN, AGENTS).address == "carl@c.example"


def test_only_an_agent_s_forward_counts_and_only_a_forward_of_an_agent() -> None:
    text = "From: Carl <carl@c.example>\n\nHelp!"
    assert forwarded(text, sender="Eve <eve@beta.example>") == "eve@beta.example"
    assert forwarded(text, subject="Printer") == "ann@desk.example"
    assert forwarded("From: support@desk.example\n\nHello") == "ann@desk.example"
    assert forwarded("nobody is named") == "ann@desk.example"


def test_a_released_mail_without_a_sender_falls_back_step_by_step() -> None:
    two = "From: a@x.example, b@x.example\n"
    assert requester(mail(f"{two}Reply-To: c@x.example\n\nHi"), OWN).address == "c@x.example"
    assert requester(mail(f"{two}Return-Path: <d@x.example>\n\nHi"), OWN).address == "d@x.example"
    assert requester(mail(f"{two}\nHi"), OWN) == UNIDENTIFIED


@pytest.mark.parametrize(
    ("subject", "head"),
    [
        ("FW: Printer", "-----Original Message-----\nFrom: Carl <carl@c.example>\nSent: Monday\nTo: Ann"),
        ("WG: Drucker", "-----Ursprüngliche Nachricht-----\nVon: Carl <carl@c.example>\nGesendet: Montag\nAn: Ann"),
        ("TR : Imprimante", "-----Message d'origine-----\nDe : Carl <carl@c.example>\nEnvoyé : lundi\nÀ : Ann"),
        ("VS: Printer", "-----Oprindelig meddelelse-----\nFra: Carl <carl@c.example>\nSendt: mandag\nTil: Ann"),
        (
            "Doorst: Printer",
            "-----Oorspronkelijk bericht-----\nVan: Carl <carl@c.example>\nVerzonden: maandag\nAan: Ann",
        ),
        ("הועבר: מדפסת", "---------- הודעה שהועברה ----------\nמאת: Carl <carl@c.example>\nתאריך: יום ב׳"),
        ("ENC: Impressora", "-----Mensagem original-----\nDe: Carl <carl@c.example>\nEnviada em: segunda\nPara: Ann"),
        ("RV: Impresora", "-----Mensaje original-----\nDe: Carl <carl@c.example>\nEnviado el: lunes\nPara: Ann"),
        ("ส่งต่อ: เครื่องพิมพ์", "---------- ข้อความที่ส่งต่อ ----------\nจาก: Carl <carl@c.example>\nวันที่: จันทร์"),
        ("Fwd: Printer", "Begin forwarded message:\n\nFrom: Carl <carl@c.example>\nSubject: Printer\nDate: Monday"),
    ],
)
def test_the_programs_of_every_language_say_who_wrote_it_first(subject: str, head: str) -> None:
    assert forwarded(f"See below.\n\n{head}\n\nHelp", subject=subject) == "carl@c.example"
