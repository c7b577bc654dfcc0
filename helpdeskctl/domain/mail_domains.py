"""Whose mail a domain carries: everybody's, or a company's (MAIL-13, BOX-4)."""

from __future__ import annotations

import re

_FREE_MAIL = """
126.com 163.com aim.com alice.it aol.com aol.de arcor.de att.net bigpond.com bk.ru bluewin.ch bol.com.br
btinternet.com centurylink.net comcast.net cox.net duck.com earthlink.net email.cz fastmail.com fastmail.fm
free.fr freemail.hu freenet.de gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net googlemail.com hetnet.nl home.nl
hotmail.be hotmail.co.uk hotmail.com hotmail.de hotmail.es hotmail.fr hotmail.it hushmail.com icloud.com
inbox.lv inbox.ru interia.pl juno.com kabelmail.de kpnmail.nl laposte.net libero.it list.ru live.com live.de
live.fr live.nl mac.com mail.com mail.de mail.ru mailbox.org me.com msn.com naver.com neuf.fr o2.pl
o2online.de online.de online.no onet.pl optonline.net orange.fr outlook.com outlook.de outlook.es outlook.fr
pm.me posteo.de posteo.net proton.me protonmail.com qq.com rambler.ru rediffmail.com rocketmail.com sapo.pt
sbcglobal.net seznam.cz sfr.fr shaw.ca sky.com skynet.be sympatico.ca t-online.de telenet.be terra.com.br
tin.it tiscali.it tuta.com tuta.io tutanota.com uol.com.br verizon.net virgilio.it virginmedia.com vodafone.de
wanadoo.fr web.de wp.pl xs4all.nl yahoo.ca yahoo.co.in yahoo.co.jp yahoo.co.uk yahoo.com yahoo.com.br yahoo.de
yahoo.es yahoo.fr yahoo.it yandex.com yandex.ru ymail.com zeelandnet.nl ziggo.nl zoho.com
"""
FREE_MAIL = frozenset(_FREE_MAIL.split())
"""Domains where anybody can have an address. No company can claim them."""

_OF_A_PERSON = re.compile(r"[^\W\d_]{2,}\.[^\W\d_]{2,}")


def is_free(domain: str) -> bool:
    """Whether anybody can have an address there."""
    return domain.casefold() in FREE_MAIL


def looks_private(address: str) -> bool:
    """Whether an address looks like one person's own mailbox: `first.last@`, or at a free-mail provider."""
    local, _, domain = address.rpartition("@")
    return is_free(domain) or _OF_A_PERSON.fullmatch(local) is not None
