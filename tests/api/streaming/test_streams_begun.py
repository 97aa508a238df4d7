"""How many streams are begun: each is a row, so those of a person, and of the visitors of a network, have a limit."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

import grpc
from tests import factories
from tests.api.streaming.conftest import Stage
from tests.grpc.apart import Apart, apart
from tests.grpc.conftest import Caller, caller
from veza.accounts.identity import visitor
from veza.catalog.releases import Release
from veza.grpc import stream_pb2 as pb
from veza.kit import limits
from veza.streaming.stream_sessions import STREAMS, StreamSession, beginning

__all__ = ["apart", "caller"]

BEGINS = ("master.m3u8", "manifest.json", "audio.m4a")


async def spend_all_but_one(stage: Stage) -> None:
    """The visitors of the browser's network have one stream left."""
    async with stage.veza.database.write("test") as session:
        for _ in range(STREAMS.burst - 1):
            await limits.spend(session, beginning(visitor("127.0.0.1")))


async def begun(stage: Stage) -> int:
    async with stage.veza.database.read() as session:
        return (await session.scalars(select(func.count()).select_from(StreamSession))).one()


@pytest.mark.parametrize("name", BEGINS)
async def test_visitors_of_a_network_begin_so_many_streams_and_then_one_a_second(stage: Stage, name: str) -> None:
    await factories.change(stage.veza.database, Release, stage.release, heard_by="everybody")
    await spend_all_but_one(stage)
    assert (await stage.get(name)).status_code == 200
    if name == "audio.m4a":  # its stream goes on
        assert (await stage.get(name)).status_code == 200
        name = "manifest.json"
    for _ in range(2):
        refused = await stage.get(name)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
        assert refused.json()["type"] == "urn:veza:problem:rate-limited"
    assert await begun(stage) == 1
    by = await stage.signed_in(await stage.listener())
    assert (await stage.get(name, by)).status_code == 200, "a person of the same network has streams of their own"
    stage.clock.advance(timedelta(seconds=1))
    assert (await stage.get(name)).status_code == 200
    assert await begun(stage) == 3


async def test_previews_are_no_streams(stage: Stage) -> None:
    await spend_all_but_one(stage)
    for _ in range(3):
        assert (await stage.get("manifest.json")).json()["part"] == "preview"
    assert await begun(stage) == 0


async def test_the_limit_holds_for_streams_that_are_begun_over_grpc_and_in_a_process_apart(
    caller: Caller, apart: Apart
) -> None:
    stage = caller.stage
    await factories.change(stage.veza.database, Release, stage.release, heard_by="everybody")
    await spend_all_but_one(stage)
    assert (await apart.get("manifest.json")).json()["part"] == "whole"
    refused = await apart.get("manifest.json")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    listener = pb.Listener(track_id=str(stage.track), address="127.0.0.1")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await caller.call("Authorize", pb.AuthorizeRequest(listener=listener))
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert dict(caught.value.trailing_metadata() or ()) == {"veza-problem": "rate-limited", "retry-after": "1"}
