"""Bounces, complaints, automatic answers and people, as servers and people of many kinds write them."""

from __future__ import annotations

import pytest

from helpdeskctl.mail.rules import automatic, bounce, complaint
from helpdeskctl.mail.rules.facts import Facts
from tests.mail.rules.five_lines import POLICY, mail


def class_of(text: str) -> str:
    """The class of a mail on a desk that knows nothing else of it."""
    read, facts = mail(text), Facts()
    if bounce.judge(read, facts, POLICY):
        return "bounce"
    if complaint.judge(read, facts, POLICY):
        return "complaint"
    remark = automatic.judge(read, facts, POLICY)
    return "automatic" if remark is not None and remark.automatic else "normal"


BOUNCES = {
    "qmail": """
        From: MAILER-DAEMON@mx.example
        Subject: failure notice

        Hi. This is the qmail-send program at mx.example.

        <kim@shop.example>:
        Sorry, no mailbox here by that name. (#5.1.1)
        """,
    "Exim": """
        Return-Path: <>
        From: Mail Delivery System <Mailer-Daemon@mx.example>
        Subject: Mail delivery failed: returning message to sender

        A message that you sent could not be delivered to one or more of its recipients.

          kim@shop.example
            host mx.shop.example [192.0.2.1]: 550 No such user here
        """,
    "Domino": """
        From: Postmaster@corp.example
        Subject: DELIVERY FAILURE: User Kim (kim@corp.example) not listed in Domino Directory

        Your message
          Subject: Your order
        was not delivered to:
          kim@corp.example
        """,
    "Exchange, old": """
        From: System Administrator <postmaster@corp.example>
        Subject: Undeliverable: Your order

        Your message did not reach some or all of the intended recipients.
        """,
    "a mobile carrier": """
        From: post_master@texts.example
        Subject: Re:Your order
        In-Reply-To: <1@desk.example>

        Error: Invalid user address
        Error message below:
        550 - Requested action not taken: no such user here
        RCPT TO: 5550100@texts.example
        """,
    "another, with a word of its own for a subject": """
        Return-Path: <>
        From: no-reply@carrier.example
        Subject: Mail
        Content-Type: multipart/mixed; boundary=b

        --b
        Content-Type: text/plain

        Your mail could not be delivered to: <kim@carrier.example>
        As their mailbox is full.
        --b
        Content-Type: message/rfc822

        Subject: Your order

        --b--
        """,
    "an empty address": """
        From: "Mail gateway" <>
        Subject: Mail Error

        Your mail cannot be delivered to the following address(es): kim
        """,
    "a daemon with a subject of ours": """
        From: MAILER-DAEMON@mx.example (Mail Delivery System)
        Subject: Your order

        See below.
        """,
    "Exim's answer to a mail for nobody": """
        Return-Path: <>
        From: <>
        Auto-Submitted: auto-replied

        You sent mail to kim@shop.example. That's not a valid user here.
        """,
    "a virus scanner": """
        From: Mail_Service@gate.example
        Subject: Returned Mail - Error During Delivery

        ------ Failed Recipients ------
        <kim@shop.example>: mailbox unavailable. [SMTP Error Code 550]
        """,
}


@pytest.mark.parametrize("server", BOUNCES)
def test_bounces_of_servers_that_write_no_standard_report(server: str) -> None:
    assert class_of(BOUNCES[server]) == "bounce"


REPORT_SUBJECTS = [
    "Undeliverable: Your order",
    "Unzustellbar: Ihre Bestellung",
    "Non remis : votre commande",
    "Kan ikke leveres: Din ordre",
    "Onbestelbaar: uw bestelling",
    "לא ניתן למסירה: ההזמנה שלך",
    "Não é possível entregar: o seu pedido",
    "No se puede entregar: su pedido",
    "ส่งไม่ได้: คำสั่งซื้อของคุณ",
]


@pytest.mark.parametrize("subject", REPORT_SUBJECTS)
def test_a_server_s_subject_in_nine_languages_with_a_name_that_servers_use(subject: str) -> None:
    assert class_of(f"From: postmaster@corp.example\nSubject: {subject}\n\nx\n") == "bounce"
    assert class_of(f"From: Kim <kim@corp.example>\nSubject: {subject}\n\nx\n") == "normal"


