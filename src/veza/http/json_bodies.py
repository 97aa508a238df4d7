"""The one place that reads JSON from outside: strictly as RFC 8259 and I-JSON (RFC 7493) have it.

Two readers of one body must see the same thing, and both databases must be able to keep every text in it. So a body is
UTF-8, at most MAX_DEPTH levels deep, names no key twice in one object, and holds no NUL, no half of a surrogate pair
and no number outside of 64 bits.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from veza.http.faults import MAX_FAULTS, Fault, Place, one_sentence
from veza.kit.messages import Message, gettext

MAX_DEPTH = 64
"""Levels of arrays and objects. Our own deepest body has four, the provider's events about ten."""
LARGEST = 2**63 - 1
"""What a database's whole number holds at most."""
_TOO_LARGE = gettext("a number below 10^308")
_TOO_LONG = gettext("a whole number of at most {largest}", largest=LARGEST)
READ_ASIDE_BYTES = 32_768
"""Above this size a body is read in a thread: a full megabyte takes a tenth of a second."""

# What the parser leaves in or cannot tell apart; without these bytes there is nothing to look for.
_SUSPICIOUS = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])|[0-9]{16}|[0-9][eE][+0-9]")
_UTF_8 = frozenset({"", "utf-8", "utf8", "us-ascii", "ascii"})
_CHARSET = re.compile(r"""charset\s*=\s*["']?([^\s"';]+)""", re.IGNORECASE)


class Malformed(Exception):
    """A body that cannot be read; prints one sentence. `faults` say where, as far as it can be said."""

    def __init__(self, sentence: Message, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(sentence)
        self.faults = faults or (Fault("body", (), sentence),)


class OutOfRange(Malformed):
    """A body that can be read, with numbers that no column can hold."""


class UnsupportedEncoding(Exception):
    """A body in another character set than UTF-8, or a compressed one; prints one sentence."""


def demand_plain_utf8(content_type: str, content_encoding: str) -> None:
    """Raises UnsupportedEncoding unless the headers announce UTF-8 (or nothing), not compressed."""
    named = _CHARSET.search(content_type)
    if named and named[1].lower() not in _UTF_8:
        raise UnsupportedEncoding(gettext("this takes text in UTF-8, not in {named}", named=named[1][:40]))
    if content_encoding.strip().lower() not in ("", "identity"):
        raise UnsupportedEncoding(
            gettext(
                "this takes bodies as they are, not compressed by {content_encoding}",
                content_encoding=content_encoding[:40],
            )
        )


async def read_json(body: bytes) -> Any:
    """The value in `body`; a large one is read in a thread. Raises Malformed."""
    return await asyncio.to_thread(parse_json, body) if len(body) > READ_ASIDE_BYTES else parse_json(body)


def parse_json(body: bytes) -> Any:
    """The value in `body`; raises Malformed."""
    text = _decode(body)
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise Malformed(
            gettext(
                "the body is not readable JSON: {what} (line {line}, column {column})",
                what=error.msg.lower(),
                line=error.lineno,
                column=error.colno,
            )
        ) from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        # CPython refuses to convert whole numbers of more than 4,300 digits.
        raise Malformed(gettext("the body holds a number of more than 4,300 digits")) from None
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _demand_depth(value)
    if _SUSPICIOUS.search(body) and (faults := tuple(islice(_unstorable(value, ()), MAX_FAULTS))):
        told = one_sentence(faults)
        if all(fault.message in (_TOO_LARGE, _TOO_LONG) for fault in faults):
            raise OutOfRange(told, faults)
        raise Malformed(gettext("the body cannot be kept: {told}", told=told), faults)
    return value


def _decode(body: bytes) -> str:
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise Malformed(
            gettext("the body is not readable JSON: it is not UTF-8 (byte {start})", start=error.start)
        ) from None
    if text.startswith("\ufeff"):
        raise Malformed(gettext("the body begins with a byte order mark: send UTF-8 without one"))
    return text


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise Malformed(gettext("the key {dumps} is in one object twice", dumps=json.dumps(name[:50])))
        found[name] = value
    return found


def _no_constant(name: str) -> Any:
    raise Malformed(gettext("the body is not readable JSON: {name} is no JSON", name=name))


def _too_deep() -> Malformed:
    return Malformed(gettext("the body is more than {max_depth} levels deep", max_depth=MAX_DEPTH))


def _demand_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        inner: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                inner.extend(one.values())
            elif isinstance(one, list):
                inner.extend(one)
        if not inner:
            return
        level = inner
    if any(isinstance(one, (dict, list)) for one in level):
        raise _too_deep()


def _unstorable(value: Any, at: Place) -> Iterator[Fault]:
    """What no database of ours can keep."""
    if isinstance(value, str):
        if said := unstorable_text(value):
            yield Fault("body", at, said)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if said := unstorable_text(name):
                yield Fault("body", at, gettext("the name of a field {said}", said=said))
            else:
                yield from _unstorable(inner, (*at, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _unstorable(inner, (*at, number))
    elif isinstance(value, float):
        if value in (float("inf"), float("-inf")):
            yield Fault("body", at, _TOO_LARGE)
    elif isinstance(value, int) and not -LARGEST <= value <= LARGEST:
        yield Fault("body", at, _TOO_LONG)


def unstorable_text(text: str) -> Message | None:
    """What is wrong with a text that PostgreSQL or UTF-8 cannot hold; None for any other."""
    if "\0" in text:
        return gettext("holds a NUL character")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return gettext("holds half of a surrogate pair")
    return None
