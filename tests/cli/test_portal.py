"""`helpdeskctl portal`: address, pages and words from the shell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Answer, Call

Run = Callable[..., Answer]


@pytest.fixture
def portal(call: Call, sqlite_config: Path) -> Run:
    """`helpdeskctl portal …` on a fresh desk."""

    def run(*words: object, **options: object) -> Answer:
        return call("portal", *words, config=sqlite_config, **options)

    return run


def test_the_address_is_shown_set_and_held_to_https(portal: Run) -> None:
    assert portal("url").out.startswith("not set")
    assert portal("url", "http://help.example.org").code == 65
    assert portal("url", "https://help.example.org/").code == 0
    assert portal("url", "-o", "json").json == {"url": "https://help.example.org"}


def test_a_page_is_made_translated_ordered_and_deleted(portal: Run, tmp_path: Path) -> None:
    text = tmp_path / "zeiten.md"
    text.write_text("Ab neun.")
    made = portal("page", "create", "hours", "--name", "Opening hours", "-m", "From nine.")
    assert made.out == "created  page hours\n"
    assert portal("page", "create", "hours", "--name", "Again", "-m", "x").code == 73
    changed = portal("page", "edit", "hours", "--lang", "de", "--body-file", text, "--name-lang", "de=Zeiten")
    assert changed.out == "updated  page hours: names, bodies\n"
    shown = portal("page", "show", "hours", "-o", "json").json
    assert shown["bodies"] == {"en": "From nine.", "de": "Ab neun."}
    portal("page", "create", "shop", "--name", "Shop", "--kind", "link", "--url", "https://shop.example.org/a?b=c")
    portal("page", "order", "shop", "hours")
    assert [row["key"] for row in portal("page", "list", "-o", "json").json] == ["shop", "hours"]
    assert portal("page", "rename", "hours", "opening-hours").code == 0
    assert portal("page", "delete", "opening-hours").code == 0
    assert portal("page", "show", "hours").code == 67


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--kind", "link"], "--url"),
        (["--kind", "link", "--url", "javascript:alert(1)"], "no address of a page"),
        (["--kind", "link", "--url", "//evil.example"], "no address of a page"),
        (["-m", "text", "--url", "https://www.example.org"], "only a link has one"),
        (["-m", "text", "--kind", "pdf"], "markdown, html, link"),
        (["-m", "text", "--lang", "xx"], "xx"),
    ],
)
def test_what_does_not_fit_together_is_refused_with_what_mends_it(portal: Run, words: list[str], told: str) -> None:
    refused = portal("page", "create", "hours", "--name", "Hours", *words)
    assert refused.code == 65 and told in refused.err
    assert portal("page", "list", "-o", "json").json == []


def test_own_words_are_set_listed_shown_and_deleted(portal: Run) -> None:
    assert portal("text", "set", "notice", "-m", "Phones are down.").out == "created  portal text notice en\n"
    assert portal("text", "set", "notice", "--lang", "de", "-m", "Telefon gestört.").code == 0
    assert portal("text", "set", "notice", "-m", "Phones are down.", "-o", "json").json["action"] == "unchanged"
    listed = {row["key"]: row["languages"] for row in portal("text", "list", "-o", "json").json}
    assert listed["notice"] == ["de", "en"] and listed["footer"] == []
    assert portal("text", "show", "notice", "--lang", "de", "-o", "json").json["body"] == "Telefon gestört."
    assert portal("text", "set", "nowhere", "-m", "x").code == 65
    assert portal("text", "delete", "notice").code == 0
    assert portal("text", "show", "notice").code == 67 and portal("text", "delete", "notice").code == 67


def test_only_admins_change_pages_and_words(portal: Run, call: Call, sqlite_config: Path) -> None:
    call("agent", "create", "ann@example.org", "--name", "Ann", config=sqlite_config)
    by_ann = ("--as", "ann@example.org")
    assert portal("page", "create", "hours", "--name", "Hours", "-m", "x", *by_ann).code == 77
    assert portal("text", "set", "notice", "-m", "x", *by_ann).code == 77


def test_a_look_at_a_portal_that_does_not_run_ends_with_1_and_says_what_mends_it(portal: Run) -> None:
    assert "try: helpdeskctl portal url" in portal("check", "--external").err
    portal("url", "http://localhost:1")
    looked = portal("check", "--external", "-o", "json")
    assert looked.code == 1
    assert {"level": "error", "area": "portal", "check": "address"}.items() <= looked.json[-1].items()
    assert looked.json[-1]["mend"]


def test_the_portal_goes_out_as_files_and_comes_in_and_pruning_asks(portal: Run, tmp_path: Path) -> None:
    portal("page", "create", "hours", "--name", "Hours", "-m", "From nine.")
    folder = tmp_path / "portal"
    assert portal("export", folder).out == f"wrote    2 files to {folder}\n"
    assert portal("export", folder).code == 73
    (folder / "pages" / "hours.en.md").write_text("From ten.")
    assert "updated  page hours: bodies" in portal("import", folder, "--dry-run").out
    assert portal("page", "show", "hours", "-o", "json").json["bodies"] == {"en": "From nine."}
    assert portal("import", folder, "--prune", "--no-input").code == 2
    assert "updated  page hours: bodies" in portal("import", folder, "--prune", "--yes").out
    assert portal("import", tmp_path / "nowhere").code == 66


def test_a_weak_accent_is_answered_with_its_figures(portal: Run, tmp_path: Path) -> None:
    answer = portal("brand", "set", "--accent", "#ffcc00")
    assert answer.code == 0 and "1.5:1 on white is too low for links; using #7a6200 (5.9:1)" in answer.err
    assert portal("brand", "show", "-o", "json").json["text"] == "#7a6200"
    kept = portal("brand", "set", "--accent", "#ffcc00", "--force")
    assert "too low" not in kept.err and portal("brand", "show", "-o", "json").json["text"] == "#ffcc00"
    logo = tmp_path / "logo.svg"
    logo.write_text('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
    refused = portal("brand", "set", "--logo", logo)
    assert refused.code == 65 and "logo" in refused.err and "try: " in refused.err
    assert portal("brand", "set").code == 2 and portal("brand", "reset", "--no-input").code == 2
    assert portal("brand", "reset", "accent", "login-image").code == 0
    assert portal("brand", "show", "-o", "json").json["accent"] is None