PEOPLE_ON_BOUNCES = {
    "en": ("Undelivered mail", "Hello, my mail to you came back: 550 5.1.1 User unknown. What is wrong?"),
    "fr": ("Mail non remis", "Bonjour, mon message a été refusé : 550 5.7.1 rejected. Que faire ?"),
    "de": ("Unzustellbar?", "Guten Tag, meine Mail kam zurück: 550 5.1.1 User unknown. Was tun?"),
    "da": ("Kan ikke leveres", "Hej, min mail kom retur med fejlen 550 mailbox full. Hvad nu?"),
    "nl": ("Mail niet bezorgd", "Hallo, mijn mail kwam terug: mailbox full. Wat nu?"),
    "he": ("הודעה לא נמסרה", "שלום, ההודעה שלי חזרה: 550 User unknown. מה לעשות?"),
    "pt": ("Mensagem não entregue", "Olá, a minha mensagem voltou: 550 mailbox full. E agora?"),
    "es": ("Mensaje no entregado", "Hola, mi correo fue devuelto: 550 user unknown. ¿Qué hago?"),
    "th": ("ส่งอีเมลไม่ได้", "สวัสดีครับ อีเมลของผมถูกตีกลับ 550 user unknown"),
}


@pytest.mark.parametrize("language", PEOPLE_ON_BOUNCES)
def test_people_who_talk_about_bounces_are_people(language: str) -> None:
    subject, text = PEOPLE_ON_BOUNCES[language]
    assert class_of(f"From: Kim <kim@shop.example>\nSubject: {subject}\n\n{text}\n") == "normal"
    assert class_of(f"From: Kim <kim@shop.example>\nSubject: Re: {subject}\n\n{text}\n") == "normal"


@pytest.mark.parametrize(
    "text",
    [
        # Who forwards a bounce asks for help with it.
        """
        From: Kim <kim@shop.example>
        Subject: Fwd: Undelivered Mail Returned to Sender

        What does this mean?

        > From: MAILER-DAEMON@mx.example
        > <sam@shop.example>: host mx.shop.example said: 550 5.1.1 User unknown
        """,
        # Postmasters are people too.
        """
        From: Postmaster <postmaster@shop.example>
        Subject: Mail delivery problem with your server

        Hello, since Monday our users are told "550 5.7.1 rejected" by yours. Could you look into it?
        """,
        """
        From: IT <administrator@shop.example>
        Subject: Mailbox full for our new colleague

        Please raise the quota of her account.
        """,
        # Parcels are delivered as well.
        """
        Return-Path: <>
        From: no-reply@parcels.example
        Subject: Delivery notification for your parcel

        Your parcel could not be delivered. We try again tomorrow.
        """,
        """
        From: no-reply@shop.example
        Subject: Delivery status of order 12

        Your order could not be delivered.
        """,
    ],
)
def test_mail_that_merely_looks_like_a_bounce_is_none(text: str) -> None:
    assert class_of(text) == "normal"


def test_an_answering_machine_that_repeats_our_subject_is_no_bounce() -> None:
    text = "Return-Path: <>\nFrom: kim@shop.example\nSubject: Automatic reply: Your mailbox quota\n\nI am away.\n"
    assert class_of(text) == "automatic"


AWAY = {
    "en": ("Out of office: Your order", "This is an automated response."),
    "fr": ("Absence du bureau", "Ceci est une réponse automatique."),
    "de": ("Abwesenheitsnotiz", "Dies ist eine automatisch generierte Nachricht."),
    "da": ("Fravær: ferie", "Dette er et automatisk svar."),
    "nl": ("Afwezigheidsbericht", "Dit is een automatisch antwoord."),
    "he": ("מחוץ למשרד", "זוהי הודעה אוטומטית."),
    "pt": ("Ausência do escritório", "Esta é uma resposta automática."),
    "es": ("Fuera de la oficina", "Este es un mensaje automático."),
    "th": ("ไม่อยู่ที่สำนักงาน", "นี่คือข้อความตอบกลับอัตโนมัติ"),
}


