"""The language a reader asks for: the one chosen for the browser, else `Accept-Language` (RFC 9110, 12.5.4) against the
catalogues there are."""

from __future__ import annotations

from typing import Any

from litestar.connection import ASGIConnection
from litestar.types import Scope

from veza.http.preferences import chosen_language
from veza.kit.messages import CATALOGUES, ENGLISH, Message, message_of, render

MOST_RANGES = 20
"""Languages of a header that are looked at: a browser sends its reader's handful."""


VARY = (b"vary", b"Accept-Language")
_ASKED = "veza_language_asked"


def language_of(request: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The catalogue to answer in: the one the reader likes best, English where there is none.

    The caller puts words into the answer, so from here on it carries `Vary` (http/headers.py). With one catalogue every
    reader gets the same.
    """
    if len(CATALOGUES) == 1:
        return ENGLISH
    request.scope.setdefault("state", {})[_ASKED] = True
    if chosen := chosen_language(request):
        return chosen
    return next((tag for tag in preferred(request.headers.get("accept-language", "")) if tag in CATALOGUES), ENGLISH)


def depends_on_language(scope: Scope) -> bool:
    """Whether the answer would be another one for a reader of another language."""
    return bool(scope.get("state", {}).get(_ASKED))


def say(request: ASGIConnection[Any, Any, Any, Any], said: Message | str) -> str:
    """The message in its reader's language; a text as it stands."""
    return render(said, language_of(request))


def told(request: ASGIConnection[Any, Any, Any, Any], error: Exception) -> str:
    """The error's sentence in its reader's language."""
    return say(request, message_of(error))


def language_to_keep(request: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The language to write mails in later: `language_of`; where that is English, the one the reader likes best.

    Its mails are English until there is a catalogue of it.
    """
    return worth_keeping(request.headers.get("accept-language", ""))


def worth_keeping(header: str) -> str:
    """`language_to_keep` for the text of a header."""
    liked = preferred(header)
    known = next((tag for tag in liked if tag in CATALOGUES), ENGLISH)
    return liked[0] if liked and known == ENGLISH else known


def preferred(header: str) -> list[str]:
    """The languages of the header as primary tags (`fr-CA` is `fr`), the best liked first; unreadable ones are left."""
    liked: list[tuple[float, str]] = []
    for one in header.split(",")[:MOST_RANGES]:
        tag, _, weight = one.partition(";")
        primary = tag.strip().lower().partition("-")[0]
        quality = _quality(weight)
        if primary.isascii() and primary.isalpha() and 2 <= len(primary) <= 3 and quality > 0:
            liked.append((quality, primary))
    return list(dict.fromkeys(tag for _, tag in sorted(liked, key=lambda one: -one[0])))


def _quality(weight: str) -> float:
    name, _, value = weight.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(value) if name.strip().lower() == "q" else 0.0
    except ValueError:
        return 0.0
