"""Writes of what several people edit: with `If-Match` one is done only to what its sender has read.

The thing is locked, read as GET shows it, and compared, in the very transaction that changes it.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, get_type_hints

from litestar import Request
from litestar.di import NamedDependency, Provide
from litestar.params import HeaderParameter
from msgspec import UNSET

from veza.api.idempotency import IdempotencyKey, Idempotent, fingerprint_of
from veza.api.visitors import visitor_of
from veza.http.entity_tags import demand_match
from veza.http.faults import Fault
from veza.http.problems import INVALID_REQUEST, Problem
from veza.http.words import IF_MATCH
from veza.kit.database import Database, Session

Current = Callable[..., Awaitable[Any]]
"""`current(session, path, visitor)` locks what the path's parameters name, and returns it as GET shows it to this
visitor; raises as the write does. Further parameters are what the router provides under their names."""


def editing(current: Current) -> dict[str, Any]:
    """Give it to a writing handler as `dependencies`, and take `idempotent: Idempotent`: it honours `If-Match`."""

    async def idempotent(
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        idempotency_key: IdempotencyKey,
        if_match: Annotated[
            str | None,
            HeaderParameter(
                name="If-Match",
                max_length=1000,
                pattern=IF_MATCH,
                description="The `ETag` of what you read: refused with 412 where it has changed since.",
            ),
        ] = None,
        **provided: Any,
    ) -> Idempotent:
        visitor = visitor_of(request)
        write = Idempotent(
            database, visitor.actor, idempotency_key, await fingerprint_of(request), caller=visitor.caller
        )
        if if_match is None:
            return write

        async def demand(session: Session) -> None:
            demand_match(if_match, await current(session, request.path_params, visitor, **provided))

        return write.on_condition(demand)

    _take(idempotent, current)
    return {"idempotent": Provide(idempotent)}


_PROVIDED: Any = NamedDependency


def _take(idempotent: Any, current: Current) -> None:
    """Let Litestar see what `current` takes from the router as parameters of the dependency."""
    hints, signature = get_type_hints(current), inspect.signature(idempotent)
    taken = [one for one in signature.parameters.values() if one.kind is not one.VAR_KEYWORD]
    del idempotent.__annotations__["provided"]
    for name in [*inspect.signature(current).parameters][3:]:
        idempotent.__annotations__[name] = shape = _PROVIDED[hints[name]]
        taken.append(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=shape))
    idempotent.__signature__ = signature.replace(parameters=taken)


def read_version(changes: dict[str, Any], idempotent: Idempotent) -> int | None:
    """Take `version` out of `changes`; None where `If-Match` says what was read. One of the two is needed."""
    version = changes.pop("version", UNSET)
    if version is not UNSET:
        return int(version)
    if idempotent.has_condition:
        return None
    fault = Fault("body", ("version",), "is missing: send it, or the ETag you read as If-Match")
    raise Problem(INVALID_REQUEST, str(fault), errors=[fault.shown()])
