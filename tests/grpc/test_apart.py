"""Streaming apart: it has no database, and what the process that has one says holds there, too."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import httpx
from sqlalchemy import select

from tests.commands import Process
from tests.grpc.apart import TICK, Apart, apart
from tests.grpc.conftest import TOKEN
from tests.sounding import rendered
from tests.tampering import changed
from tests.waiting import until
from veza.grpc import stream_pb2 as pb
from veza.streaming.plays import PlayTotal

__all__ = ["apart"]


async def test_an_owner_hears_the_whole_track_and_a_visitor_the_preview(apart: Apart) -> None:
    _, files, _, _ = rendered(2.0)
    headers = await apart.stage.signed_in(await apart.stage.buyer())
    for rung in ("aac64", "aac128", "aac256"):
        assert (await apart.get(await apart.file(headers, rung))).content == files[f"{rung}.mp4"]
    part = await apart.get("audio.m4a", headers, Range="bytes=100-199")
    assert (part.status_code, part.content) == (206, files["aac256.m4a"][100:200])
    assert "preview/index.m3u8" in (await apart.get("master.m3u8")).text
    assert (await apart.get("preview/audio.mp4")).content == files["preview.mp4"]
    assert (await apart.get("flac/audio.mp4")).status_code == 403


async def test_its_manifest_is_that_of_the_other_process(apart: Apart) -> None:
    headers = await apart.stage.signed_in(await apart.stage.buyer())
    here, there = [await one.get("manifest.json", headers) for one in (apart, apart.stage)]
    ours, theirs = here.json(), there.json()
    for manifest in (ours, theirs):
        for one in manifest["renditions"]:
            one["url"] = one["url"].partition("=")[0]
    assert ours == theirs


async def test_links_of_one_process_are_good_in_the_other(apart: Apart) -> None:
    headers = await apart.stage.signed_in(await apart.stage.buyer())
    file = await apart.file(headers)
    assert (await apart.stage.get(file)).status_code == 200
    master = await apart.stage.get("master.m3u8", headers)
    other = next(one for one in master.text.splitlines() if one.startswith("aac128")).replace("index.m3u8", "audio.mp4")
    assert (await apart.get(other)).status_code == 200
    assert (await apart.get(changed(other))).status_code == 403


async def test_refusals_are_those_of_the_other_process(apart: Apart) -> None:
    unknown = f"/stream/{apart.stage.artist}/master.m3u8"
    for address, headers in ((unknown, {}), (apart.stage.path("master.m3u8"), {"Authorization": "Bearer wrong"})):
        here, there = [await one.get(address, headers=headers) for one in (apart.browser, apart.stage.browser)]
        assert (here.status_code, here.json()["type"]) == (there.status_code, there.json()["type"])
        assert here.json()["detail"] == there.json()["detail"]


async def test_a_refund_and_the_end_of_a_session_close_streams_here(apart: Apart) -> None:
    headers = await apart.stage.signed_in(await apart.stage.buyer())
    refunded, ended = await apart.file(headers), await apart.file(headers)
    link = ended.partition("link=")[2]
    session = (await apart.main.call("Authorize", pb.AuthorizeRequest(link=link))).session
    assert not await apart.has_ended(refunded)
    await apart.main.call("EndSession", pb.EndSessionRequest(session_id=session.id))
    assert await apart.has_ended(ended)
    await apart.stage.take_back()
    assert await apart.has_ended(refunded)


async def test_without_the_other_process_running_streams_go_on_for_a_while_and_new_ones_are_refused(
    apart: Apart,
) -> None:
    headers = await apart.stage.signed_in(await apart.stage.buyer())
    file = await apart.file(headers)
    hearing = apart.streaming.hearing
    link, _ = await hearing.opened(apart.stage.track, file.partition("link=")[2])
    await apart.main.stop()
    apart.stage.clock.advance(TICK)
    assert (await apart.get(file)).status_code == 200
    new = await apart.get("master.m3u8", headers)
    assert (new.status_code, new.headers["retry-after"]) == (503, "5")
    assert new.json()["detail"] == "streaming cannot ask Veza at the moment: try again in a moment"
    assert (await apart.browser.get("/health/ready")).status_code == 503
    apart.stage.clock.advance(hearing.gone_for - TICK + timedelta(seconds=1))
    assert (await apart.get(file)).status_code == 503
    assert not await hearing.allows(link)  # what cuts an answer off in its middle
    await apart.main.start()

    async def is_back() -> bool:
        return (await apart.browser.get("/health/ready")).status_code == 200

    await until(is_back, lambda: "the process that has the database", every=0.1)
    assert (await apart.get(file)).status_code == 200


async def test_plays_are_counted_for_streams_served_here(apart: Apart) -> None:
    headers = await apart.stage.signed_in(await apart.stage.buyer())
    file = await apart.file(headers)
    apart.stage.clock.advance(timedelta(seconds=1))
    link = file.partition("link=")[2]
    answer = await apart.browser.post(apart.stage.path(f"beacon?link={link}&heard_ms=1000"))
    assert answer.json()["state"] == "counted"
    fetched = await apart.file(headers)
    apart.stage.clock.advance(timedelta(seconds=3))
    await apart.get(fetched, Range="bytes=30000-")
    await apart.streaming.hearing.reports.flush()
    async with apart.stage.veza.database.read() as session:
        assert (await session.scalars(select(PlayTotal.plays))).all() == [2]


async def test_the_command_streams_beside_a_server_and_says_when_that_is_gone(tmp_path: Path) -> None:
    token = {"GRPC_TOKEN": TOKEN}
    main = Process("serve", ("serve", "--migrate", "--port", "0"), tmp_path, {"GRPC_LISTEN": "127.0.0.1:0", **token})
    await main.start(r"Veza is ready on (\S+)")
    try:
        port = await logged_port(main.log)
        streaming = Process(
            "stream", ("stream", "--port", "0"), tmp_path, {"GRPC_ADDRESS": f"127.0.0.1:{port}", **token}
        )
        url = (await streaming.start(r"Veza streams on (\S+),"))[1]
        try:
            async with httpx.AsyncClient(base_url=url) as browser:
                assert (await browser.get("/health/ready")).json()["checks"]["veza"] == "ok"
                unknown = "/stream/01890000-0000-7000-8000-0000000000e1/master.m3u8"
                assert (await browser.get(unknown)).status_code == 404
                assert (await browser.get("/api/v1/releases")).status_code == 404
                await main.kill()
                assert (await browser.get(unknown)).status_code == 503
            assert await streaming.stop() == 0
        finally:
            await streaming.kill()
    finally:
        await main.kill()


async def logged_port(log: Path) -> int:
    """Where the gRPC server of this log listens."""
    found: re.Match[str] | None = None

    def is_logged() -> bool:
        nonlocal found
        found = re.search(r"grpc\.listening\D*port\D*?(\d+)", log.read_text(encoding="utf-8"))
        return found is not None

    await until(is_logged, lambda: log.read_text(encoding="utf-8"))
    assert found is not None
    return int(found[1])
