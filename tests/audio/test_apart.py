"""The process that reads a stranger's file: what it says, what it may not, and that it ends with its worker."""

from __future__ import annotations

import asyncio
import os
import signal
import struct
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from tests.audio.sounds import FORMATS, tone, write
from tests.commands import children_of, is_running
from tests.waiting import until
from veza.audio.apart import NotRendered, limits_for, render_apart
from veza.audio.jobs import Finished, FirstRung, Job, Progress, Said, Stage
from veza.audio.manifest import Rung

RATE = 44_100


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write(tmp_path / "a.flac", FORMATS["FLAC 16 bit"], tone(3 * RATE, RATE), RATE)


def job_of(source: Path, longest_seconds: float = 600) -> Job:
    """A job that writes into the folder `out` beside the source."""
    folder = source.parent / "out"
    folder.mkdir()
    return Job(str(source), str(folder), longest_seconds, limits_for(source.stat().st_size, longest_seconds))


async def said(job: Job) -> list[Said]:
    return [one async for one in render_apart(job)]


async def _to_its_end(talk: AsyncIterator[Said]) -> None:
    async for _ in talk:
        pass


async def test_the_first_rung_is_said_before_the_others_are_there(source: Path, tmp_path: Path) -> None:
    seen: list[Said] = []
    async for one in render_apart(job_of(source)):
        seen.append(one)
        if isinstance(one, FirstRung):
            assert [made.rung for made in one.rendered.renditions] == [Rung.AAC_128]
            assert (tmp_path / "out" / "aac128.mp4").stat().st_size == one.rendered.renditions[0].size_bytes
    kinds = [type(one) for one in seen if not isinstance(one, Progress)]
    assert kinds == [FirstRung, Finished]
    stages = list(dict.fromkeys(one.stage for one in seen if isinstance(one, Progress)))
    assert stages == [Stage.FIRST_RUNG, Stage.ALL_RUNGS, Stage.PREVIEW]
    finished = seen[-1]
    assert isinstance(finished, Finished)
    assert [made.rung for made in finished.rendered.renditions] == list(Rung)
    assert finished.preview.samples == finished.rendered.samples == 3 * RATE
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {*(f"{rung}.mp4" for rung in Rung), *(f"{rung}.m4a" for rung in Rung if rung != Rung.FLAC),
                     "preview.mp4", "preview.m4a"}  # fmt: skip


async def test_a_file_without_sound_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"no sound at all")
    with pytest.raises(NotRendered, match="no sound file of a kind that is accepted"):
        await said(job_of(tmp_path / "a.wav"))


async def test_what_lasts_too_long_is_refused_in_a_sentence(source: Path) -> None:
    with pytest.raises(NotRendered, match=r"lasts longer than 2 s"):
        await said(job_of(source, longest_seconds=2))


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ({"memory_bytes": 200 * 1024**2}, "memory"),
        ({"cpu_seconds": 1}, "more memory or time"),
        ({"wall_seconds": 0.3}, r"longer than 0 s"),
        ({"output_bytes": 20_000}, "larger than it may be"),
    ],
)
async def test_a_limit_ends_the_process_with_a_sentence(tmp_path: Path, limit: dict[str, float], expected: str) -> None:
    source = write(tmp_path / "a.wav", FORMATS["WAV 16 bit"], tone(60 * RATE, RATE), RATE)
    job = job_of(source)
    with pytest.raises(NotRendered, match=expected):
        await said(msgspec.structs.replace(job, limits=msgspec.structs.replace(job.limits, **limit)))


async def test_the_log_names_the_signal_that_ended_a_process(tmp_path: Path) -> None:
    source = write(tmp_path / "a.wav", FORMATS["WAV 16 bit"], tone(60 * RATE, RATE), RATE)
    others = set(children_of(os.getpid()))
    talk = render_apart(job_of(source))
    await anext(talk)
    (child,) = set(children_of(os.getpid())) - others
    os.kill(child, signal.SIGSEGV)
    with capture_logs() as lines, pytest.raises(NotRendered, match="it is broken"):
        await _to_its_end(talk)
    (line,) = lines
    assert (line["event"], line["signal"]) == ("reading.ended_without_a_word", "SIGSEGV")


async def test_a_header_that_claims_gigabytes_takes_no_memory_for_them(tmp_path: Path) -> None:
    sound = b"\1\2\3\4" * 2_000
    head = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 0xFFFFFFF0, b"WAVE", b"fmt ", 16, 1, 2, RATE, RATE * 4, 4, 16)
    (tmp_path / "a.wav").write_bytes(head + struct.pack("<4sI", b"data", 0xFFFFFFD0) + sound)
    finished = (await said(job_of(tmp_path / "a.wav")))[-1]
    assert isinstance(finished, Finished)
    assert finished.rendered.samples == 2_000, "what is there counts, not what the header claims"


async def test_the_process_ends_when_its_caller_listens_no_more(source: Path) -> None:
    others = set(children_of(os.getpid()))
    talk = render_apart(job_of(source))
    await anext(talk)
    (child,) = set(children_of(os.getpid())) - others
    await talk.aclose()
    assert not is_running(child)


def test_the_process_ends_with_its_worker(tmp_path: Path) -> None:
    source = write(tmp_path / "a.wav", FORMATS["WAV 16 bit"], tone(120 * RATE, RATE), RATE)
    (tmp_path / "out").mkdir()
    program = (
        "import asyncio\n"
        "from veza.audio.apart import limits_for, render_apart\n"
        "from veza.audio.jobs import Job\n"
        f"job = Job({str(source)!r}, {str(tmp_path / 'out')!r}, 600, limits_for(1, 600))\n"
        "async def main():\n"
        "    async for _ in render_apart(job): print('going', flush=True)\n"
        "asyncio.run(main())\n"
    )
    worker = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert worker.stdout is not None
    assert worker.stdout.readline() == b"going\n"
    (child,) = children_of(worker.pid)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    asyncio.run(until(lambda: not is_running(child)))
    worker.stdout.close()
