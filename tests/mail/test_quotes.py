from __future__ import annotations

from textwrap import dedent

import pytest

from helpdeskctl.mail.incoming import Fold
from helpdeskctl.mail.quotes import folds
from helpdeskctl.mail.text import visible


def seen(text: str) -> str:
    text = dedent(text).strip("\n")
    return visible(text, folds(text))


@pytest.mark.parametrize(
    "attribution",
    [
        "On Mon, 2 Nov 2026 at 09:00, Support <support@desk.example> wrote:",
        "On Mon, 2 Nov 2026 at 09:00, Support <\nsupport@desk.example> wrote:",
        "Am 02.11.2026 um 09:00 schrieb Support:",
        "Support <support@desk.example> schrieb am Mo., 2. Nov. 2026\num 09:00 Uhr:",
        "Le lun. 2 nov. 2026 à 09:00, Support\n<support@desk.example>\na écrit :",
        "El lun, 2 nov 2026 a las 9:00, Support (<s@desk.example>) escribió:",
        "Il giorno lun 2 nov 2026 alle ore 09:00 Support <s@desk.example> ha scritto:",
        "Em seg., 2 de nov. de 2026 às 09:00, Support <s@desk.example> escreveu:",
        "Op ma 2 nov. 2026 om 09:00 schreef Support <s@desk.example>:",
        "W dniu 2.11.2026 o 09:00, Support pisze:",
        "Den mån 2 nov. 2026 kl 09:00 skrev Support <s@desk.example>:",
        "2 нояб. 2026 г., в 9:00, Support <s@desk.example> написал(а):",
        "2026-11-02 9:00 GMT+01:00 Support <s@desk.example>:",
        "---- On Mon, 02 Nov 2026 09:00:00 +0100 Support wrote ----",
    ],
)
def test_an_attribution_and_what_it_quotes_are_folded(attribution: str) -> None:
    assert (
        visible(f"Thanks!\n\n{attribution}\n\n> old\n> text", folds(f"Thanks!\n\n{attribution}\n\n> old\n> text"))
        == "Thanks!"
    )


@pytest.mark.parametrize(
    "header",
    [
        "From: Support <s@desk.example>\nSent: Monday\nTo: Alice\nSubject: Printer",
        "________________________________\nVon: Support\nGesendet: Montag\nAn: Alice\nBetreff: Drucker",
        "De : Support\nEnvoyé : lundi\nÀ : Alice\nObjet : Imprimante",
        "*Van:* Support\n*Verzonden:* maandag\n*Aan:* Alice",
        "发件人: Support\n发送时间: 2026年11月2日\n收件人: Alice",
        "-----Original Message-----\nfrom somebody",
        "-----Ursprüngliche Nachricht-----\nx",
        "---------- Forwarded message ---------\nx",
        "Begin forwarded message:\nx",
    ],
)
def test_a_quoted_header_folds_all_that_follows(header: str) -> None:
    text = f"It works.\n\n{header}\n\nHello Alice,"
    assert folds(text)[-1] == Fold("quote", 2, text.count("\n"))
    assert visible(text, folds(text)) == "It works."


def test_folds_name_lines_and_cut_nothing() -> None:
    text = "Hi\n-- \nAlice\n\nOn 1.1.2026, Bob wrote:\n> x"
    assert folds(text) == (Fold("signature", 1, 2), Fold("quote", 4, 5))
    assert visible(text, ()) == text
    assert visible(text, folds(text)) == "Hi"


def test_quotes_stay_open_when_the_author_wrote_below_them() -> None:
    assert (
        seen("On 1.1.2026, Bob wrote:\n> Is it broken?\n\nYes.") == "On 1.1.2026, Bob wrote:\n> Is it broken?\n\nYes."
    )


def test_quotes_stay_open_when_the_author_wrote_between_them_but_the_signature_is_folded() -> None:
    text = "On 1.1.2026, Bob wrote:\n> Broken?\nYes.\n> Since when?\nToday.\n-- \nAlice"
    assert folds(text) == (Fold("signature", 5, 6),)


def test_a_signature_below_the_quote_is_no_answer() -> None:
    assert seen("Thanks\n\nOn 1.1.2026, Bob wrote:\n> x\n\n-- \nAlice") == "Thanks"


@pytest.mark.parametrize(
    "text",
    [
        "On your remote host you can run:\n\n  telnet 127.0.0.1",
        "I wrote to bob@example.com yesterday.",
        "As I wrote in 2015: nothing works.",
        "From: here to there",
        "This is not a ---------- delimiter.",
        "> only a quote",
        "-- \nonly a signature",
        "Sent from my desk, it is easier than my phone.",
        "Note: see below\nStep 1: do it\nStep 2: look",
        "",
    ],
)
def test_what_only_looks_like_a_quote_stays(text: str) -> None:
    assert seen(text) == text.strip()


@pytest.mark.parametrize(
    "line",
    [
        "Sent from my iPhone",
        "Von meinem iPhone gesendet",
        "Envoyé de mon iPhone",
        "Get Outlook for iOS",
        "发自我的iPhone",
    ],
)
def test_the_line_a_phone_adds_is_signature(line: str) -> None:
    assert seen(f"Done.\n\n{line}") == "Done."


def test_a_quoted_line_that_lost_its_mark_in_wrapping_belongs_to_the_quote() -> None:
    assert seen("Blah\n\nOn 24.9.2026 at 3:46 PM, bob wrote:\n\n> see (http://x.example/a\n_nonce=3dd)\n>") == "Blah"
