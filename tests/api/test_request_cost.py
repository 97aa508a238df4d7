"""What a request costs the process that answers it: nothing that stays, and no thread."""

from __future__ import annotations

import gc
import threading

from litestar.handlers import HTTPRouteHandler

from tests.api.conftest import Door


def handlers_alive() -> int:
    gc.collect()
    return sum(isinstance(one, HTTPRouteHandler) for one in gc.get_objects())


async def test_requests_leave_no_handlers_behind(sqlite_door: Door) -> None:
    async with sqlite_door.client() as client:
        await client.get("/api/v1/wishes", params={"limit": 1})
        before = handlers_alive()
        for _ in range(20):
            assert (await client.get("/api/v1/wishes", params={"limit": 1})).status_code == 200
    assert handlers_alive() == before


async def test_no_rule_at_the_door_takes_a_thread(sqlite_door: Door) -> None:
    async with sqlite_door.client() as client:
        before = threading.active_count()
        assert (await client.post("/api/v1/wishes", json={})).status_code == 400  # no key: refused before any work
    assert threading.active_count() == before
