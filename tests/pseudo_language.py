"""A language without speakers: every message in other words, to show that no code reads what a message says.

    make pseudo

Each vowel of a template carries an accent (U+0301) and the whole stands in brackets, so `plain` finds the English again
for tests that quote it; `pytest.raises(…, match=…)` does so by itself. Code that looked for an English word, or took
a sentence apart, finds nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from gettext import NullTranslations
from typing import Any

import pytest

from veza.kit import messages

_ACCENT = "\u0301"
_FIELD = re.compile(r"(\{[^{}]*\})")
_VOWEL = re.compile("([aeiouAEIOU])")


class Pseudo(NullTranslations):
    """Its catalogue has every message."""

    def gettext(self, message: str) -> str:
        parts = _FIELD.split(message)
        return "⟦" + "".join(part if part[:1] == "{" else _VOWEL.sub(rf"\1{_ACCENT}", part) for part in parts) + "⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(super().ngettext(msgid1, msgid2, n))


def plain(text: object) -> str:
    """English again."""
    return str(text).replace(_ACCENT, "").replace("⟦", "").replace("⟧", "")


def speak() -> None:
    """Let English be the pseudo-language, for this process."""
    messages.CATALOGUES[messages.ENGLISH] = Pseudo()
    raises = pytest.raises

    def plainly(*expected: Any, match: str | None = None, **more: Any) -> Any:
        if match is None:
            return raises(*expected, **more)
        also: Callable[[Any], bool] | None = more.pop("check", None)
        found = re.compile(match)
        return raises(
            *expected, check=lambda error: bool(found.search(plain(error))) and (not also or also(error)), **more
        )

    pytest.raises = plainly  # type: ignore[assignment]
