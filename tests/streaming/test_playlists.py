"""Playlists as text, and played: by ffprobe, mpv and Chromium from a real server that answers ranges."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar, Response, get
from litestar.params import FromPath
from playwright.async_api import Browser

from tests.audio.sounds import FORMATS, decoded, tone, write
from tests.conftest import missing
from veza.audio.manifest import Rendition, Rung
from veza.audio.rendering import render
from veza.http.file_answers import Representation, answer_range
from veza.http.head import HeadAsGet
from veza.http.requests import DoorRequest
from veza.http.served_answers import ServedResponse
from veza.http.serving import address, http_server, listen
from veza.kit.clock import SystemClock
from veza.kit.objects import Objects
from veza.streaming.playlists import MEDIA_TYPE, master_playlist, media_playlist

RATE = 44_100
SAMPLES = 12 * RATE + 123


@pytest.fixture(scope="module")
def rungs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[Rung, Rendition]]:
    """The files of a track, and what is in them."""
    folder = tmp_path_factory.mktemp("rungs")
    path = write(folder / "a.wav", FORMATS["WAV 16 bit"], tone(SAMPLES, RATE), RATE)
    with path.open("rb") as file:
        made = render(file, folder, list(Rung), longest_seconds=60, measures=False)
    return folder, {one.rung: one for one in made.renditions}


@dataclass
class Served:
    """A server of the track's playlists and files; `asked` are the ranges that were asked for."""

    url: str
    asked: list[str]


@pytest.fixture
async def served(rungs: tuple[Path, dict[Rung, Rendition]]) -> AsyncIterator[Served]:
    folder, renditions = rungs
    asked: list[str] = []

    @get("/{codec:str}/master.m3u8", sync_to_thread=False)
    def master(codec: FromPath[str]) -> Response[str]:
        chosen = [one for rung, one in renditions.items() if (rung == Rung.FLAC) is (codec == "flac")]
        return Response(master_playlist(chosen, {rung: f"/{rung}.m3u8" for rung in Rung}), media_type=MEDIA_TYPE)

    @get("/{name:str}", sync_to_thread=False)
    def one(name: FromPath[str], request: DoorRequest) -> Response[Any]:
        rung, _, suffix = name.partition(".")
        if suffix == "m3u8":
            return Response(media_playlist(renditions[Rung(rung)], f"/{rung}.mp4"), media_type=MEDIA_TYPE)
        asked.append(request.headers.get("range", ""))
        length, now = (folder / name).stat().st_size, SystemClock().now()
        what = Representation.of(Objects.in_folder(folder), name, length, f'"{name}"', now, "audio/mp4")
        return ServedResponse(partial(answer_range, what=what))

    @get("/", media_type="text/html", sync_to_thread=False)
    def page() -> str:
        return "<audio controls></audio>"

    listener = listen("127.0.0.1", 0)
    litestar = Litestar([master, one, page], request_class=DoorRequest, openapi_config=None)
    server = http_server(HeadAsGet(litestar), timedelta(seconds=1))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    yield Served(address(listener), asked)
    server.should_exit = True
    await running


def test_durations_add_up_to_the_track_in_every_rung(rungs: tuple[Path, dict[Rung, Rendition]]) -> None:
    for one in rungs[1].values():
        durations = [float(found) for found in re.findall(r"#EXTINF:([\d.]+),", media_playlist(one, "a.mp4"))]
        assert sum(durations) == pytest.approx(SAMPLES / RATE, abs=1e-5)
        assert max(durations) <= int(re.findall(r"#EXT-X-TARGETDURATION:(\d+)", media_playlist(one, "a"))[0])


def test_ranges_follow_one_another_and_end_with_the_file(rungs: tuple[Path, dict[Rung, Rendition]]) -> None:
    for one in rungs[1].values():
        ranges = re.findall(r"#EXT-X-BYTERANGE:(\d+)@(\d+)", media_playlist(one, "a.mp4"))
        ends = [int(size) + int(offset) for size, offset in ranges]
        assert ends[-1] == one.size_bytes
        assert ends[:-1] == [int(offset) for _, offset in ranges[1:]]


