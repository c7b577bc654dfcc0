"""Signing in to an SMTP server by token: the mechanism, its words, and a refusal."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from helpdeskctl.errors import InvalidInput, NotPermitted, Refused
from helpdeskctl.mail import sasl, send
from tests.servers.certificates import Certificates
from tests.servers.oauth import OAuthServer
from tests.servers.oauth_mail import BearerSink

USER = "desk=a,b@example.org"


@pytest.fixture
def sink(certificates: Certificates, oauth: OAuthServer) -> Iterator[BearerSink]:
    sink = BearerSink(certificates, oauth)
    yield sink
    sink.stop()


def login(sink: BearerSink, bearer: sasl.Bearer) -> send.Login:
    return send.Login(f"smtp://{quote(USER, safe='')}@localhost:{sink.port}", None, str(sink.ca_file), bearer)


def test_oauthbearer_is_preferred_and_carries_any_user(sink: BearerSink, oauth: OAuthServer) -> None:
    oauth.user = USER
    token = oauth._tokens("family")["access_token"]
    with send.connected(login(sink, lambda _refused: token)) as sender:
        assert sender.may_send_as("desk@example.org").state == "sent"
    assert sink.logins == [USER]


def test_a_refusal_is_answered_as_the_standard_says_and_tried_with_another_token_once(sink: BearerSink) -> None:
    asked: list[str | None] = []

    def bearer(refused: str | None) -> str:
        asked.append(refused)
        return f"canary-{len(asked)}"

    with pytest.raises(NotPermitted, match=r"5\.7\.3") as told, send.connected(login(sink, bearer)):
        raise AssertionError
    assert asked == [None, "canary-1"] and sink.refused == ["canary-1", "canary-2"]
    assert "canary" not in str(told.value)


@pytest.mark.parametrize("said", ["no canary-token for you", "no canary-token\r\n"])
def test_a_server_that_repeats_the_token_is_not_quoted(said: str) -> None:
    assert "canary" not in sasl.without(said, None, "canary-token")


def test_what_cannot_be_said_is_told() -> None:
    with pytest.raises(Refused, match="neither OAUTHBEARER nor XOAUTH2"):
        sasl.exchange(["PLAIN"], user="a", token="t", host="h", port=1)
    with pytest.raises(InvalidInput, match="beyond ASCII"):
        sasl.exchange(["XOAUTH2"], user="ä", token="t", host="h", port=1)
    assert "t0ken" not in repr(sasl.exchange(["XOAUTH2"], user="a", token="t0ken", host="h", port=1))
    assert "t0ken" not in repr(sasl.Tokens("t0ken", "t0ken")) + repr(send.Login("smtp://h", "t0ken"))
