"""Every route of the real application, walked as every kind of visitor: the table says who passes and who does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from tests import factories
from tests.client import DEFAULT_URL, http_client
from veza.accounts import roles, sessions, tokens
from veza.accounts.permissions import PERMISSIONS, Role, Scope
from veza.app import Veza, build
from veza.http.identity import permission_of
from veza.ops.migrations import migrate
from veza.settings import Settings

PEOPLE = [role for role in Role if role is not Role.VISITOR]
LONGEST_ANSWER_SECONDS = 30
FOR_EVERYBODY = {
    "/", "/api", "/api/docs", "/api/openapi.json", "/api/{path:str}", "/permissions",
    "/health/live", "/health/ready", "/metrics",
    "/confirm-address", "/reset-password", "/forgot-password", "/admin-claim", "/invitation", "/claim", "/refund",
    "/stop-notices",
    "/checkout/done", "/cart", "/studio/{artist_id:uuid}",
    "/operator/sign-in", "/operator/sign-out", "/operator/static/{name:str}",
    "/covers/{cover_id:uuid}/{name:str}", "/tracks/{track_id:str}",
}  # fmt: skip
"""Outside the table: what it shows is no secret, or the secret of a mailed link opens it."""
FOR_THE_OPERATORS_LINK = {"/mailbox", "/mailbox/{mail_id:uuid}"}
"""Opened by the link that the start prints or by the operator's token, and by no role."""
FOR_THE_OPERATORS_TOKEN = "/operator"
ITS_OWN_FORM = {("POST", "/operator/sign-in"), ("POST", "/operator/sign-out")}
"""Refused without the form's own token, for every sender."""
SIGNED = {"/webhooks/stripe", "/api/v1/webhooks/stripe"}
"""Let in by the provider's signature, not by an identity."""


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
    """The application, one person of each role, and one all-powerful person's tokens, a scope each."""

    veza: Veza
    client: httpx.AsyncClient
    person: dict[Role, UUID]
    token: dict[Scope, str]

    async def as_role(self, step: Step, role: Role) -> httpx.Response:
        """With a session of its own: an earlier step may have ended the last one."""
        if role is Role.VISITOR:
            return await self._send(step, {})
        async with self.veza.database.write() as session:
            secret = await sessions.begin(session, self.person[role], timedelta(hours=1))
        return await self._send(step, {"Cookie": f"veza={secret}"})

    async def as_token(self, step: Step, scope: Scope) -> httpx.Response:
        return await self._send(step, {"Authorization": f"Bearer {self.token[scope]}"})

    async def _send(self, step: Step, headers: dict[str, str]) -> httpx.Response:
        writes = {"Idempotency-Key": str(uuid4()), "Content-Type": "application/json"} if step.method != "GET" else {}
        body = "{}" if step.method in ("POST", "PUT", "PATCH") else None
        sent = self.client.request(step.method, step.path, headers={**writes, **headers}, content=body)
        return await asyncio.wait_for(sent, LONGEST_ANSWER_SECONDS)


@pytest.fixture
async def walk(tmp_path: Path) -> AsyncIterator[Walk]:
    settings = Settings(var_dir=tmp_path)
    await asyncio.to_thread(migrate, settings)
    veza = build(settings)
    person: dict[Role, UUID] = {}
    for role in PEOPLE:
        person[role] = await factories.person(veza.database, role.value, roles={role} - {Role.LISTENER})
    powerful = await factories.person(veza.database, "everything", roles=roles.GIVEN)
    async with veza.database.write() as session:
        made = {scope: await tokens.make(session, powerful, scope.value, [scope], None) for scope in Scope}
    async with http_client(veza.asgi, base_url=DEFAULT_URL) as client:
        yield Walk(veza, client, person, {scope: text for scope, (_, text) in made.items()})
    await veza.close()


def _refused(answer: httpx.Response) -> str | None:
    """What the guard said, if it did; what a handler itself refuses has another type."""
    assert answer.status_code != 500, answer.request.url
    kind = answer.json().get("type", "") if answer.headers.get("content-type") == "application/problem+json" else ""
    return kind.removeprefix("urn:veza:problem:") if answer.status_code in (401, 403) else None


async def test_every_route_lets_every_role_pass_or_not_as_the_table_says(walk: Walk) -> None:
    wrong: list[str] = []
    walked = 0
    for step in steps(walk.veza):
        permission = permission_of(step.handler)
        for role in Role:
            allowed = PERMISSIONS[permission].roles & ({role} if role is Role.VISITOR else {role, Role.LISTENER})
            expected = None if allowed else "unauthorized" if role is Role.VISITOR else "forbidden"
            refused = _refused(await walk.as_role(step, role))
            walked += 1
            if refused != expected:
                wrong.append(
                    f"{step.method} {step.path} ({permission.value}) as {role.value}: {refused}, not {expected}"
                )
    assert wrong == []
    assert walked > 200


async def test_every_route_lets_tokens_pass_by_their_scope(walk: Walk) -> None:
    wrong: list[str] = []
    for step in steps(walk.veza):
        permission = permission_of(step.handler)
        for scope in Scope:
            expected = None if PERMISSIONS[permission].scope is scope else "forbidden"
            refused = _refused(await walk.as_token(step, scope))
            if refused != expected:
                wrong.append(f"{step.method} {step.path} ({permission.value}) with {scope.value}: {refused}")
    assert wrong == []


async def test_every_route_names_a_permission(walk: Walk) -> None:
    assert {permission_of(step.handler) for step in steps(walk.veza)} <= set(PERMISSIONS)


async def test_every_route_outside_the_table_is_for_everybody_or_for_the_operators_token(walk: Walk) -> None:
    wrong: list[str] = []
    walked = 0
    for step in steps(walk.veza, under_api=False):
        for role in Role:
            answer = await walk.as_role(step, role)
            walked += 1
            if (step.method, step.template) in ITS_OWN_FORM:
                passes = answer.status_code in (403, 415)  # JSON is no form
            elif step.template in FOR_EVERYBODY:
                passes = answer.status_code not in (401, 403)
            elif step.template in FOR_THE_OPERATORS_LINK:
                passes = answer.status_code == 401
            elif step.template in SIGNED:
                passes = answer.status_code == 400
            else:  # to the sign-in page, which asks for the token
                assert step.template.startswith(FOR_THE_OPERATORS_TOKEN), f"{step.template} is nowhere"
                passes = answer.status_code == 303 and answer.headers["location"].startswith("/operator/sign-in")
            if not passes:
                wrong.append(f"{step.method} {step.path} as {role.value}: {answer.status_code}")
    assert wrong == []
    assert walked > 100
