"""What the documents name is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = (ROOT, ROOT / "src/veza")
"""Where a path in a document begins."""
_NAMED = re.compile(r"`([\w.-]+/[\w./-]*\.(?:py|js|css|html|toml|md))\b[^`]*`")


def test_every_file_that_a_document_names_is_there() -> None:
    named = [(document.name, path) for document in _documents() for path in _NAMED.findall(document.read_text("utf-8"))]
    assert len(named) > 100
    assert [one for one in named if not any((folder / one[1]).is_file() for folder in FOLDERS)] == []


def _documents() -> Iterator[Path]:
    yield from ROOT.glob("*.md")
    yield from (ROOT / "docs").rglob("*.md")
    yield ROOT / "bench/README.md"
