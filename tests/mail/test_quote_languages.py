"""How mail programs of nine languages introduce what they quote, and what telephones sign with."""

from __future__ import annotations

import pytest

from helpdeskctl.mail.quotes import folds
from helpdeskctl.mail.text import visible

ANSWERS = {"en": "Thanks!", "he": "תודה רבה!", "th": "ขอบคุณมาก"}
WEB = {
    "en": "On Mon, 2 Nov 2026 at 09:00, Desk <s@desk.example> wrote:",
    "fr": "Le lun. 2 nov. 2026 à 09:00, Desk <s@desk.example> a écrit :",
    "de": "Am Mo., 2. Nov. 2026 um 09:00 Uhr schrieb Desk <s@desk.example>:",
    "da": "Den man. 2. nov. 2026 kl. 09.00 skrev Desk <s@desk.example>:",
    "nl": "Op ma 2 nov 2026 om 09:00 schreef Desk <s@desk.example>:",
    "he": "\u202bבתאריך יום ב׳, 2 בנוב׳ 2026 ב-9:00 מאת \u202aDesk\u202c\u200f <s@desk.example\u200f>:\u202c",
    "pt": "Em seg., 2 de nov. de 2026 às 09:00, Desk <s@desk.example> escreveu:",
    "es": "El lun, 2 nov 2026 a las 9:00, Desk (<s@desk.example>) escribió:",
    "th": "ในวันที่ จ. 2 พ.ย. 2026 เวลา 09:00 Desk <s@desk.example> เขียนว่า:",
}
TELEPHONE = {
    "en": "On 2 Nov 2026, at 09:00, Desk <s@desk.example> wrote:",
    "fr": "Le 2 nov. 2026 à 09:00, Desk <s@desk.example> a écrit :",
    "de": "Am 02.11.2026 um 09:00 schrieb Desk <s@desk.example>:",
    "da": "Den 2. nov. 2026 kl. 09.00 skrev Desk <s@desk.example>:",
    "nl": "Op 2 nov. 2026 om 09:00 heeft Desk <s@desk.example> het volgende geschreven:",
    "he": "ב-2 בנוב׳ 2026, בשעה 9:00, Desk <s@desk.example> כתב/ה:",
    "pt": "Em 2 de nov. de 2026, à(s) 09:00, Desk <s@desk.example> escreveu:",
    "es": "El 2 nov 2026, a las 9:00, Desk <s@desk.example> escribió:",
    "th": "เมื่อ 2 พ.ย. 2569 เวลา 09:00 Desk <s@desk.example> เขียนว่า:",
}
HEADER = {
    "en": "From: Desk <s@desk.example>\nSent: Monday, 2 November 2026 09:00\nTo: Kim\nSubject: Order",
    "fr": "De : Desk <s@desk.example>\nEnvoyé : lundi 2 novembre 2026 09:00\nÀ : Kim\nObjet : Commande",
    "de": "Von: Desk <s@desk.example>\nGesendet: Montag, 2. November 2026 09:00\nAn: Kim\nBetreff: Bestellung",
    "da": "Fra: Desk <s@desk.example>\nSendt: 2. november 2026 09:00\nTil: Kim\nEmne: Ordre",
    "nl": "Van: Desk <s@desk.example>\nVerzonden: maandag 2 november 2026 09:00\nAan: Kim\nOnderwerp: Order",
    "he": "מאת: Desk <s@desk.example>\nנשלח: יום שני 2 נובמבר 2026 09:00\nאל: Kim\nנושא: הזמנה",
    "pt": "De: Desk <s@desk.example>\nEnviado: segunda-feira, 2 de novembro de 2026 09:00\nPara: Kim\nAssunto: Pedido",
    "es": "De: Desk <s@desk.example>\nEnviado: lunes, 2 de noviembre de 2026 9:00\nPara: Kim\nAsunto: Pedido",
    "th": "จาก: Desk <s@desk.example>\nส่ง: 2 พฤศจิกายน 2569 09:00\nถึง: Kim\nเรื่อง: คำสั่งซื้อ",
}
SENT_FROM = {
    "en": "Sent from my iPhone",
    "fr": "Envoyé de mon iPhone",
    "de": "Von meinem iPhone gesendet",
    "da": "Sendt fra min iPhone",
    "nl": "Verstuurd vanaf mijn iPhone",
    "he": "נשלח מה-iPhone שלי",
    "pt": "Enviado do meu iPhone",
    "es": "Enviado desde mi iPhone",
    "th": "ส่งจาก iPhone ของฉัน",
}
ORIGINAL = {
    "en": "-----Original Message-----",
    "fr": "-----Message d'origine-----",
    "de": "-----Ursprüngliche Nachricht-----",
    "da": "-----Oprindelig meddelelse-----",
    "nl": "-----Oorspronkelijk bericht-----",
    "he": "-----הודעה מקורית-----",
    "pt": "-----Mensagem original-----",
    "es": "-----Mensaje original-----",
    "th": "-----ข้อความต้นฉบับ-----",
}
LANGUAGES = list(WEB)


