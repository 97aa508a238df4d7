"""Who is at the door, and whether they may pass: every route names one permission of the table."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler

from veza.accounts.permissions import PERMISSIONS, Permission, Role, Scope, allows
from veza.http.problems import FORBIDDEN, SECOND_FACTOR_NEEDED, UNAUTHORIZED, Problem
from veza.http.request_log import name_actor
from veza.http.whole_request import ANY_BODY as ANY_BODY

Connection = ASGIConnection[Any, Any, Any, Any]

_PERMISSION = "permission"
_VISITOR = "veza_visitor"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks: nobody we know (`person_id` None, role visitor), a person, or the operator by token.

    `scopes` is None except for an API token. `actor` is how histories name them; nobody's network address is in it,
    because histories stay.
    """

    person_id: UUID | None
    roles: frozenset[Role]
    actor: str
    scopes: frozenset[Scope] | None = None
    session_id: UUID | None = None
    is_confirmed: bool = False
    """Whether their e-mail address is."""
    address: str = ""
    """Of a visitor nobody knows: where the request came from."""
    withheld: frozenset[Role] = frozenset()
    """Roles the person has and may use after signing in with a second factor."""

    def may(self, permission: Permission) -> bool:
        """Whether they have the permission, and their token, if they came with one, its scope."""
        return allows(permission, self.roles) and self.reaches(permission)

    def reaches(self, permission: Permission) -> bool:
        """Whether they came with a token, if with one, that is good for this permission."""
        return self.scopes is None or PERMISSIONS[permission].scope in self.scopes

    @property
    def caller(self) -> str:
        """Whose idempotency keys these are: visitors are told apart by where they come from."""
        return f"{self.actor} {self.address}" if self.address else self.actor

    @property
    def person(self) -> UUID:
        """The person's id; raises Problem (unauthorized) when nobody is signed in."""
        if self.person_id is None:
            raise sign_in_needed()
        return self.person_id


OPERATOR = Visitor(None, frozenset({Role.ADMIN}), "operator")

Rule = Callable[[Connection, BaseRouteHandler], Awaitable[None]]
"""Raises Problem for a request that may not pass."""

Authenticate = Callable[[Connection], Awaitable[Visitor]]
"""Finds out who asks; raises Problem (unauthorized) for credentials that are no good."""


def nobody(connection: Connection) -> Visitor:
    """A visitor we know nothing of but the address."""
    address = connection.client.host if connection.client else "unknown"
    return Visitor(None, frozenset({Role.VISITOR}), Role.VISITOR.value, address=address)


def sign_in_needed() -> Problem:
    return Problem(UNAUTHORIZED, "sign in first, or send a token as bearer", headers={"WWW-Authenticate": "Bearer"})


def bearer(connection: Connection) -> str | None:
    """The bearer token that was sent, if one was."""
    scheme, _, given = connection.headers.get("authorization", "").partition(" ")
    return given.strip() if scheme.lower() == "bearer" and given.strip() else None


def operator_only(token: str) -> Authenticate:
    """Knows the operator's token and nobody else."""
    expected = token.encode()

    async def authenticate(connection: Connection) -> Visitor:
        given = bearer(connection)
        if given is None:
            return nobody(connection)
        # compare_digest: the time taken tells nothing about how much of a guess was right.
        if not hmac.compare_digest(given.encode(), expected):
            raise Problem(UNAUTHORIZED, "this token is not known here", headers={"WWW-Authenticate": "Bearer"})
        return OPERATOR

    return authenticate


def needs(permission: Permission) -> dict[str, Any]:
    """Give it to a handler or a router as `opt`: only who has the permission passes."""
    return {_PERMISSION: permission}


def permission_named(handler: BaseRouteHandler) -> Permission | None:
    """The permission a route names, if it does: those outside /api/v1 need none."""
    permission = handler.opt.get(_PERMISSION)
    return permission if isinstance(permission, Permission) else None


def permission_of(handler: BaseRouteHandler) -> Permission:
    """The permission a route names; a route that names none is a mistake of ours, and nobody passes."""
    permission = permission_named(handler)
    if permission is None:
        raise TypeError(f"{handler} names no permission: give it opt=needs(...)")
    return permission


def permitted(authenticate: Authenticate, *rules: Rule) -> Any:
    """A guard: recognises who asks, lets pass who has the route's permission, and whose request keeps the rules.

    One guard for all of it: Litestar runs one that is no coroutine in a thread, and copies the handler for each.
    """

    async def guard(connection: Connection, handler: BaseRouteHandler) -> None:
        if connection.scope.get("method") != "OPTIONS":  # the framework's own answer: which methods there are
            visitor = await authenticate(connection)
            connection.state[_VISITOR] = visitor
            name_actor(connection.scope, visitor.actor)
            _demand(permission_of(handler), visitor)
        for rule in rules:
            await rule(connection, handler)

    return guard


def _demand(permission: Permission, visitor: Visitor) -> None:
    if not allows(permission, visitor.roles):
        if Role.VISITOR in visitor.roles:
            raise sign_in_needed()
        if allows(permission, visitor.withheld) and visitor.reaches(permission):
            raise Problem(SECOND_FACTOR_NEEDED, SECOND_FACTOR_NEEDED.example)
        raise Problem(FORBIDDEN, f"this needs the permission “{permission.value}”, which you do not have")
    if not visitor.reaches(permission):
        scope = PERMISSIONS[permission].scope
        wanted = f"a token with the scope {scope.value}" if scope else "a person, not a token"
        raise Problem(FORBIDDEN, f"this needs {wanted}")


def visitor_of(connection: Connection) -> Visitor:
    """Who the guard recognised."""
    visitor: Visitor = connection.state[_VISITOR]
    return visitor


def _visitor(request: Connection) -> Visitor:
    return visitor_of(request)


VISITOR_DEPENDENCY: dict[str, Any] = {"visitor": Provide(_visitor, sync_to_thread=False)}
"""On every route under /api/v1: take `visitor: NamedDependency[Visitor]`."""
