"""A skip is never silent, and where everything can be had it fails the run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SKIPPED = """
import pytest

def test_kept(): assert True

@pytest.mark.parametrize("n", range(3))
def test_left_out(n): pytest.skip("no such server")
"""
NO_CORPUS = """
import pytest

def test_left_out(): pytest.skip("HELPDESK_CORPUS names no folder")
"""


def run(folder: Path, source: str, *arguments: str, strict: bool) -> tuple[int, str]:
    (folder / "test_it.py").write_text(source)
    env = os.environ | {"PYTHONPATH": str(ROOT), "HELPDESK_NO_SKIP": "1" if strict else "0"}
    command = [sys.executable, "-m", "pytest", "-p", "tests.skips", "-p", "no:cacheprovider", "--rootdir", str(folder)]
    done = subprocess.run(
        [*command, *arguments, "test_it.py"], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_each_reason_is_printed_with_its_count(tmp_path: Path, workers: tuple[str, ...]) -> None:
    code, output = run(tmp_path, SKIPPED, *workers, strict=False)
    assert code == 0
    assert "3 skipped" in output
    assert "    3  no such server\n" in output


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_skip_fails_the_run_where_none_is_allowed(tmp_path: Path, workers: tuple[str, ...]) -> None:
    code, output = run(tmp_path, SKIPPED, *workers, strict=True)
    assert code == 1
    assert "    3  no such server  (not allowed here)\n" in output


def test_an_absent_corpus_may_always_be_skipped(tmp_path: Path) -> None:
    code, output = run(tmp_path, NO_CORPUS, strict=True)
    assert code == 0
    assert "    1  HELPDESK_CORPUS names no folder\n" in output
