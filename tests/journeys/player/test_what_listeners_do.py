"""Seeking, jumping, coming back, and what no try can mend: the web player in Chromium on a real server."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.journeys.player.cut_album import LONG, LONG_SECONDS, LOSSY
from tests.journeys.player.gate import Fault
from tests.journeys.player.page import PlayerPage

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_seeking_in_more_than_a_source_buffer_holds(page: PlayerPage) -> None:
    """The buffer is full before 18 s are in it, and goes on as space is made."""
    await page.play(LONG, quality="flac", records=False)
    await page.until("s.position > 0.2")
    full = (await page.until("s.buffered > 8"))["buffered"]
    assert full < 14
    asked = len(page.gate.segments)
    await page.run("player.seek(given[0])", full - 2)  # buffered
    await page.until(f"s.position > {full - 2} && s.buffered > s.position + 4")
    ranges = [one.range for one in page.gate.segments]
    assert len(ranges) > asked
    assert len(ranges) > len(set(ranges)), "what found no space is fetched again"
    await page.run("player.seek(1)")  # evicted
    await page.until("s.position > 1.2 && s.position < 3 && s.buffered > 4")
    await page.run("player.seek(given[0])", LONG_SECONDS - 0.6)  # never fetched
    state = await page.until(f"!s.playing && s.position > {LONG_SECONDS - 0.1}")
    assert state["duration"] == LONG_SECONDS
    assert (state["error"], state["waiting"]) == (None, False)


async def test_going_to_other_tracks(page: PlayerPage) -> None:
    await page.play("Shore", LONG, "Tide", "Open Sea", quality="64", records=False)
    await page.until("s.position > 0.2")
    await page.run("player.next()")
    await page.until("s.index === 1 && s.position > 0.2")
    await page.run("player.jump(3)")
    await page.until("s.index === 3 && s.position > 0.2")
    await page.run("player.previous()")
    await page.until("s.index === 2 && s.position > 0.2")
    await page.run("player.jump(1)")
    await page.until("s.index === 1 && s.position > 0.1")
    await page.run("player.seek(5)")
    await page.until("s.position > 5.1")
    await page.run("player.previous()")  # to the start of the same track
    await page.until("s.index === 1 && s.position < 2")
    assert await page.run("navigator.mediaSession.metadata.title") == LONG
    await page.run("player.play(given[0], 1, 12)", page.album.entries("Shore", LONG))
    await page.until("s.index === 1 && s.position > 12.1")


async def test_seeking_to_the_end_ends_a_track(page: PlayerPage) -> None:
    await page.play(LONG, "Shore", quality="64", records=False)
    await page.until(f"s.position > 0.1 && s.buffered === {LONG_SECONDS}")
    await page.run("player.seek(player.state.duration)")
    await page.until("s.index === 1 && s.position > 0.1")
    await page.run("player.seek(99)")
    await page.until("s.index === 1 && !s.playing && s.position > s.duration - 0.01")
    await page.run("player.resume()")
    await page.until("s.index === 0 && s.playing && s.position > 0.1 && s.position < 2")
    await page.run("player.seek(given[0])", LONG_SECONDS)
    await page.run("player.seek(given[0])", LONG_SECONDS - 1)
    await page.until("s.index === 1 && !s.playing && s.position > s.duration - 0.01")
    await page.run("player.play(given[0])", page.album.entries("Tide"))
    state = await page.until("s.index === 0 && s.playing && s.position > 0.1")
    assert state["track"]["title"] == "Tide"


async def test_another_quality_is_fetched_from_a_few_seconds_later_on(page: PlayerPage) -> None:
    await page.play(LONG, quality="64", records=False)
    await page.until(f"s.position > 0.1 && s.buffered === {LONG_SECONDS}")
    await page.run("player.setQuality('256')")
    state = await page.until(f"s.rung === 'aac256' && s.buffered === {LONG_SECONDS}")
    assert state["position"] < 5
    again = [one for one in page.gate.segments if one.rung == "aac256"]
    assert 0 < len(again) < len(page.gate.segments) - len(again)
    assert await page.run("audio.buffered.length") == 1


async def test_the_page_that_is_loaded_anew_has_the_queue_paused(page: PlayerPage) -> None:
    await page.play("Shore", LONG, quality="64", records=False)
    await page.run("player.jump(1)")
    await page.until("s.index === 1 && s.position > 0.1")
    await page.run("player.seek(12)")
    await page.until("s.position > 12.1")
    asked = len(page.gate.segments)
    await page.open()
    state = await page.state()
    assert (state["index"], state["track"]["title"], state["playing"]) == (1, LONG, False)
    assert state["position"] == pytest.approx(12.1, abs=1)
    assert len(page.gate.segments) == asked
    await page.run("player.resume()")
    await page.until(f"s.playing && s.position > {state['position']}")


async def test_tabs_do_not_spoil_each_others_queue_and_place(page: PlayerPage) -> None:
    """A reload has what was played last in any tab, where it was there."""
    await page.play("Shore", LONG, quality="64", records=False)
    await page.until("s.position > 0.1")
    other = replace(page, page=await page.page.context.new_page())
    await other.open()
    assert (await other.state())["track"]["title"] == "Shore"
    await page.run("player.jump(1)")
    await page.until("s.index === 1 && s.position > 0.1")
    await page.run("player.seek(12)")
    await page.until("s.position > 12.1")
    await page.open()
    await other.page.goto("about:blank")  # it goes, and has played nothing
    await page.open()
    state = await page.state()
    assert (state["index"], state["track"]["title"]) == (1, LONG)
    assert state["position"] == pytest.approx(12.1, abs=1)
    await other.open()
    await other.play("Shore", "Tide", LOSSY, quality="64", records=False)
    await other.run("player.jump(2)")
    await other.until("s.index === 2 && s.position > 0.5")
    await other.page.goto("about:blank")
    await page.page.goto("about:blank")
    await page.open()
    state = await page.state()
    assert [one["title"] for one in await page.run("player.queue")] == ["Shore", "Tide", LOSSY]
    assert (state["index"], state["playing"]) == (2, False)
    assert state["position"] == pytest.approx(0.5, abs=1)


async def test_a_refusal_to_play_is_said(page: PlayerPage) -> None:
    refused = "audio.play = () => Promise.reject(new DOMException('a click first', 'NotAllowedError'))"
    await page.run(refused)
    await page.play(records=False)
    state = await page.until("s.blocked")
    assert not state["playing"]
    await page.run("delete audio.play")
    await page.run("player.resume()")
    state = await page.until("s.position > 0.1")
    assert not state["blocked"]


async def test_after_six_tracks_that_are_gone_nothing_is_asked_any_more(page: PlayerPage) -> None:
    page.gate.fault_of = lambda _path, _asked: Fault.GONE
    await page.play(*["Shore"] * 8, records=False)
    state = await page.until("s.error === 'tracks'")
    assert not state["playing"]
    assert len(page.gate.asked) == 6
    await page.run("['timeupdate', 'waiting', 'progress'].forEach((name) => audio.dispatchEvent(new Event(name)))")
    await page.run("player.enqueue(given[0])", page.album.entry("Tide"))
    assert len(page.gate.asked) == 6
    page.gate.fault_of = lambda _path, _asked: None
    await page.run("player.resume()")
    await page.until("s.position > 0.1 && s.error === null")


@pytest.mark.parametrize("fault", [Fault.GARBLED, Fault.GARBLED_SOUND])
async def test_a_track_that_the_browser_cannot_read_is_left_out(page: PlayerPage, fault: Fault) -> None:
    """Of the second the browser gives the whole source up: what is heard goes on with another one."""
    tide = str(page.album.tracks["Tide"])
    page.gate.fault_of = lambda path, _: fault if tide in path and "audio.mp4" in path else None
    await page.play("Shore", "Tide", "Open Sea", records=False)
    await page.until("s.index === 2 && s.position > 0.2")
    assert await page.run("skipped") == ["Tide"]
    assert (await page.state())["error"] is None


async def test_who_owns_nothing_hears_the_preview(page: PlayerPage) -> None:
    await page.page.context.clear_cookies()
    await page.play(LONG, records=False)
    state = await page.until("s.position > 0.2")
    assert (state["part"], state["rung"]) == ("preview", "preview")
    assert await page.run("player.engine.current().beacon") is None


async def test_without_media_source_extensions_a_file_is_played_for_each_track(page: PlayerPage) -> None:
    await page.open("?files")
    tide = str(page.album.tracks["Tide"])
    page.gate.fault_of = lambda path, _: Fault.GONE if tide in path else None
    await page.play("Shore", "Tide", LONG, records=False)
    await page.until("s.index === 0 && s.position > 0.1 && s.duration < 3")
    await page.run("player.seek(1.8)")
    await page.until("s.index === 2 && s.position > 0.1")  # by itself
    assert await page.run("skipped") == ["Tide"]
    await page.run("player.seek(9)")
    await page.until("s.position > 9.1")
    await page.run("player.previous()")
    await page.until("s.index === 2 && s.position < 2")
    await page.run("player.jump(0)")
    await page.until("s.index === 0 && s.position > 0.1")


async def test_a_file_is_levelled_as_segments_are(page: PlayerPage) -> None:
    """By the loudness of its release where its neighbour in the queue is of the same, else by its own."""
    volumes = {}
    for query in ("", "?files"):
        await page.open(query)
        await page.run("player.setLevelling(true)")
        for titles in ((LONG,), ("Shore", LONG)):
            await page.play(*titles, records=False)
            await page.run("player.jump(given[0])", len(titles) - 1)
            await page.until("s.position > 0.1")
            await page.page.wait_for_function("() => audio.volume < 1")
            volumes[query, len(titles)] = await page.run("audio.volume")
    assert volumes["?files", 1] == volumes["", 1]
    assert volumes["?files", 2] == volumes["", 2] > volumes["", 1], "the release is softer than its loudest track"
    await page.run("player.setLevelling(false)")
    assert await page.run("audio.volume") == 1


async def test_a_file_whose_loudness_cannot_be_asked_for_plays_all_the_same(page: PlayerPage) -> None:
    page.gate.fault_of = lambda path, _: Fault.BROKEN if "manifest.json" in path else None
    await page.open("?files")
    await page.run("player.setLevelling(true)")
    await page.play(LOSSY, records=False)
    await page.until("!s.playing && s.position > 2.9")
    assert await page.run("audio.volume") == 1


async def test_a_play_is_told_once_half_of_a_short_track_was_heard(page: PlayerPage) -> None:
    async with page.page.expect_response(lambda answer: "/beacon" in answer.url) as told:
        await page.play(LOSSY, records=False)
    answer = await told.value
    assert (await answer.json())["state"] == "counted"
    await page.until("!s.playing && s.position > 2.9")
    assert sum("/beacon" in one.path for one in page.gate.asked) == 1
