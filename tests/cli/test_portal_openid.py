"""`portal openid`: set up, shown without its secret, removed (POR-12, security 48)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.queries import openid
from tests.builders import Builder
from tests.cli.conftest import Answer, Call
from tests.operations.test_registration import put
from tests.servers.openid import CLIENT, SECRET, Provider, openid_provider


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with openid_provider() as running:
        yield running


@pytest.fixture
def here(desk: Desk, call: Call) -> Call:
    build = Builder(desk)
    build.agent("ada@example.org", admin=True)
    build.agent("ann@example.org", support="lead")

    def ran(*words: object, **more: object) -> Answer:
        return call("portal", "openid", *words, config=desk.config.path, **more)

    return ran


def test_a_provider_is_asked_kept_shown_and_removed(here: Call, desk: Desk, provider: Provider) -> None:
    put("portal_url", "https://help.example.org")
    given = (provider.issuer, "--client-id", CLIENT, "--name", "Example", "--client-secret-stdin")
    assert here("set", *given, "--as", "ann@example.org", stdin=SECRET).code == 77
    done = here("set", *given, "--as", "ada@example.org", stdin=SECRET)
    assert done.code == 0
    assert "https://help.example.org/login/openid/back" in done.err
    shown = here("show", "-o", "json")
    assert SECRET not in shown.out
    assert shown.json == {
        "issuer": provider.issuer,
        "client_id": CLIENT,
        "name": "Example",
        "redirect_uri": "https://help.example.org/login/openid/back",
        "secret": "stored",
    }
    assert openid.secret(desk) == SECRET
    assert here("remove", "--no-input").code != 0
    assert here("remove", "--yes").code == 0
    missing = here("show")
    assert missing.code == 67 and "portal openid set" in missing.err


def test_what_is_no_provider_is_not_kept(here: Call, provider: Provider) -> None:
    put("portal_url", "https://help.example.org")
    for wrong in (f"{provider.issuer}/nothing", "http://login.example.org", "file:///etc/passwd"):
        refused = here("set", wrong, "--client-id", CLIENT)
        assert refused.code != 0 and refused.err
    assert here("show").code == 67


def test_without_an_address_of_the_portal_nobody_could_come_back(here: Call, provider: Provider) -> None:
    refused = here("set", provider.issuer, "--client-id", CLIENT)
    assert refused.code != 0 and "portal url" in refused.err
