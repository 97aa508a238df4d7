"""Every pattern of the API has words: no caller is told a regular expression."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from veza.app import build
from veza.http.words import OF_PATTERNS, expected
from veza.settings import Settings


def _patterns(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("pattern"), str):
            yield node["pattern"]
        for inner in node.values():
            yield from _patterns(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _patterns(inner)


def test_every_pattern_of_the_description_has_words(tmp_path: Path) -> None:
    schema = build(Settings(var_dir=tmp_path)).litestar.openapi_schema.to_schema()
    found = set(_patterns(schema))
    assert len(found) > 5
    assert found - set(OF_PATTERNS) == set()


@pytest.mark.parametrize("words", [str(words) for words in OF_PATTERNS.values()])
def test_words_are_no_pattern(words: str) -> None:
    assert not set("^$[]{}|") & set(words)
    assert words[0].islower() or words[0].isdigit()


def test_an_unknown_form_is_told_in_the_librarys_words() -> None:
    assert str(expected(1, "not a type", "Expected `str`, got `int` - at `$.a`")) == "Expected `str`, got `int`"
