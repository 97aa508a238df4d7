"""Every route of the real application, walked as every kind of visitor: the table says who passes and who does not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from pathlib import Path

import httpx
import pytest

from tests.api.walk import SIGNED, Step, Walk, steps, walking
from tests.migrated import put_migrated
from veza.accounts.permissions import PERMISSIONS, Role, Scope
from veza.http.identity import permission_named, permission_of
from veza.settings import Settings

FOR_EVERYBODY = {
    "/api", "/api/docs", "/api/openapi.json", "/api/{path:str}", "/permissions",
    "/health/live", "/health/ready", "/metrics",
    "/confirm-address", "/reset-password", "/forgot-password", "/admin-claim", "/invitation", "/claim", "/refund",
    "/stop-notices", "/palettes/{name:str}",
    "/assets/{digest:str}/{path:path}", "/covers/{cover_id:uuid}/{name:str}",
    "/robots.txt", "/sitemap.xml", "/feed.xml", "/oembed",
    "/artists/{slug:str}/feed.xml", "/releases/{release_id:str}/tracks.m3u",
    "/stream/{track_id:uuid}/master.m3u8", "/stream/{track_id:uuid}/manifest.json",
    "/stream/{track_id:uuid}/audio.m4a", "/stream/{track_id:uuid}/{rung:str}/index.m3u8",
    "/stream/{track_id:uuid}/{rung:str}/audio.mp4", "/stream/{track_id:uuid}/{rung:str}/audio.m4a",
    "/stream/{track_id:uuid}/beacon",
    "/downloads/{token:str}/{name:str}",
}  # fmt: skip
"""Outside the table: what it shows is no secret, or the secret of a mailed link opens it."""
FOR_THE_OPERATORS_LINK = {"/mailbox", "/mailbox/{mail_id:uuid}"}
"""Opened by the link that the start prints or by the operator's token, and by no role."""


@pytest.fixture
async def walk(tmp_path: Path) -> AsyncIterator[Walk]:
    settings = Settings(var_dir=put_migrated(tmp_path))
    async with walking(settings) as walk:
        yield walk


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


def _lets_pass(step: Step, role: Role, allowed: Collection[Role], answer: httpx.Response) -> bool:
    """Whether a page answers as its permission says: forms come from pages alone."""
    if not set(allowed) & ({role} if role is Role.VISITOR else {role, Role.LISTENER}):
        return answer.status_code == (401 if role is Role.VISITOR else 403)
    return answer.status_code == 403 if step.method == "POST" else answer.status_code not in (401, 403)


async def test_every_route_outside_the_api_is_for_everybody_or_as_the_table_says(walk: Walk) -> None:
    wrong: list[str] = []
    walked = 0
    for step in steps(walk.veza, under_api=False):
        for role in Role:
            answer = await walk.as_role(step, role)
            walked += 1
            if step.template in FOR_EVERYBODY:
                passes = answer.status_code not in (401, 403)
            elif step.template in FOR_THE_OPERATORS_LINK:
                passes = answer.status_code == 401
            elif step.template in SIGNED:
                passes = answer.status_code == 400
            else:  # a page of the site
                permission = permission_named(step.handler)
                assert permission is not None, f"{step.template} is nowhere"
                passes = _lets_pass(step, role, PERMISSIONS[permission].roles, answer)
            if not passes:
                wrong.append(f"{step.method} {step.path} as {role.value}: {answer.status_code}")
    assert wrong == []
    assert walked > 100
