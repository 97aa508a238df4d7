"""What schemathesis loads beside the description: real ids instead of made-up ones, so that requests reach their work.

With ids that it makes up every request would end at “not found”. Values that are no ids stay as they were made up. What
was answered is written down, one line for each answer.
"""

from __future__ import annotations

import gc
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

import schemathesis

FOLDER = Path(os.environ["VEZA_DESCRIPTION_CALLER"])
KNOWN: dict[str, list[str]] = json.loads((FOLDER / "known.json").read_text())
TOGETHER: dict[str, list[dict[str, dict[str, str | None]]]] = json.loads((FOLDER / "together.json").read_text())
COOKIES: dict[str, str] = json.loads((FOLDER / "cookies.json").read_text())
ANSWERS = FOLDER / "answers"
NO_IDS = frozenset({"artist", "slug", "wanted", "password"})
"""What is swapped although it is no id, because few values are right."""
OWN = frozenset({"person_id", "session_id", "token_id"})
"""Always swapped: schemathesis finds the caller's own in earlier answers, and would end it."""
ENDS_THE_CALLER = frozenset({"deleteMe"})
MADE_UP = 8
"""One of so many ids, and idempotency keys, stays as it was made up."""

_turn: Counter[str] = Counter()
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")  # type: ignore[attr-defined]
gc.freeze()
gc.set_threshold(10_000)  # Python's own 700 spend an eighth of a run on looking for garbage


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    for name in dict(case.path_parameters or {}):
        case.path_parameters[name] = _known(name, case.path_parameters[name])
    for name in dict(case.query or {}):
        case.query[name] = _known(f"{name}_id", case.query[name])
    if isinstance(case.body, dict) and _operation(case) not in ENDS_THE_CALLER:
        case.body = {name: _known_in_body(name, value) for name, value in case.body.items()}
    _put_together(case)
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and key and key.isascii() and key.isprintable() and _is_swapped("key"):
        case.headers["Idempotency-Key"] = f"whole-description-{_turn['key']}"
    if COOKIES:
        case.cookies = COOKIES


@schemathesis.hook
def after_call(_context: Any, case: Any, response: Any) -> None:
    with ANSWERS.open("a") as answers:
        answers.write(f"{_operation(case)} {response.status_code}\n")


def _operation(case: Any) -> str:
    return str(case.operation.definition.raw.get("operationId"))


def _put_together(case: Any) -> None:
    """Real values that fit each other: a version and its track, a link and its rung, the headers of an upload."""
    name = _operation(case)
    if name not in TOGETHER or not _is_swapped(name):
        return
    found = TOGETHER[name][_turn[name] % len(TOGETHER[name])]
    for part, attribute in (("path", "path_parameters"), ("query", "query"), ("headers", "headers")):
        values = {**(getattr(case, attribute) or {}), **found.get(part, {})}
        setattr(case, attribute, {key: value for key, value in values.items() if value is not None})


def _known_in_body(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_known(name.removesuffix("s"), one) for one in value]
    return _known(name, value)


def _known(name: str, value: Any) -> Any:
    """A real one instead of a made-up id."""
    real = KNOWN.get(name)
    if not real or not isinstance(value, str) or not (_is_id(value) or name in NO_IDS):
        return value
    return real[_turn[name] % len(real)] if _is_swapped(name) or name in OWN else value


def _is_swapped(name: str) -> bool:
    _turn[name] += 1
    return _turn[name] % MADE_UP != 0


def _is_id(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True
