"""Writes of what several people edit: with `If-Match` one is done only to what its sender has read.

The thing is locked, read as GET shows it, and compared, in the very transaction that changes it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeAlias

from litestar.params import HeaderParameter
from msgspec import UNSET

from veza.http.entity_tags import demand_match
from veza.http.faults import Fault
from veza.http.idempotency import Idempotent
from veza.http.problems import INVALID_REQUEST, Problem
from veza.http.words import IF_MATCH
from veza.kit.database import Session
from veza.kit.messages import gettext

IfMatch: TypeAlias = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match",
        max_length=1000,
        pattern=IF_MATCH,
        description="The `ETag` of what you read: refused with 412 where it has changed since.",
    ),
]


def on_condition(write: Idempotent, if_match: str, current: Callable[[Session], Awaitable[Any]]) -> Idempotent:
    """The same write, done only to what its sender has read, as `if_match` says. `current` locks what the write changes
    and returns it as GET shows it to who asks; it raises as the write does."""

    async def demand(session: Session) -> None:
        demand_match(if_match, await current(session))

    return write.on_condition(demand)


def read_version(changes: dict[str, Any], idempotent: Idempotent) -> int | None:
    """Take `version` out of `changes`; None where `If-Match` says what was read. One of the two is needed."""
    version = changes.pop("version", UNSET)
    if version is not UNSET:
        return int(version)
    if idempotent.has_condition:
        return None
    fault = Fault("body", ("version",), gettext("is missing: send it, or the ETag you read as If-Match"))
    raise Problem(INVALID_REQUEST, fault.said, faults=[fault])
