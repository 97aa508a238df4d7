"""What goes over the wire: requests, replies, how a reply may be spoilt, and form decoding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus

Obj = dict[str, Any]
Form = dict[str, Any]


@dataclass(slots=True)
class Request:
    """One HTTP request; header names are lower-case, `path` has no query and no mount prefix.

    `base_url` is where the sandbox is reached from outside (scheme, host, mount prefix), for hosted pages.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    base_url: str = ""


@dataclass(slots=True)
class Fault:
    """How the shell must spoil a reply. The effect itself was already decided by the core.

    `effect` is what became of the request: "none", "done" or "later".
    """

    kind: str
    effect: str
    hang: bool = False
    reset: bool = False
    cut_body: bool = False
    delay_seconds: float = 0.0


@dataclass(slots=True)
class Reply:
    """One HTTP answer; with a `fault` the shell must not simply send it."""

    status: int
    headers: dict[str, str]
    body: bytes
    fault: Fault | None = None


def decode_form(encoded: str) -> Form:
    """Decode `a[b][0]=c` into `{"a": {"b": {"0": "c"}}}`; arrays stay keyed by their index.

    Source: https://docs.stripe.com/api (bodies are form-encoded, nesting by brackets).
    """
    form: Form = {}
    for pair in encoded.split("&"):
        if not pair:
            continue
        name, _, value = pair.partition("=")
        if "%" in name or "+" in name:
            name = unquote_plus(name)
        if "%" in value or "+" in value:
            value = unquote_plus(value)
        if "[" not in name:
            form[name] = value
        else:
            _put_nested(form, name, value)
    return form


def _put_nested(form: Form, name: str, value: str) -> None:
    head, _, rest = name.partition("[")
    keys = [head, *rest.removesuffix("]").split("][")]
    node = form
    for key in keys[:-1]:
        below = node.get(key or str(len(node)))
        if not isinstance(below, dict):
            below = node[key or str(len(node))] = {}
        node = below
    node[keys[-1] or str(len(node))] = value
