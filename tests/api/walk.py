"""The whole API, walked: every operation of a description, and every route of the real application by every role."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from tests import factories
from tests.client import DEFAULT_URL, http_client
from veza.accounts import roles
from veza.accounts.permissions import Role, Scope
from veza.app import Veza, build
from veza.settings import Settings

LONGEST_ANSWER_SECONDS = 30
SIGNED = {"/webhooks/stripe", "/api/v1/webhooks/stripe"}
"""Let in by the provider's signature, not by an identity."""


def operations(schema: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation of an OpenAPI document: method, path, and what is said about it."""
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


@dataclass(frozen=True)
class Step:
    """One route and method, with an address that fits it."""

    method: str
    path: str
    handler: HTTPRouteHandler
    template: str


def steps(veza: Veza, *, under_api: bool = True) -> Iterator[Step]:
    """Every route under /api/v1, or every other one."""
    for route in veza.litestar.routes:
        if not isinstance(route, HTTPRoute):
            continue
        if (route.path.startswith("/api/v1/") and route.path not in SIGNED) is not under_api:
            continue
        parts = [part if isinstance(part, str) else _fitting(part.type) for part in route.path_components]
        for handler in route.route_handlers:
            for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"}):
                yield Step(method, "/" + "/".join(parts), handler, route.path)


def _fitting(kind: type) -> str:
    return str(uuid4()) if kind is UUID else "1"


@dataclass
class Walk:
    """The real application, and one person who may do everything; one of each role comes when needed."""

    veza: Veza
    client: httpx.AsyncClient
    powerful: UUID
    _people: dict[Role, UUID] = field(default_factory=dict)
    _tokens: dict[Scope, str] = field(default_factory=dict)

    def writes(self) -> list[Step]:
        return [step for step in steps(self.veza) if step.method != "GET"]

    async def send(self, step: Step, body: bytes | None = None, **headers: str) -> httpx.Response:
        """A write takes a key of its own and, unless it deletes, an empty object; `headers` stand above these."""
        writes = {"Idempotency-Key": str(uuid4()), "Content-Type": "application/json"} if step.method != "GET" else {}
        if body is None and step.method in ("POST", "PUT", "PATCH"):
            body = b"{}"
        sent = self.client.request(step.method, step.path, headers={**writes, **headers}, content=body)
        return await asyncio.wait_for(sent, LONGEST_ANSWER_SECONDS)

    async def as_role(self, step: Step, role: Role) -> httpx.Response:
        """With a session of its own: an earlier step may have ended the last one."""
        if role is Role.VISITOR:
            return await self.send(step)
        if role not in self._people:
            given = {role} - {Role.LISTENER}
            self._people[role] = await factories.person(self.veza.database, role.value, roles=given)
        return await self.send(step, Cookie=f"veza={await self.session_of(self._people[role])}")

    async def as_token(self, step: Step, scope: Scope) -> httpx.Response:
        """With a token of the person who may do everything, of this scope alone."""
        if scope not in self._tokens:
            self._tokens[scope] = await factories.token(self.veza.database, self.powerful, scope)
        return await self.send(step, Authorization=f"Bearer {self._tokens[scope]}")

    async def session_of(self, person: UUID) -> str:
        """The secret of a new session."""
        return await factories.session(self.veza.database, person)


@asynccontextmanager
async def walking(settings: Settings, *, signed_in: bool = False) -> AsyncIterator[Walk]:
    """A walk over a database with every table; `signed_in` as the person who may do everything, by the cookie."""
    veza = build(settings)
    powerful = await factories.person(veza.database, "everything", roles=roles.GIVEN)
    async with http_client(veza.asgi, base_url=DEFAULT_URL) as client:
        walk = Walk(veza, client, powerful)
        if signed_in:
            client.cookies.set("veza", await walk.session_of(powerful))
        yield walk
    await veza.close()
