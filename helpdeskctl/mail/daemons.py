"""What mail servers call themselves and write when a mail comes back, in the languages they speak.

Every pattern is searched in one header field or in the beginning of a text; none repeats inside a repeat.
"""

from __future__ import annotations

import re

MTA = re.compile(
    r"\bmailer[-_. ]?daemon\b|\bmail[-_. ]?daemon\b|mail[-_. ]?delivery[-_. ](?:sub)?system|internet mail delivery",
    re.IGNORECASE,
)
"""In From: a mail server, and nobody else."""

MTA_ADDRESS = re.compile(r"mailer[-_.]?daemon(?:@|$)", re.IGNORECASE)
"""In From: an address from which nothing comes but reports (RFC 5321 section 4.5.5 in practice)."""

ROLE = re.compile(
    r"\bpost[-_. ]?master\b|mail administrator|mail deliver|^\W*bounces?@|antispam|mdaemon|system administrator"
    r"|symantec_.*@|\badministrator@|microsoft (?:exchange|outlook)|mail[-_. ]service|systemadministrator"
    r"|administrateur système|administrador del sistema|administrador do sistema|systeembeheerder"
    r"|מנהל המערכת|ผู้ดูแลระบบ",
    re.IGNORECASE,
)
"""In From: a name that servers use, and sometimes the person who looks after them."""

# As the servers write them at the beginning of the subject, word for word.
REPORT_SUBJECT = re.compile(
    r"(?:\[postmaster\] )?(?:"
    r"undeliver(?:able|ed)\b(?: mail| message)?|failure notice|returned mail\b|returning message to sender"
    r"|(?:mail )?delivery (?:status notification|failure|failed|has failed|report|unsuccessful)"
    r"|mail (?:delivery (?:failed|failure|system)|system error|error\b|could not be delivered)"
    r"|message (?:delivery (?:has failed|failure)|could not be delivered|undeliverable)|non[- ]?delivery|ndn:"
    r"|warning: (?:message|could not)|delayed mail|email delivery failure|rejected mail"
    # German, French, Spanish
    r"|unzustellbar|nicht zustellbar|zustellung (?:fehlgeschlagen|nicht möglich)|benachrichtigung zum \w*status"
    r"|mailzustellung|non remis|non distribu|échec de (?:la )?(?:remise|distribution)|notification d.état de remise"
    r"|courrier non remis|no se (?:puede|pudo|ha podido) entregar|no entregado|mensaje no entregado"
    r"|notificación de estado de (?:la )?entrega|error de entrega"
    # Portuguese, Dutch, Danish
    r"|não (?:foi )?entregue|não é possível entregar|não foi possível entregar|falha na entrega"
    r"|notificação de (?:status|estado) d[ea] entrega|onbestelbaar|niet bezorgd|niet afgeleverd|bezorging mislukt"
    r"|bezorgstatus|kan ikke leveres|kunne ikke leveres|ikke leveret|levering mislykke|besked om leveringsstatus"
    # Hebrew, Thai, Japanese, Russian
    r"|לא נמסר|לא ניתן (?:למסירה|למסור)|הודעת מצב מסירה|כשל במסירה"
    r"|ส่งไม่ได้|ไม่สามารถส่ง|ไม่สามารถนำส่ง|การส่งล้มเหลว|การแจ้งสถานะการส่ง"
    r"|メールエラー|メッセージを配信できません|配信不能|ваше сообщение не доставлено|недоставленное"
    r")",
    re.IGNORECASE,
)

SUBJECT = re.compile(
    r"undeliver|unzustellbar|delivery[- ](?:status|failure|has failed|report|problem|error|notification|unsuccessful)"
    r"|mail delivery|(?:mail|message) (?:could not be|not|system) deliver|mail system error"
    r"|returned mail|returned to sender"
    r"|failure notice|failed (?:mail|delivery)|non[- ]?deliver|(?:mail|delivery) (?:failed|failure|fail)"
    r"|rejected mail|could not (?:send|be delivered)|cannot (?:send|be delivered)|not delivered|can't be delivered"
    r"|mail error|warning: (?:could not|message)|user unknown|permanent failure|address not found|message status"
    r"|message delivery|message you sent|bounced mail|email error|mailbox (?:is )?full|quota"
    r"|no se pudo entregar|non remis|non distribu|não (?:foi )?entregue|niet bezorgd|kunne ikke leveres|mislukt"
    r"|配信|エラー|不達|送信できません",
    re.IGNORECASE,
)
"""Words of that trade anywhere in a subject."""

ERROR = re.compile(
    r"\b5\d\d[ -]#?\d\.\d{1,3}\.\d{1,3}|\b[45]\d\d[ -][A-Z<]|\(?#[45]\.\d\.\d{1,3}|\b[45]\.[0-7]\.\d{1,3}\b"
    r"|user (?:unknown|not found)|mailbox (?:full|unavailable|not found|is full|.{0,40}over quota)|no such user"
    r"|(?:unknown|not a valid|invalid) (?:user|recipient|address|local part)"
    r"|(?:could not|cannot) be delivered|was undeliverable|delivery .{0,40}failed|(?:un)?able to deliver|not delivered"
    r"|does(?: not|n't) exist|quota|permanent (?:fatal )?error|unrouteable|is not (?:listed|known)|rejected"
    r"|host unknown|returned to (?:you|sender)|being returned|unable to relay|disabled|discontinued|not accepting",
    re.IGNORECASE,
)
"""What a server says of a mail it refused, also where a person only tells of it."""

SERVER_TEXT = re.compile(
    r"original message (?:follows|headers?)|returned message|copy of (?:the|your) (?:original )?message"
    r"|transcript of session|failed recipients|failure reasons|(?:message|delivery) status notification is sent"
    r"|your (?:e-?mail |original )?(?:message|e-?mail|delivery|mail sent on)\b[^.?!]{0,160}?"
    r"(?:could not be|couldn.t be|was not|has not been|did not reach|has encountered|cannot be|has been failed)"
    r"|did not reach the following|delivery (?:to|of (?:the )?(?:e-?mail|message)s? to) (?:the |this )"
    r"|delivery (?:has )?failed (?:to|for) |delivery failed \d+ attempts"
    r"|unable to deliver (?:the |your )?(?:e-?mail |message )?(?:to|because)|following recipients?\b"
    r"|requested action not taken|unknown user: |invalid final delivery userid|rcpt to:|final-recipient:"
    r"|automatically (?:generated|created) (?:delivery|by mail|message)|automated (?:alert|delivery)",
    re.IGNORECASE,
)
"""Turns of phrase of which a report is made; looked for where it begins."""

ANSWERED = re.compile(
    r"(?:re|aw|antw|sv|vs|rv|res|odp|r|fwd?|wg|tr|enc|doorst|השב|תגובה|הועבר|ตอบกลับ|ตอบ|ส่งต่อ)\s?(?:\[\d+\])?\s?[:：]",
    re.IGNORECASE,
)
"""The subject of an answer or of a mail passed on."""

GOODS = re.compile(
    r"\b(?:parcel|package|shipment|shipping|order|courier|paket|sendung|lieferung|bestellung|colis|commande|livraison"
    r"|pakke|forsendelse|ordre|pakket|zending|bestelling|paquete|pedido|envío|encomenda|entrega do pedido)\b"
    r"|חבילה|משלוח|הזמנה|พัสดุ|คำสั่งซื้อ",
    re.IGNORECASE,
)
"""What else is delivered in this world."""
