"""Tokens from a real authorization server: by device, browser, refresh and client credentials, and what goes wrong."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest

from helpdeskctl.errors import InvalidInput, NotFound, NotPermitted, Refused, TryAgain
from helpdeskctl.mail import oauth as tokens
from helpdeskctl.mail import oauth_browser, oauth_http, oauth_providers
from helpdeskctl.mail.oauth import Client
from helpdeskctl.mail.oauth_providers import Provider
from tests.servers.certificates import Certificates
from tests.servers.oauth import CLIENT, SECRET, OAuthServer, oauth_server

APP = Client(CLIENT)


@pytest.fixture
def provider(oauth: OAuthServer) -> Provider:
    return oauth_providers.named(oauth.base)


@pytest.fixture(scope="session")
def tls_oauth(certificates: Certificates) -> Iterator[OAuthServer]:
    with oauth_server(certificates.good) as server:
        yield server


def signed_in(provider: Provider) -> tokens.Tokens:
    device = tokens.device_code(provider, APP, "mail")
    return tokens.wait_for_device(provider, APP, device, wait=lambda _seconds: None)


class TestADeviceCode:
    def test_is_asked_about_until_the_person_has_signed_in(self, oauth: OAuthServer, provider: Provider) -> None:
        oauth.behaviour.pending = ["authorization_pending", "slow_down", "authorization_pending"]
        waits: list[float] = []
        device = tokens.device_code(provider, APP, "mail offline_access")
        assert (device.user_code, device.url) == ("WXYZ-1234", f"{oauth.base}/activate")
        given = tokens.wait_for_device(provider, APP, device, wait=waits.append)
        assert oauth.is_good(given.access) and given.refresh
        assert waits == [0.2, 0.2, 5.2, 5.2]  # slow_down adds five seconds, for good

    def test_an_interval_of_nothing_does_not_have_the_server_asked_for_ever(
        self, oauth: OAuthServer, provider: Provider
    ) -> None:
        device = replace(tokens.device_code(provider, APP, "mail"), expires=2)
        oauth.behaviour.pending = ["authorization_pending"] * 100
        waits: list[float] = []
        with pytest.raises(TryAgain, match="before the code expired"):
            tokens.wait_for_device(provider, APP, device, wait=waits.append)
        assert len(waits) <= 11

    def test_a_server_that_is_away_is_asked_less_often_and_not_given_up(
        self, oauth: OAuthServer, provider: Provider
    ) -> None:
        device = tokens.DeviceCode("x", "y", "https://z", expires=100, interval=2)
        oauth.behaviour.down = 503
        waits: list[float] = []
        with pytest.raises(TryAgain, match="before the code expired"):
            tokens.wait_for_device(provider, APP, device, wait=waits.append)
        assert waits[:4] == [2, 4, 8, 16] and sum(waits) == 100

    @pytest.mark.parametrize(
        ("error", "kind", "words"),
        [
            ("expired_token", TryAgain, "before the code expired"),
            ("access_denied", NotPermitted, "declined"),
            ("authorization_declined", NotPermitted, "declined"),
        ],
    )
    def test_ends_when_it_expired_or_the_person_said_no(
        self, oauth: OAuthServer, provider: Provider, error: str, kind: type[Exception], words: str
    ) -> None:
        oauth.behaviour.pending = [error]
        with pytest.raises(kind, match=words):
            signed_in(provider)


class TestTokens:
    def test_are_renewed_and_the_old_one_is_worth_nothing(self, oauth: OAuthServer, provider: Provider) -> None:
        first = signed_in(provider)
        second = tokens.refreshed(provider.token_url, APP, first.refresh or "", "mail")
        assert oauth.is_good(second.access) and second.refresh not in (None, first.refresh)
        with pytest.raises(NotPermitted, match="invalid_grant") as died:
            tokens.refreshed(provider.token_url, APP, first.refresh or "", "mail")
        assert "mailbox login ADDRESS" in (died.value.hint or "")
        assert first.refresh not in str(died.value)  # though the server repeats it

    def test_of_an_application_alone_need_its_secret(self, oauth: OAuthServer, provider: Provider) -> None:
        good = tokens.by_app(provider.token_url, Client(CLIENT, SECRET), "mail")
        assert oauth.is_good(good.access) and good.refresh is None
        with pytest.raises(NotPermitted, match="its id or secret is wrong or has ended") as wrong:
            tokens.by_app(provider.token_url, Client(CLIENT, "canary-wrong"), "mail")
        assert "canary" not in f"{wrong.value} {wrong.value.hint}"

    def test_a_provider_that_wants_the_secret_in_a_header_gets_it_there(
        self, oauth: OAuthServer, provider: Provider
    ) -> None:
        oauth.behaviour.basic_only = True
        assert tokens.by_app(provider.token_url, Client(CLIENT, SECRET), "mail").access

    @pytest.mark.parametrize("status", [429, 500, 503])
    def test_an_outage_is_no_refusal(self, oauth: OAuthServer, provider: Provider, status: int) -> None:
        oauth.behaviour.down = status
        with pytest.raises(TryAgain, match=f"HTTP {status}"):
            tokens.by_app(provider.token_url, Client(CLIENT, SECRET), "mail")
        oauth.behaviour.down, oauth.behaviour.error = None, "temporarily_unavailable"
        with pytest.raises(TryAgain):
            tokens.by_app(provider.token_url, Client(CLIENT, SECRET), "mail")

    def test_a_token_that_could_end_a_line_is_none(self, oauth: OAuthServer, monkeypatch: pytest.MonkeyPatch) -> None:
        answer = {"access_token": "good\r\nA1 DELETE INBOX", "expires_in": 60}
        monkeypatch.setattr("helpdeskctl.mail.oauth.ask", lambda *_args, **_more: (200, answer))
        with pytest.raises(TryAgain, match="without a token"):
            tokens.by_app(f"{oauth.base}/token", APP, "mail")


class TestTheBrowser:
    def test_comes_back_with_a_code_that_pkce_and_state_bind_to_this_sign_in(
        self, oauth: OAuthServer, provider: Provider
    ) -> None:
        with oauth_browser.Listener() as listener:
            here = listener.redirect_uri
            wanted = oauth_browser.request(provider, APP, "mail", redirect_uri=here, user="a@b.example")
            asked = dict(parse_qsl(urlsplit(wanted.url).query))
            assert asked["code_challenge_method"] == "S256" and asked["login_hint"] == "a@b.example"
            assert wanted.verifier not in wanted.url
            visitor = threading.Thread(target=lambda: urllib.request.urlopen(wanted.url, timeout=10).read())
            visitor.start()
            code = listener.code(wanted, patience=10)
            visitor.join(10)
        given = {"code": code, "redirect_uri": wanted.redirect_uri}
        with pytest.raises(NotPermitted, match="invalid_grant"):
            tokens.by_code(provider.token_url, APP, verifier="stolen", **given)
        oauth._codes[code] = asked
        assert tokens.by_code(provider.token_url, APP, verifier=wanted.verifier, **given).refresh

    def test_what_answers_another_sign_in_is_turned_away_and_the_right_one_still_counts(
        self, provider: Provider
    ) -> None:
        with oauth_browser.Listener() as listener:
            wanted = oauth_browser.request(provider, APP, "mail", redirect_uri=listener.redirect_uri)
            statuses: list[int] = []

            def visit() -> None:
                for query in ("", "?code=evil&state=guessed", "?error=access_denied", f"?code=ok&state={wanted.state}"):
                    try:
                        with urllib.request.urlopen(f"{listener.redirect_uri}/{query}", timeout=10) as page:
                            statuses.append(page.status)
                    except urllib.error.HTTPError as no:
                        statuses.append(no.code)
                        no.close()

            visitor = threading.Thread(target=visit)
            visitor.start()
            assert listener.code(wanted, patience=10) == "ok"
            visitor.join(10)
        assert statuses == [404, 400, 400, 200]

    def test_a_person_who_says_no_ends_it(self, oauth: OAuthServer, provider: Provider) -> None:
        oauth.behaviour.error = "access_denied"
        with oauth_browser.Listener() as listener:
            wanted = oauth_browser.request(provider, APP, "mail", redirect_uri=listener.redirect_uri)
            visitor = threading.Thread(target=lambda: urllib.request.urlopen(wanted.url, timeout=10).read())
            visitor.start()
            with pytest.raises(NotPermitted, match="declined"):
                listener.code(wanted, patience=10)
            visitor.join(10)

    def test_only_this_machine_is_listened_to_and_not_for_ever(self, provider: Provider) -> None:
        with oauth_browser.Listener() as listener:
            assert listener._socket.getsockname()[0] == "127.0.0.1"
            wanted = oauth_browser.request(provider, APP, "mail", redirect_uri=listener.redirect_uri)
            with pytest.raises(TryAgain, match="in time"):
                listener.code(wanted, patience=0.05)
            with pytest.raises(TryAgain, match="cannot be used"):
                oauth_browser.Listener(port=listener.port)


class TestProviders:
    def test_microsoft_asks_for_what_the_mailbox_does(self) -> None:
        microsoft = oauth_providers.named("microsoft", tenant="example.org")
        assert microsoft.token_url == "https://login.microsoftonline.com/example.org/oauth2/v2.0/token"
        assert oauth_providers.tenant_of(microsoft.token_url) == "example.org"
        outlook = "https://outlook.office.com"
        assert microsoft.scope(receives=True, sends=True) == (
            f"{outlook}/IMAP.AccessAsUser.All {outlook}/SMTP.Send offline_access"
        )
        assert microsoft.scope(receives=False, sends=True) == f"{outlook}/SMTP.Send offline_access"
        assert microsoft.here == "localhost"

    def test_google_grants_mail_to_browsers_alone(self) -> None:
        google = oauth_providers.named("google")
        assert google.device_url is None
        assert google.scope(receives=True, sends=True) == "https://mail.google.com/"
        request = oauth_browser.request(google, APP, "mail", redirect_uri="http://127.0.0.1:1")
        assert "access_type=offline" in request.url

    @pytest.mark.parametrize("tenant", ["../common", "a b", "", "x/y"])
    def test_a_tenant_is_no_path(self, tenant: str) -> None:
        if tenant:
            with pytest.raises(InvalidInput):
                oauth_providers.named("microsoft", tenant=tenant)
        with pytest.raises(InvalidInput):
            oauth_providers.named("google", tenant=tenant)

    def test_any_other_describes_itself_and_must_be_who_was_asked(self, oauth: OAuthServer) -> None:
        assert oauth_providers.named(oauth.base).device_url == f"{oauth.base}/device"
        oauth.behaviour.issuer = "https://evil.example"
        with pytest.raises(Refused, match="another issuer"):
            oauth_providers.named(oauth.base)
        with pytest.raises(NotFound, match="HTTP 404"):
            oauth_providers.named(f"{oauth.base}/nothing")
        with pytest.raises(InvalidInput, match="no provider"):
            oauth_providers.named("yahoo")

    def test_secrets_go_nowhere_without_tls(self) -> None:
        with pytest.raises(InvalidInput, match="without TLS"):
            oauth_providers.named("http://login.example.org")
        with pytest.raises(InvalidInput):
            oauth_http.ask("ftp://localhost/token", {}, ca_file=None)


class TestCertificates:
    def test_of_an_own_authority_are_trusted_where_it_is_named(
        self, tls_oauth: OAuthServer, certificates: Certificates
    ) -> None:
        assert oauth_providers.named(tls_oauth.base, ca_file=str(certificates.ca_file)).token_url
        with pytest.raises(Refused, match="certificate of localhost is not trusted"):
            oauth_providers.named(tls_oauth.base)

    @pytest.mark.parametrize("flaw", ["wrong_host", "untrusted"])
    def test_that_are_wrong_get_no_secret(self, certificates: Certificates, flaw: str) -> None:
        with oauth_server(getattr(certificates, flaw)) as server:
            with pytest.raises(Refused, match="certificate"):
                tokens.by_app(f"{server.base}/token", Client(CLIENT, SECRET, str(certificates.ca_file)), "mail")
            assert server.requests == []


def test_a_redirect_is_not_followed_with_our_secrets(oauth: OAuthServer) -> None:
    with pytest.raises(Refused, match="sends us elsewhere"):
        oauth_http.ask(f"{oauth.base}/authorize?state=x&redirect_uri={oauth.base}/device", ca_file=None)