@pytest.mark.parametrize("language", AWAY)
def test_a_text_that_says_so_is_the_second_sign_of_an_answering_machine(language: str) -> None:
    subject, text = AWAY[language]
    assert class_of(f"From: Kim <kim@shop.example>\nSubject: {subject}\n\n{text}\n") == "automatic"
    assert class_of(f"From: Kim <kim@shop.example>\nSubject: {subject}\n\nMay we meet another day?\n") == "normal"
    assert class_of(f"From: Kim <kim@shop.example>\nSubject: Your machine\n\n{text}\n") == "normal"


@pytest.mark.parametrize(
    "lines",
    [
        "Return-Path: <>\nPrecedence: bulk",  # the responders of large hosts
        "Return-Path: <>\nPrecedence: junk",  # vacation(1)
        "X-Mailer: Acme Autoresponder 2.1",
        "User-Agent: Vacation/1.2.7",
        "X-Loop: autoresponder",
        "X-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent",
    ],
)
def test_answering_machines_without_a_subject_of_their_own(lines: str) -> None:
    assert class_of(f"From: Kim <kim@shop.example>\n{lines}\nSubject: Thank you for your e-mail\n\nx\n") == "automatic"


@pytest.mark.parametrize(
    "lines",
    [
        "X-Loop: kim@shop.example",  # a person's mail, passed on by a filter
        "X-Mailer: Acme Mail 2.1",
        "Return-Path: <>\nPrecedence: bulk\nList-Id: <users.lists.example>",
        "X-MS-Exchange-Inbox-Rules-Loop: kim@shop.example",
    ],
)
def test_headers_that_only_look_like_a_machine_s(lines: str) -> None:
    assert class_of(f"From: Kim <kim@shop.example>\n{lines}\nSubject: Hello\n\nx\n") == "normal"


def test_a_mail_that_asks_whether_a_person_wrote_is_automatic() -> None:
    text = """
        From: kim@shop.example
        Subject: RE: Your order

        Please click on the following link to have your address added to the
        recipient's allowed list.
        """
    assert class_of(text) == "automatic"


COMPLAINTS = {
    "the form of a large mail service": """
        From: staff@provider.example
        Subject: complaint about message from 192.0.2.1
        Content-Type: multipart/mixed; boundary=b

        --b
        Content-Type: message/rfc822

        Subject: Your order

        --b--
        """,
    "a report as plain text": """
        From: robot@provider.example
        Subject: report

        Feedback-Type: abuse
        User-Agent: Loop/1
        Version: 1
        """,
    "a report as plain text behind words": """
        From: fbl@provider.example
        Subject: report

        This is an abuse report for a mail of yours.

        Feedback-Type: abuse
        """,
    "a report in a part of the wrong type": """
        From: robot@provider.example
        Content-Type: multipart/mixed; boundary=b

        --b
        Content-Type: text/plain

        See below.
        --b
        Content-Type: application/octet-stream

        Feedback-Type: fraud
        Version: 1
        --b--
        """,
    "the wish to get no more": """
        From: kim@shop.example
        Subject: unsubscribe
        Auto-Submitted: auto-replied
        X-Apple-Unsubscribe: true

        Apple Mail sent this email to unsubscribe.
        """,
}


@pytest.mark.parametrize("kind", COMPLAINTS)
def test_complaints_that_are_none_by_the_letter(kind: str) -> None:
    assert class_of(COMPLAINTS[kind]) == "complaint"


@pytest.mark.parametrize(
    "text",
    [
        "From: kim@shop.example\nSubject: complaint about message from 192.0.2.1\n\nYou sent me this.\n",
        "From: kim@shop.example\nSubject: ARF\n\nWhat is this?\nFeedback-Type: abuse\nVersion: 1\n",
        "From: staff@shop.example\nSubject: Abuse report\n\nSomebody abuses our printer.\n",
    ],
)
def test_people_who_talk_about_complaints_are_people(text: str) -> None:
    assert class_of(text) == "normal"
