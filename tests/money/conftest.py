"""A stage for every test of money; the books must balance when the test ends, after every act in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.money.acts import balanced_stage
from veza.lab.simulator.stage import Stage

OpenStage = Callable[..., Awaitable[Stage]]


@pytest.fixture
async def open_stage() -> AsyncIterator[OpenStage]:
    """Open stages as `Stage.open` does; the books of each must balance at the end."""
    async with AsyncExitStack() as opened:

        async def open_one(url: str = "sqlite+aiosqlite:///:memory:", **how: Any) -> Stage:
            return await opened.enter_async_context(balanced_stage(url, **how))

        yield open_one


@pytest.fixture
async def stage(open_stage: OpenStage) -> Stage:
    """A stage on SQLite in memory with one seller, Anna."""
    stage = await open_stage()
    await stage.seller("anna")
    return stage


@pytest.fixture
async def any_stage(database_url: str, open_stage: OpenStage) -> Stage:
    """A stage on an SQLite file and on PostgreSQL, with two sellers: the test runs on both."""
    stage = await open_stage(database_url, create_tables=False)
    await stage.seller("anna")
    await stage.seller("ben")
    return stage


@pytest.fixture
async def postgres_stage(postgres_url: str, open_stage: OpenStage) -> Stage:
    """A stage on PostgreSQL, for what only several writers at a time can show; with one seller of each name."""
    stage = await open_stage(postgres_url, create_tables=False)
    await stage.seller("anna")
    await stage.seller("ben")
    return stage
