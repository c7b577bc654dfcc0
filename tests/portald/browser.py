"""A browser without a screen: follows redirects, keeps cookies, finds forms in a page, fills and sends them."""

from __future__ import annotations

import http.client
import re
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urljoin, urlsplit

File = tuple[str, bytes, str]
"""Name, content, type."""
_MOST_HOPS = 5


@dataclass(slots=True)
class PageForm:
    """A form of a page: where it goes and what stands in its fields."""

    action: str
    method: str
    multipart: bool
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Answer:
    """What came back."""

    url: str
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    seconds: float = 0.0

    @property
    def text(self) -> str:
        """The page."""
        return self.body.decode("utf-8", "replace")

    @property
    def words(self) -> str:
        """The page as its reader sees it."""
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", self.text)).split())

    def header(self, name: str) -> str:
        """A header, empty without."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def all(self, name: str) -> list[str]:
        """Every header of that name."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def forms(self) -> list[PageForm]:
        """The forms of the page."""
        reader = _Forms()
        reader.feed(self.text)
        return reader.found

    def form(self, action: str) -> PageForm:
        """The form that goes to a path that ends so; with "" the one without an action."""
        fitting = [form for form in self.forms if (form.action.endswith(action) if action else not form.action)]
        assert fitting, f"no form to {action!r} on {self.url}: {self.words[:300]}"
        return fitting[-1]

    @property
    def links(self) -> list[str]:
        """Every address the page refers to."""
        return [unescape(found) for found in re.findall(r'(?:href|src)="([^"]*)"', self.text)]


class Browser:
    """One browser with its own cookies. `address` is host:port, `host` what the Host header says."""

    def __init__(self, port: int, *, host: str | None = None, https: bool = False) -> None:
        self.port = port
        self.host = host or f"127.0.0.1:{port}"
        self.scheme = "https" if https else "http"
        self.cookies: dict[str, str] = {}
        self.set_cookies: list[str] = []
        self.page = Answer("", 0, [], b"")

    @property
    def origin(self) -> str:
        """Where its own pages come from."""
        return f"{self.scheme}://{self.host}"

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        timeout: float = 60,
    ) -> Answer:
        """One request, nothing followed."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        sent = {"Host": self.host} | ({"Origin": self.origin} if method == "POST" else {})
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent |= headers or {}
        start = time.monotonic()
        try:
            connection.request(method, path, body, {name: value for name, value in sent.items() if value})
            answer = connection.getresponse()
            page = Answer(path, answer.status, answer.getheaders(), answer.read(), time.monotonic() - start)
        finally:
            connection.close()
        self._remember(page)
        return page

    def get(self, path: str, **headers: str) -> Answer:
        """Open a page, following redirects."""
        return self._follow(self.request("GET", path, headers=_names(headers)))

    def post(
        self, path: str, fields: Mapping[str, str], files: Iterable[File] = (), *, follow: bool = True, **headers: str
    ) -> Answer:
        """Send fields, as multipart when there are files."""
        files = list(files)
        kind = "application/x-www-form-urlencoded"
        body = urlencode(fields).encode()
        if files:
            boundary = secrets.token_hex(16)
            kind, body = f"multipart/form-data; boundary={boundary}", multipart_body(boundary, fields, files)
        answer = self.request("POST", path, body, {"Content-Type": kind} | _names(headers))
        return self._follow(answer) if follow else answer

    def request_form(self, path: str, fields: Mapping[str, str]) -> Answer:
        """Send fields from a thread: nothing is followed."""
        return self.post(path, fields, follow=False)

    def submit(
        self,
        action: str,
        fields: Mapping[str, str] | None = None,
        files: Iterable[File] = (),
        *,
        follow: bool = True,
        **headers: str,
    ) -> Answer:
        """Fill the form of the present page that goes to `action` and send it."""
        form = self.page.form(action)
        path = urljoin(self.page.url, form.action) if form.action else self.page.url
        return self.post(path, form.fields | dict(fields or {}), files, follow=follow, **headers)

    def _follow(self, answer: Answer) -> Answer:
        for _ in range(_MOST_HOPS):
            if answer.status not in (301, 302, 303):
                break
            parts = urlsplit(answer.header("Location"))
            assert not parts.netloc, f"a redirect to elsewhere: {answer.header('Location')}"
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            answer = self.request("GET", target)
        self.page = answer
        return answer

    def _remember(self, answer: Answer) -> None:
        self.set_cookies = answer.all("Set-Cookie")
        for line in self.set_cookies:
            for name, morsel in SimpleCookie(line).items():
                if morsel.value:
                    self.cookies[name] = morsel.value
                else:
                    self.cookies.pop(name, None)


def multipart_body(boundary: str, fields: Mapping[str, str], files: Iterable[File]) -> bytes:
    """A body as browsers write it."""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode() for k, v in fields.items()
    ]
    for name, data, kind in files:
        quoted = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="{quoted}"\r\n'
        parts.append(head.encode("utf-8", "replace") + f"Content-Type: {kind}\r\n\r\n".encode() + data + b"\r\n")
    return b"".join(parts) + f"--{boundary}--\r\n".encode()


def _names(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[PageForm] = []
        self.text_of: str | None = None
        self.select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            multipart = given.get("enctype", "") == "multipart/form-data"
            self.found.append(PageForm(given.get("action", ""), given.get("method", "get"), multipart))
            return
        if tag == "option" and self.select and ("selected" in given or self.select not in self.found[-1].fields):
            self.found[-1].fields[self.select] = given.get("value", "")
        if not self.found or "name" not in given:
            return
        form, name = self.found[-1], given["name"]
        if tag == "select":
            self.select = name
        elif tag == "textarea":
            form.fields[name], self.text_of = "", name
        elif tag == "button":
            form.buttons.append((name, given.get("value", "")))
        elif tag == "input" and given.get("type") not in ("file", "checkbox", "radio"):
            form.fields[name] = given.get("value", "")
        elif tag == "input" and "checked" in given:
            form.fields[name] = given.get("value", "on")

    def handle_data(self, data: str) -> None:
        if self.text_of is not None:
            self.found[-1].fields[self.text_of] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self.text_of is not None:
            text = self.found[-1].fields[self.text_of]
            self.found[-1].fields[self.text_of] = text.removeprefix("\n")
            self.text_of = None
