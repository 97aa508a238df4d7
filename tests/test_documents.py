"""What the documents name is there."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = (ROOT, ROOT / "src/veza")
"""Where a path in a document begins."""
_NAMED = re.compile(r"`([\w.-]+/[\w./-]*\.(?:py|js|css|html|toml|md))\b[^`]*`")
_BARE = re.compile(r"`([\w-]+\.(?:py|js|css|html|toml|md))`")


def test_every_file_that_a_document_names_is_there() -> None:
    named = [(document.name, path) for document in _documents() for path in _NAMED.findall(document.read_text("utf-8"))]
    assert len(named) > 100
    assert [one for one in named if not any((folder / one[1]).is_file() for folder in FOLDERS)] == []


def test_every_file_that_a_document_names_without_its_folder_is_there() -> None:
    named = [(document.name, name) for document in _documents() for name in _BARE.findall(document.read_text("utf-8"))]
    assert len(named) > 50
    here = {path.name for folder in ("src", "tests", "setup", "bench") for path in (ROOT / folder).rglob("*.*")}
    assert [one for one in named if one[1] not in here | {path.name for path in ROOT.iterdir()}] == []


def test_every_declared_library_is_named_on_the_page_of_libraries() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = {re.split(r"[^\w-]", one, maxsplit=1)[0] for one in project["dependencies"]}
    page = (ROOT / "docs/decisions/0050-libraries.md").read_text("utf-8")
    assert sorted(one for one in declared if f"`{one}`" not in page) == []


def _documents() -> Iterator[Path]:
    yield from ROOT.glob("*.md")
    yield from (ROOT / "docs").rglob("*.md")
    yield ROOT / "bench/README.md"