def test_a_master_names_one_codec_from_the_lowest_rate_up(rungs: tuple[Path, dict[Rung, Rendition]]) -> None:
    addresses = {rung: f"{rung}.m3u8" for rung in Rung}
    lossy = [one for rung, one in rungs[1].items() if rung != Rung.FLAC]
    text = master_playlist(lossy, addresses)
    assert [line for line in text.splitlines() if not line.startswith("#")] == [
        "aac64.m3u8", "aac128.m3u8", "aac256.m3u8"
    ]  # fmt: skip
    assert text.count('CODECS="mp4a.40.2"') == 3
    with pytest.raises(ValueError, match="one codec"):
        master_playlist(list(rungs[1].values()), addresses)


@pytest.mark.parametrize("codec", ["aac", "flac"])
async def test_ffprobe_finds_the_tracks_length_in_the_playlist(served: Served, codec: str) -> None:
    said = await ran("ffprobe", "-v", "warning", "-of", "json", "-show_streams", "-show_format",
                     f"{served.url}/{codec}/master.m3u8")  # fmt: skip
    found = json.loads(said.out)
    assert {one["codec_name"] for one in found["streams"]} == {codec}
    assert len(found["streams"]) == (3 if codec == "aac" else 1)
    assert float(found["format"]["duration"]) == pytest.approx(SAMPLES / RATE, abs=1e-3)
    assert said.err == ""


@pytest.mark.parametrize("name", ["aac/master.m3u8", "flac/master.m3u8", "aac128.m4a", "aac256.mp4"])
async def test_mpv_plays_it_to_the_end(served: Served, tmp_path: Path, name: str) -> None:
    """Not from the middle of a playlist: mpv 0.35 fails there with playlists that ffmpeg wrote, too."""
    heard = tmp_path / "heard.wav"
    said = await ran(
        "mpv", "--no-config", "--ao=pcm", f"--ao-pcm-file={heard}", "--untimed", "--no-video",
        "--msg-level=all=warn,cplayer=info", f"{served.url}/{name}",
    )  # fmt: skip
    assert "(End of file)" in said.out
    assert "ffmpeg" not in said.out, "and libav has nothing to warn of"
    assert 0 <= decoded(heard).shape[1] - SAMPLES < 2 * 1024, "mpv plays the padding, and nothing is missing"


@pytest.mark.parametrize("name", ["aac/master.m3u8", "flac/master.m3u8", "aac128.m4a", "aac256.mp4", "flac.mp4"])
async def test_chromium_plays_and_seeks(served: Served, chromium: Browser, name: str) -> None:
    page = await chromium.new_page()
    await page.goto(served.url)
    played = await page.evaluate(
        """async (address) => {
            const audio = document.querySelector("audio");
            audio.muted = true;
            audio.src = address;
            const happened = (name) => new Promise((resolve, reject) => {
                audio.addEventListener(name, resolve, {once: true});
                audio.addEventListener("error", () => reject(audio.error.message), {once: true});
            });
            const ready = happened("canplaythrough");
            await ready;
            const duration = audio.duration;
            const ended = happened("ended");
            audio.currentTime = duration - 1.5;
            await audio.play();
            await ended;
            return [duration, audio.currentTime];
        }""",
        f"/{name}",
    )
    assert played[0] == pytest.approx(SAMPLES / RATE, abs=0.03), "Chromium counts the padding of some forms"
    assert played[1] == pytest.approx(played[0], abs=0.06)
    await page.close()


@dataclass
class Said:
    out: str
    err: str


async def ran(*command: str) -> Said:
    """A command of Debian's that ends well."""
    if shutil.which(command[0]) is None:
        missing(f"{command[0]} is not installed (Debian: apt-get install {command[0]})")
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(60):
        out, err = await process.communicate()
    assert process.returncode == 0, (out, err)
    return Said(out.decode(), err.decode())
