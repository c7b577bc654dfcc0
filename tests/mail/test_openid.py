"""What a provider's document and its ID token must say to be believed (POR-12)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from helpdeskctl.errors import InvalidInput, Refused
from helpdeskctl.mail import openid
from helpdeskctl.mail.openid import Claims, Client
from tests.servers.openid import CLIENT, SECRET, Provider, by_none, by_public_key, by_stranger, openid_provider

US = Client(CLIENT, "https://help.example.org/login/openid/back", SECRET)
SHE = {"sub": "a-1", "email": "alice@acme.example", "email_verified": True, "name": "Alice Muster", "locale": "de-AT"}


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with openid_provider() as provider:
        yield provider


@pytest.fixture
def provider(running: Provider) -> Provider:
    running.reset()
    running.who = dict(SHE)
    return running


def told(provider: Provider) -> Claims:
    """What we believe of whoever signs in there now."""
    found, tried = openid.discover(provider.issuer), openid.attempt()
    back = dict(parse_qsl(urlsplit(provider.sign_in(openid.sign_in_url(found, US, tried, language="de"))).query))
    assert back["state"] == tried.state
    return openid.claims(found, US, tried, back["code"], now=datetime.now(UTC))


def test_an_honest_token_is_believed(provider: Provider) -> None:
    assert told(provider) == Claims(provider.issuer, "a-1", "alice@acme.example", "Alice Muster", "de")


def test_a_provider_may_want_the_secret_in_the_form(provider: Provider) -> None:
    provider.document = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    with pytest.raises(Refused, match="does not take the code"):  # this one reads it from the header only
        told(provider)
    assert openid.discover(provider.issuer).secret_in_form


@pytest.mark.parametrize("said", [False, None, "true", 1])
def test_an_address_that_is_not_verified_is_none(provider: Provider, said: object) -> None:
    provider.lies = {"email_verified": said}
    assert told(provider).email is None


LIES: dict[str, dict[str, Any]] = {
    "another nonce": {"nonce": "x" * 43},
    "no nonce": {"nonce": None},
    "another audience": {"aud": "another-client"},
    "two audiences, made for the other": {"aud": [CLIENT, "another"], "azp": "another"},
    "two audiences, made for nobody": {"aud": [CLIENT, "another"]},
    "another issuer": {"iss": "https://evil.example/realm"},
    "no issuer": {"iss": None},
    "too old": {"exp": 1_000_000_000},
    "no end": {"exp": None},
    "from the future": {"iat": 9_000_000_000},
    "nobody": {"sub": None},
    "a number": {"sub": 7},
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_token_that_is_not_for_this_attempt_is_refused(provider: Provider, lie: dict[str, Any]) -> None:
    provider.lies = lie
    with pytest.raises(Refused, match="token"):
        told(provider)


@pytest.mark.parametrize("sign", [by_none, by_public_key, by_stranger, lambda claims: "no.token.at-all"])
def test_a_token_that_the_provider_did_not_sign_is_refused(
    provider: Provider, sign: Callable[[dict[str, Any]], str]
) -> None:
    provider.sign = sign
    with pytest.raises(Refused, match="token"):
        told(provider)


DOCUMENTS: tuple[dict[str, Any], ...] = (
    {"issuer": "https://evil.example/realm"},
    {"issuer": None},
    {"token_endpoint": "http://169.254.169.254/latest/meta-data"},
    {"jwks_uri": "file:///etc/passwd"},
    {"token_endpoint": None},
    {"authorization_endpoint": "javascript:alert(1)"},
)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_only_endpoints_of_the_issuer_itself_on_https_are_asked(provider: Provider, document: dict[str, Any]) -> None:
    provider.document = document
    with pytest.raises((Refused, InvalidInput)):
        openid.discover(provider.issuer)
    assert provider.asked == ["/realm/.well-known/openid-configuration"]


def test_a_redirect_is_not_followed(provider: Provider) -> None:
    provider.moved = f"{provider.issuer}/keys"
    with pytest.raises(Refused, match="elsewhere"):
        openid.discover(provider.issuer)
    assert provider.asked == ["/realm/.well-known/openid-configuration"]


def test_claims_that_only_the_userinfo_page_tells_are_taken_for_the_same_subject_alone(provider: Provider) -> None:
    provider.lies = {"email": None, "email_verified": None}
    provider.userinfo = {"sub": "somebody-else", "email": "alice@acme.example", "email_verified": True}
    assert told(provider).email is None
    provider.userinfo["sub"] = "a-1"
    assert told(provider).email == "alice@acme.example"
