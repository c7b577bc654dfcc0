"""The shared corpus of real mail: outside the project, found through HELPDESK_CORPUS."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Cases = Callable[[str], Iterator[tuple[str, Any, dict[str, Any]]]]
Figure = Callable[[str, object], None]
"""pytest's `record_property`; a figure is printed at the end of the run."""


@pytest.fixture(scope="session")
def cases() -> Cases:
    """`cases(kind)` of the corpus: name, raw bytes (or steps) and what is expected of them."""
    folder = os.environ.get("HELPDESK_CORPUS")
    if not folder:
        pytest.skip("HELPDESK_CORPUS is not set: the shared corpus of mails is not here")
    spec = importlib.util.spec_from_file_location("shared_corpus", Path(folder) / "corpus.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.cases  # type: ignore[no-any-return]  # the corpus is not typed
