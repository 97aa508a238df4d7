"""The identity behind a request, found once for each request, and the permission that its route names.

`permitted` is the guard of a door: it finds the Identity, demands the route's permission of it, and keeps it with the
request. A handler takes it as `identity: Identity`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from veza.accounts.identity import Identity, visitor
from veza.accounts.permissions import Permission
from veza.http.limits import address_of
from veza.http.request_log import name_actor

Connection = ASGIConnection[Any, Any, Any, Any]

_PERMISSION = "permission"
_IDENTITY = "veza_identity"

Rule = Callable[[Connection, BaseRouteHandler], Awaitable[None]]
"""Raises Problem for a request that may not pass."""

Authenticate = Callable[[Connection], Awaitable[Identity]]
"""Finds the identity behind a request; raises Problem (unauthorized) for invalid credentials."""


def identity_of(connection: Connection) -> Identity:
    """The identity that the guard found."""
    identity: Identity = connection.state[_IDENTITY]
    return identity


def known_identity(connection: Connection) -> Identity | None:
    """The same, None for a request that no guard has looked at."""
    found: Identity | None = connection.state.get(_IDENTITY)
    return found


def anonymous(connection: Connection) -> Identity:
    """The visitor behind a request without credentials."""
    return visitor(address_of(connection))


def bearer(connection: Connection) -> str | None:
    """The bearer token that was sent, if one was."""
    scheme, _, given = connection.headers.get("authorization", "").partition(" ")
    return given.strip() if scheme.lower() == "bearer" and given.strip() else None


def needs(permission: Permission) -> dict[str, Any]:
    """Give it to a handler or a router as `opt`: a request passes only with the permission."""
    return {_PERMISSION: permission}


def permission_named(handler: BaseRouteHandler) -> Permission | None:
    """The permission a route names, if it does: those outside /api/v1 need none."""
    permission = handler.opt.get(_PERMISSION)
    return permission if isinstance(permission, Permission) else None


def permission_of(handler: BaseRouteHandler) -> Permission:
    """The permission a route names; a route that names none is a mistake of ours, and no request passes."""
    permission = permission_named(handler)
    if permission is None:
        raise TypeError(f"{handler} names no permission: give it opt=needs(...)")
    return permission


def demanding(authenticate: Authenticate, permission: Permission) -> Authenticate:
    """The same for addresses without a guard, which ask who it is where no link and no public state answers: raises
    PermissionMissing and the like for an identity without the permission, such as a token without its scope."""

    async def found(connection: Connection) -> Identity:
        identity = await authenticate(connection)
        identity.demand(permission)
        return identity

    return found


def permitted(authenticate: Authenticate, *rules: Rule) -> Any:
    """A guard: finds the identity, and passes a request whose identity has the route's permission and that keeps the
    rules.

    One guard does all: Litestar runs a guard that is no coroutine in a thread, and copies the handler for each guard.
    """

    async def guard(connection: Connection, handler: BaseRouteHandler) -> None:
        if connection.scope.get("method") != "OPTIONS":  # the framework's own answer: which methods there are
            identity = await authenticate(connection)
            connection.state[_IDENTITY] = identity
            name_actor(connection.scope, identity.actor)
            identity.demand(permission_of(handler))
        for rule in rules:
            await rule(connection, handler)

    return guard
