"""What programs write that answer for somebody who is away, in the nine languages of the product."""

from __future__ import annotations

import re

SUBJECT = re.compile(
    r"(?:(?:\[?auto(?:matic|mated)?[-_: ]?\s?(?:re(?:ply|spon[sd]\w*)|answer|notification)|auto:|\[auto)"
    r"|(?:i am |i.m |.{1,60} is )?(?:currently )?out of (?:the )?office|ooo\b"
    r"|on (?:vacation|holidays?|leave|parental leave)\b|away from|away until|vacation (?:reply|notice|message)"
    # German, French
    r"|automati(?:sche|c) (?:antwort|rückantwort)|auto(?:matische)?[- ]?antwort|abwesenheit|nicht im (?:büro|haus)"
    r"|abwesend|im urlaub|urlaub"
    r"|réponse (?:automatique|auto)|absen(?:t|ce) du bureau|absence|je suis absent|en congés?\b|hors du bureau"
    # Danish, Dutch
    r"|auto(?:matisk)?[- ]?svar|fravær\w*|ikke (?:på kontoret|til stede)|på ferie|ferie\b"
    r"|automatisch (?:antwoord|bericht)|afwezig(?:heid\w*)?|niet (?:aanwezig|op kantoor)|met vakantie|op vakantie"
    # Spanish, Portuguese
    r"|(?:respuesta|contestación) automática|fuera de (?:la )?oficina|ausen(?:te|cia)|de vacaciones|en vacaciones"
    r"|resposta autom[áa]tica|fora d[oe] escrit[óo]rio|ausência|de f[ée]rias|em f[ée]rias"
    # Hebrew, Thai
    r"|מענה אוטומטי|תשובה אוטומטית|תגובה אוטומטית|הודעה אוטומטית|מחוץ למשרד|לא במשרד|בחופשה"
    r"|(?:การ)?ตอบกลับอัตโนมัติ|ข้อความอัตโนมัติ|ไม่อยู่(?:ที่)?(?:สำนักงาน|ออฟฟิศ)|ลาพักร้อน|ลาพัก)",
    re.IGNORECASE,
)
"""How such a subject begins. People write some of these too: a second sign is needed."""

TEXT = re.compile(
    r"\bauto(?:matic|mated|matically generated)?[- ]?(?:re(?:ply|sponse)|notification to confirm)\b"
    r"|\b(?:automated|automatic|automatically generated) (?:e-?mail )?(?:response|reply|message|answer)\b"
    r"|automati(?:sch|c) (?:generierte|erzeugte|erstellte|verschickte)|\bautomatische (?:antwort|nachricht|e-?mail)"
    r"|(?:réponse|message|courriel|e-?mail) automatique|automatisk (?:svar|besked|genereret|mail)|\bautosvar\b"
    r"|automatisch (?:antwoord|bericht|gegenereerd|verstuurd)"
    r"|(?:respuesta|contestación) automática|mensaje automático|correo automático"
    r"|resposta automática|mensagem automática|e-?mail automático"
    r"|(?:הודעה|תשובה|תגובה) אוטומטית|מענה אוטומטי|(?:ตอบกลับ|ข้อความ)(?:โดย)?อัตโนมัติ",
    re.IGNORECASE,
)
"""A text that says of itself that a program wrote it."""

CHALLENGE = re.compile(
    r"address\s+added\s+to\s+(?:the\s+recipient|my|his|her|their)\S{0,4}\s+(?:allowed|approved|white|guest|safe)"
    r"|(?:listed|added)\s+(?:on|to)\s+my\s+\w{1,20}\s+guest\s+list",
    re.IGNORECASE,
)
"""A text that asks the writer to prove that they are a person."""


def says_so(subject: str) -> bool:
    """Whether a subject reads like that of an automatic answer."""
    return SUBJECT.match(subject) is not None
