"""What mail programs write around quotes and below replies, in the languages they speak."""

from __future__ import annotations

import re

# The verb stands last: `On 1 May 2026, Alice wrote:`.
_VERBS_LAST = (
    *("wrote", "writes", "a écrit", "escribió", "ha escrito", "va escriure", "escreveu", "ha scritto", "a scris"),
    *("schrieb", "schreef", "geschreven", "skrev", "kirjoitti", "yazdı", "írta", "έγραψε"),
    *("napisał", "napisała", "napisał(a)", "napsal", "napsala", "napsal(a)", "написал", "написала", "написав"),
    *("писал", "писала", "писали", "пишет", "пише", "写道", "寫道", "書きました", "작성"),
    *("כתב", "כתבה", "כתב/ה", "เขียน", "เขียนว่า"),
)
_VERB_LAST = "|".join(map(re.escape, _VERBS_LAST))
# The name follows the verb: `Am 1. Mai 2026 schrieb Alice:`.
_VERB_INSIDE = r"schrieb|skrev|schreef|pisze|napisał(?:a|\(a\))?|пишет|пише|написал|מאת"
_MOMENT = r"\d{1,4}[./-]\d{1,2}|\d{1,2}[:.h]\d{2}|\b(?:19|20)\d\d\b|\d月"
_ADDRESS = r"<?\s*(?:mailto:)?[^\s<>@]{1,80}@[^\s<>]{1,100}>?"

MOMENT = re.compile(_MOMENT)
ATTRIBUTION_ENDS = (":", "：", ">", "-", *_VERBS_LAST)
_ATTRIBUTION = (
    rf"(?=.*(?:{_MOMENT}|@)).{{4,}}?\b(?:{_VERB_LAST})\s?[:：]"
    rf"|(?=.*(?:{_MOMENT}|@))\S.*\b(?:{_VERB_INSIDE})\b.*[:：]"
    rf"|(?=.*(?:{_MOMENT})).*{_ADDRESS},? (?:{_VERB_LAST})"
    rf"|-{{2,}}.{{3,}}\b(?:wrote|schrieb)\s?-{{2,}}"
    rf"|\d{{4}}[-/]\d\d?[-/]\d\d?,? .*{_ADDRESS}\s*[:：]?"
    rf"|\d{{4}}[-/]\d\d?[-/]\d\d? \d\d?:\d\d GMT[+-]\d\d?:\d\d .{{2,80}}"
)
ATTRIBUTION = re.compile(rf"(?:> ?)?(?:{_ATTRIBUTION})", re.IGNORECASE)
# With quote marks below it, any line with a date or an address that ends in a colon says who wrote them.
ATTRIBUTION_ABOVE_MARKS = re.compile(
    rf"(?:> ?)?(?:{_ATTRIBUTION}|(?=.*(?:{_MOMENT})).*{_ADDRESS}\s*[:：])", re.IGNORECASE
)
SEPARATOR = re.compile(
    r"[> ]*(?:"
    r"-{2,} ?(?:original|ursprüngliche|weitergeleitete|mensaje|mensagem|message|messaggio|oorspronkelijk|oprindelig"
    r"|ursprungligt|forwarded|doorgestuurd|wiadomość|исходное|пересылаемое|原始邮件|转发|元の)\b.{0,40}?-{2,}"
    r"|-{5,} ?\w.{1,40}? ?-{5,}"
    r"|(?:begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-?mail)|début du message réexpédié"
    r"|inizio messaggio inoltrato|inicio del mensaje reenviado|begin doorgestuurd bericht):"
    r")\s*",
    re.IGNORECASE,
)
HEADER = re.compile(
    r"[>\s*]*(?:"
    r"(?P<sender>from|von|de|da|van|från|fra|od|lähettäjä|от|от кого|מאת|จาก|від|发件人|寄件者|差出人|보낸 사람|kimden)"
    r"|(?P<date>date|sent|datum|gesendet|envoyé(?: le)?|enviado(?: el)?|enviada em|fecha|data|inviato|verzonden"
    r"|skickat|sendt|dato|wysłano|отправлено|дата|发送时间|日期|送信日時|보낸 날짜|tarih|נשלח|תאריך|ส่ง(?:เมื่อ)?|วันที่)"
    r"|(?P<recipient>to|an|à|para|a|per|aan|till|til|do|кому|收件人|宛先|받는 사람|kime|אל|ถึง)"
    r"|(?P<subject>subject|betreff|objet|asunto|assunto|oggetto|onderwerp|ämne|emne|temat|тема|主题|主旨|件名|제목|konu|נושא|(?:ชื่อ)?เรื่อง)"
    r"|(?P<copy>cc|kopie|copie|copia|cópia|kopi|reply-to|antwort an|עותק|สำเนา)"
    r")\s?\*?\s?[:：]",
    re.IGNORECASE,
)
SECOND_FIELD = re.compile(
    r"\s(?:date|sent|to|subject|datum|gesendet|an|betreff|envoyé|objet|à|enviado|fecha|data|para|asunto|assunto"
    r"|verzonden|aan|onderwerp|sendt|til|emne|נשלח|נושא|ส่ง|เรื่อง)\s?:",
    re.IGNORECASE,
)
"""A field behind another one on its line."""
CLOSING = re.compile(
    r"\W{0,3}(?:(?:best|kind|warm(?:est)?|many) (?:regards|wishes)|regards|cheers|sincerely|yours|best"
    r"|(?:mit )?(?:freundliche|viele|beste|liebe|schöne|herzliche)n? grüßen?|gr(?:uß|üße)|mfg|lg"
    r"|cordialement|bien à vous|salutations|cdlt|med? venlig hilsen|(?:venlig |mange |bedste )?hilsen|mvh|hilsner"
    r"|met vriendelijke groet|(?:vriendelijke )?groet(?:en|jes)?|mvg|בברכה|בכבוד רב"
    r"|(?:com os melhores )?cumprimentos|atenciosamente|abraços?|(?:un )?(?:cordial )?saludos?|atentamente"
    r"|ด้วยความเคารพ|ขอแสดงความนับถือ)"
    r"[,.!]{0,3}(?:\s[^\W\d_][\w.'’-]{0,30}){0,3}",
    re.IGNORECASE,
)
"""How people take leave at the end of a mail."""
SENT_FROM = re.compile(
    r"\W*(?:sent (?:from|via|with|using) \w|get outlook for|von meinem .{2,40} gesendet|télécharger outlook"
    r"|gesendet (?:von|mit|über) |diese nachricht wurde von meinem|envoyé (?:de|depuis|à partir d)"
    r"|enviado (?:desde|do|a partir d)|enviada do|inviato da|verzonden (?:vanaf|met|via)|verstuurd vanaf|sendt fra"
    r"|skickat från|wysłane z|отправлено (?:с|из)|надіслано з|發自|发自我的|iphoneから|나의 |נשלח (?:מ|באמצעות)"
    r"|ส่ง(?:มา)?จาก)[^,;!?]{0,70}",
    re.IGNORECASE,
)
