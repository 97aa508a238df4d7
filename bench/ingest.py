"""What it takes to render three minutes of sound, beside Debian's ffmpeg making the same files one after another.

Ours is the process that reads uploads: three rungs of AAC and one of FLAC in fragments, the progressive M4A of each,
loudness, true peak, waveform, master check, preview. ffmpeg's commands are COMMANDS. Each side has one core; what
counts is processor time, the sum of RUNS turns taken one after the other, so that other work beside it weighs on both.
"""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from _music import write_music
from _stand import Result, options, run

from veza.audio.apart import limits_for, render_apart
from veza.audio.jobs import Finished, Job

SECONDS = 180
SOURCE_BYTES = SECONDS * 44_100 * 4
RUNS = 3
MUST = 0.8
_FRAGMENTS = ("-movflags", "+frag_keyframe+empty_moov+delay_moov", "-frag_duration", "4000000", "-f", "mp4")
COMMANDS = {
    "64 kbit/s": ("-c:a", "aac", "-b:a", "64k", *_FRAGMENTS),
    "128 kbit/s": ("-c:a", "aac", "-b:a", "128k", *_FRAGMENTS),
    "256 kbit/s": ("-c:a", "aac", "-b:a", "256k", *_FRAGMENTS),
    "FLAC": ("-c:a", "flac", "-strict", "-2", *_FRAGMENTS),
    "M4A": ("-c:a", "aac", "-b:a", "256k", "-movflags", "+faststart", "-f", "mp4"),
    "preview": ("-ss", "60", "-t", "30", "-c:a", "aac", "-b:a", "128k", "-movflags", "+faststart", "-f", "mp4"),
    "loudness": ("-af", "ebur128=peak=true", "-f", "null"),
}
"""Each after `ffmpeg -i SOURCE`; the waveform and the master check are ours alone."""


async def measured() -> Sequence[Result]:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory(prefix="veza-bench-") as name:
        folder = Path(name)
        source = write_music(folder / "three.wav", SECONDS)
        ours, theirs = 0.0, dict.fromkeys(COMMANDS, 0.0)
        for _ in range(RUNS):
            before = _children_seconds()
            await _render(source, folder / "ours")
            ours += _children_seconds() - before
            for what, command in COMMANDS.items():
                before = _children_seconds()
                await asyncio.to_thread(_ffmpeg, source, command, folder / "theirs")
                theirs[what] += _children_seconds() - before
    all_theirs = sum(theirs.values())
    # A ladder whose M4A is the 256 kbit/s rung once more costs ffmpeg no encoding, either.
    copied = all_theirs - theirs["M4A"]
    return [
        {
            "name": f"rendering {SECONDS} s of sound, one core",
            "ratio": round(ours / all_theirs, 2),
            "ratio_with_copied_m4a": round(ours / copied, 2),
            "cpu_seconds": round(ours / RUNS, 2),
            "ffmpeg_cpu_seconds": {what: round(seconds / RUNS, 2) for what, seconds in theirs.items()},
            "reached": ours / all_theirs <= MUST,
        }
    ]


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


async def _render(source: Path, folder: Path) -> None:
    await asyncio.to_thread(folder.mkdir, exist_ok=True)
    job = Job(str(source), str(folder), SECONDS * 2, limits_for(SOURCE_BYTES, SECONDS * 2))
    async for said in render_apart(job):
        if isinstance(said, Finished):
            assert said.rendered.samples == SECONDS * 44_100


def _ffmpeg(source: Path, command: Sequence[str], to: Path) -> None:
    target = "-" if command[-1] == "null" else str(to)
    whole = ["ffmpeg", "-nostats", "-v", "error", "-threads", "1", "-y", "-i", str(source), *command, target]
    subprocess.run(whole, check=True, capture_output=True)


if __name__ == "__main__":
    asked = options(__doc__.splitlines()[0])
    run(measured, as_json=asked.json)