def seen(text: str) -> str:
    return visible(text, folds(text))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("program", [WEB, TELEPHONE], ids=["web", "telephone"])
def test_an_attribution_is_folded_with_what_it_quotes(program: dict[str, str], language: str) -> None:
    answer = ANSWERS.get(language, "Thanks!")
    assert seen(f"{answer}\n\n{program[language]}\n\n> Is it well?\n> Desk") == answer
    # As a program wraps it, and as it quotes without marks.
    wrapped = program[language].replace(" <", "\n<", 1)
    assert seen(f"{answer}\n\n{wrapped}\n\n> Is it well?") == answer
    assert seen(f"{answer}\n\n{program[language]}\n\nIs it well?") == answer


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [HEADER, ORIGINAL], ids=["header", "original"])
def test_a_header_and_all_below_it_is_folded(kind: dict[str, str], language: str) -> None:
    answer = ANSWERS.get(language, "Thanks!")
    assert seen(f"{answer}\n\n{kind[language]}\n\nIs it well?\nDesk") == answer


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_line_a_telephone_adds_is_folded(language: str) -> None:
    answer = ANSWERS.get(language, "Thanks!")
    assert seen(f"{answer}\n\n{SENT_FROM[language]}") == answer
    assert seen(f"{answer}\n\n{SENT_FROM[language]}\n\n{TELEPHONE[language]}\n\n> x") == answer


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_answer_below_or_between_leaves_the_quote_open(language: str) -> None:
    below = f"{WEB[language]}\n> Is it well?\n\nIt is."
    assert seen(below) == below
    between = f"{WEB[language]}\n> Is it well?\nIt is.\n> Since when?\nToday."
    assert seen(between) == between


CLOSINGS = {
    "en": "Best regards",
    "fr": "Cordialement",
    "de": "Viele Grüße",
    "da": "Med venlig hilsen",
    "nl": "Met vriendelijke groet",
    "he": "בברכה",
    "pt": "Atenciosamente",
    "es": "Saludos",
    "th": "ขอแสดงความนับถือ",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_farewell_below_the_quote_is_no_answer_to_it(language: str) -> None:
    text = f"It is.\n\n{WEB[language]}\n> Is it well?\n\n{CLOSINGS[language]},\nKim"
    assert seen(text) == f"It is.\n\n{CLOSINGS[language]},\nKim"


def test_what_is_quoted_below_the_last_answer_is_folded() -> None:
    text = f"{WEB['en']}\n> Is it well?\nIt is.\n\n> Thanks.\n>\n> --\n> Desk"
    assert seen(text) == f"{WEB['en']}\n> Is it well?\nIt is."


@pytest.mark.parametrize(
    "answer", ["Thanks, it works.", "Best of all: it works", "Regards to 5 of you", "Cheers.\na\nb\nc\nd"]
)
def test_an_answer_that_begins_like_a_farewell_is_one(answer: str) -> None:
    text = f"Hello\n> Is it well?\n{answer}"
    assert seen(text) == text


@pytest.mark.parametrize("text", ["We need:\n\n- Paper\n- Toner", "Temperature:\n-5 degrees", "one\n-two"])
def test_a_list_is_no_signature(text: str) -> None:
    assert seen(text) == text


def test_a_name_behind_a_dash_is_a_signature() -> None:
    assert seen("It is.\n\n-Kim") == "It is."


def test_a_header_on_one_line_below_a_rule_is_folded_with_it() -> None:
    assert seen("It is.\n* * *\nFrom: s@desk.example Date: Mon, 2 Nov 2026 09:00\nIs it well?") == "It is."
    assert seen("From: A to: B\nis how the form reads") == "From: A to: B\nis how the form reads"
