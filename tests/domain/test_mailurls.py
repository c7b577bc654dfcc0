from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdeskctl.domain import mailurls
from helpdeskctl.domain.mailurls import Security, Sendmail, Server
from helpdeskctl.errors import InvalidInput


@pytest.mark.parametrize(
    ("url", "port", "security"),
    [
        ("imaps://h.example", 993, Security.TLS),
        ("imap://h.example", 143, Security.STARTTLS),
        ("imaps://h.example:9993/", 9993, Security.TLS),
        ("IMAPS://H.example", 993, Security.TLS),
    ],
)
def test_receiving_is_by_tls_or_required_starttls(url: str, port: int, security: Security) -> None:
    assert mailurls.parse_imap(url) == Server("imap", "h.example", port, security)


@pytest.mark.parametrize(
    ("url", "port", "security"),
    [
        ("submissions://h.example", 465, Security.TLS),
        ("smtps://h.example", 465, Security.TLS),
        ("submission://h.example", 587, Security.STARTTLS),
        ("smtp://h.example", 25, Security.STARTTLS),
    ],
)
def test_sending_is_by_tls_or_required_starttls(url: str, port: int, security: Security) -> None:
    assert mailurls.parse_smtp(url) == Server("smtp", "h.example", port, security)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "[::1]", "mail.localhost"])
def test_plain_connections_go_to_this_machine(host: str) -> None:
    server = mailurls.parse_imap(f"imap+insecure://{host}:1143")
    assert (server.security, server.port) == (Security.PLAIN, 1143)


@pytest.mark.parametrize(
    "host", ["mail.example.org", "10.0.0.1", "localhost.example.org", "[::2]", "0.0.0.0", "127.0.0.1.example"]
)
def test_plain_connections_elsewhere_need_to_be_allowed(host: str) -> None:
    with pytest.raises(InvalidInput):
        mailurls.parse_smtp(f"smtp+insecure://{host}")
    assert isinstance(mailurls.parse_smtp(f"smtp+insecure://{host}", allow_insecure=True), Server)


@pytest.mark.parametrize(
    ("url", "user"),
    [
        ("imaps://support%40example.org@mail.example.org", "support@example.org"),
        ("imaps://support@mail.example.org", "support"),
        ("imaps://DOMAIN%5Cann@mail.example.org", "DOMAIN\\ann"),
        ("imaps://mail.example.org", None),
    ],
)
def test_the_user_is_taken_as_it_stands(url: str, user: str | None) -> None:
    assert mailurls.parse_imap(url).user == user


@pytest.mark.parametrize("url", ["imaps://ann:hunter2@mail.example.org", "imaps://ann:@mail.example.org"])
def test_a_password_in_the_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(InvalidInput) as error:
        mailurls.parse_imap(url)
    assert "hunter2" not in f"{error.value.message}{error.value.hint}"
    assert "password" in error.value.message


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example.org",
        "imaps:",
        "imaps://",
        "imaps:///INBOX",
        "imaps://h/INBOX",
        "imaps://h?x=1",
        "imaps://h#x",
        "imaps://h:0x",
        "imaps://h:99999",
        "imaps://[::1",
        "imaps://h\r\nA1 LOGOUT",
        "imaps://ann%0D%0AA1%20LOGOUT@h",
        "smtp://h",
        "sendmail:",
        "http://h",
    ],
)
def test_what_is_no_imap_url_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        mailurls.parse_imap(url)


@pytest.mark.parametrize(("url", "path"), [("sendmail:", "/usr/sbin/sendmail"), ("sendmail:/opt/msmtp", "/opt/msmtp")])
def test_the_local_sendmail_program_sends_too(url: str, path: str) -> None:
    assert mailurls.parse_smtp(url) == Sendmail(path)


@pytest.mark.parametrize("url", ["sendmail:msmtp", "sendmail://h", "sendmail:/a b"])
def test_a_sendmail_program_without_a_whole_path_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        mailurls.parse_smtp(url)


def test_a_host_alone_means_imaps_and_submission_with_the_address_as_user() -> None:
    imap = mailurls.parse_imap(mailurls.imap_at("mail.example.org", "support@example.org"))
    assert imap == Server("imap", "mail.example.org", 993, Security.TLS, "support@example.org")
    first, second = (mailurls.parse_smtp(url) for url in mailurls.smtp_at("mail.example.org", "support@example.org"))
    assert first == Server("smtp", "mail.example.org", 587, Security.STARTTLS, "support@example.org")
    assert second == Server("smtp", "mail.example.org", 465, Security.TLS, "support@example.org")


@given(st.text() | st.text().map("imaps://{}".format) | st.text().map("sendmail:{}".format))
def test_any_text_is_a_server_or_a_told_fault(text: str) -> None:
    for parse in (mailurls.parse_imap, mailurls.parse_smtp):
        with suppress(InvalidInput):
            assert isinstance(parse(text), mailurls.Server | mailurls.Sendmail)
