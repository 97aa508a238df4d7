"""Forms of pages (application/x-www-form-urlencoded), read as strictly as JSON."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from veza.http.faults import Fault, one_sentence
from veza.http.json_bodies import Malformed, unstorable_text
from veza.kit.messages import gettext

MAX_FIELDS = 100
"""The longest form of ours has six."""


MAX_BYTES = 160_000
"""The longest text of a form has 10,000 characters, each written in up to twelve; reading as much as a body may have
would hold the server up."""


def parse_form(body: bytes) -> dict[str, str]:
    """The fields of a form; raises Malformed where they are not UTF-8, hold a NUL, or one of them comes twice."""
    if len(body) > MAX_BYTES:
        raise Malformed(gettext("the form has more than {max_bytes} bytes", max_bytes=MAX_BYTES))
    parts = [part for part in body.split(b"&", MAX_FIELDS) if part]
    if len(parts) > MAX_FIELDS:
        raise Malformed(gettext("the form has more than {max_fields} fields", max_fields=MAX_FIELDS))
    found: dict[str, str] = {}
    for part in parts:
        name, _, value = (_text(piece) for piece in part.partition(b"="))
        if name in found:
            raise Malformed(
                gettext("the form names {name} twice", name=name[:50]),
                (Fault("body", (name[:50],), gettext("is there twice")),),
            )
        found[name] = value
    faults = tuple(Fault("body", (name,), said) for name, value in found.items() if (said := unstorable_text(value)))
    if any(unstorable_text(name) for name in found):
        raise Malformed(gettext("the name of a field of the form holds a NUL character"))
    if faults:
        raise Malformed(gettext("the form cannot be kept: {faults}", faults=one_sentence(faults)), faults)
    return found


def _text(piece: bytes) -> str:
    try:
        return unquote_to_bytes(piece.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        raise Malformed(gettext("the form is not UTF-8")) from None
