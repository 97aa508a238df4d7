"""Hostile files by the thousand: `python -m tests.audio.mutants --seed 7 --count 5000` says what became of each.

Each mutant is read by the real process of `audio/apart.py`, with its limits, forked from one that has imported it (an
import for each would be most of the time). Prints one line of JSON: how many played, were refused, or were ended by a
limit or a fault, and the most that one took. Exits with 1 if any was ended by a fault, took more than its limits or
than MOST_RESIDENT_KILOBYTES, hung, or said nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import shutil
import signal
import struct
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from tests.audio.sounds import FORMATS, PROGRAMS, tone, write
from veza.audio import apart_process
from veza.audio.jobs import Finished, FirstRung, Job, Limits, Progress

LIMITS = Limits(memory_bytes=1024**3, cpu_seconds=5, wall_seconds=20.0, output_bytes=32 * 1024**2)
LONGEST_SECONDS = 30.0
MOST_RESIDENT_KILOBYTES = 512 * 1024
"""Of memory that one is seen to use, with what it shares with the process it is forked from: the most that one of 150
took was 147 MB. The limit is of addresses, which are more than that."""
LOOKS_EVERY_SECONDS, ASLEEP_LOOKS = 0.1, 20
"""A process that is asleep at so many looks in a row hangs."""
MOST_TURNS = 30
"""Times its wall limit that a process may be there while it is ready to run: at the lowest priority, on a machine that
others use, two of 5,000 were not given a fifth of a second of a processor in 20 s."""
ENDED_BY_LIMIT = ("ended by SIGKILL", "ended by SIGXCPU")
_RATE = 44_100
_BOMBS = (0xFFFFFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 1_000_000_000, 0, 1)
_NOT_SOUND = (
    b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n",
    b"ffconcat version 1.0\nfile '/etc/passwd'\n",
    b"[playlist]\nFile1=file:///etc/passwd\n",
    b"\x89PNG\r\n\x1a\n" + bytes(3_000),
    b"PK\x03\x04" + bytes(3_000),
    b"<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'><BaseURL>/etc/passwd</BaseURL></MPD>",
    b"v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 9 RTP/AVP 0\r\n",
)

Mutation = Callable[[random.Random, bytearray, list[bytes]], bytearray]


def flip(chance: random.Random, content: bytearray, _: list[bytes]) -> bytearray:
    """Some bits are others."""
    for _ in range(chance.choice((1, 3, 30, 300))):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    return content


def cut(chance: random.Random, content: bytearray, _: list[bytes]) -> bytearray:
    """It ends early, or begins late."""
    at = chance.randrange(1, len(content))
    return content[:at] if chance.random() < 0.7 else content[at:]


def bomb(chance: random.Random, content: bytearray, _: list[bytes]) -> bytearray:
    """A number of its first bytes is enormous, or nothing."""
    for _ in range(chance.choice((1, 2, 5))):
        at = chance.randrange(min(len(content), 2_000) - 4)
        content[at : at + 4] = struct.pack(chance.choice(("<I", ">I")), chance.choice(_BOMBS))
    return content


def blank(chance: random.Random, content: bytearray, _: list[bytes]) -> bytearray:
    """A stretch is zeros, or ones."""
    at = chance.randrange(len(content))
    length = min(len(content) - at, chance.choice((8, 200, 5_000)))
    content[at : at + length] = bytes([chance.choice((0, 255))]) * length
    return content


def nest(chance: random.Random, content: bytearray, others: list[bytes]) -> bytearray:
    """Another file begins inside it."""
    at = chance.randrange(len(content))
    return content[:at] + chance.choice(others) + content[at:]


def repeat(chance: random.Random, content: bytearray, _: list[bytes]) -> bytearray:
    """A piece of it comes again and again."""
    at = chance.randrange(len(content))
    piece = content[at : at + chance.choice((4, 64, 2_000))]
    return content[:at] + piece * chance.choice((2, 50)) + content[at:]


def foreign(chance: random.Random, _: bytearray, __: list[bytes]) -> bytearray:
    """It is no sound at all, and names other places."""
    return bytearray(chance.choice(_NOT_SOUND))


MUTATIONS: tuple[Mutation, ...] = (flip, cut, bomb, bomb, blank, nest, repeat, foreign)


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one mutant; `trouble` says what must not be."""

    outcome: str
    seconds: float
    cpu_seconds: float
    memory_kilobytes: int
    written_bytes: int
    trouble: str


def originals(folder: Path) -> list[bytes]:
    """A short file of each format, in stereo."""
    writable = [how for how in FORMATS.values() if how.codec not in PROGRAMS or shutil.which(how.codec)]
    return [write(folder / f"a.{how.suffix}", how, tone(15_000, 48_000), 48_000).read_bytes() for how in writable]


def mutant(chance: random.Random, files: list[bytes], others: list[bytes] | None = None) -> tuple[str, bytes]:
    """What was done to one of the files, and its bytes; one of `others`, or of the files, may be nested in it."""
    content, done = bytearray(chance.choice(files)), []
    for _ in range(chance.choice((1, 1, 2))):
        mutation = chance.choice(MUTATIONS)
        done.append(mutation.__name__)
        content = mutation(chance, content, others or files) or bytearray(b"\0")
    return "+".join(done), bytes(content)


def fate_of(content: bytes, folder: Path) -> Fate:
    """Let one process read it."""
    source, out = folder / "source", folder / "out"
    source.write_bytes(content)
    out.mkdir()
    job = Job(str(source), str(out), LONGEST_SECONDS, LIMITS)
    began = time.monotonic()
    pid, said = forked(apart_process.main, msgspec.json.encode(job))
    status, used, hung = waited(pid, LIMITS.wall_seconds)
    lines = said_in(said)
    written = sum(one.stat().st_size for one in out.iterdir())
    shutil.rmtree(out)
    outcome = _outcome(status, lines)
    cpu, memory = used.ru_utime + used.ru_stime, used.ru_maxrss
    trouble = "it hung" if hung else trouble_in(outcome, cpu, memory)
    if outcome == "played" and not isinstance(_said(lines[-1]), Finished):
        trouble = "it ended well and had not finished"
    return Fate(outcome, time.monotonic() - began, cpu, memory, written, trouble)


def trouble_in(outcome: str, cpu_seconds: float, memory_kilobytes: int) -> str:
    """What must not be of a process that came to an end; empty where all is well. Its limit of processor time may end
    it: all others it answers itself."""
    if cpu_seconds > LIMITS.cpu_seconds + 2:
        return f"it took {cpu_seconds:.1f} s of a processor"
    if memory_kilobytes > MOST_RESIDENT_KILOBYTES:
        return f"it took {memory_kilobytes:,} kB of memory"
    is_limit = outcome in ENDED_BY_LIMIT and cpu_seconds > LIMITS.cpu_seconds - 1
    return "" if is_limit or outcome in ("played", "refused") else f"it was {outcome}"


def forked(main: Callable[[], None], job: bytes) -> tuple[int, int]:
    """A process that runs `main` with the job on its standard input, and a file that holds what it says."""
    ask, answer = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115  (closed at once, below)
    ask.write(job)
    ask.seek(0)
    said = os.dup(answer.fileno())
    pid = os.fork()
    if pid == 0:
        os.dup2(ask.fileno(), 0)
        os.dup2(answer.fileno(), 1)
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 2)
        sys.stdin = os.fdopen(0)
        code = 1
        try:
            main()
            code = 0
        finally:
            os._exit(code)
    ask.close()
    answer.close()
    return pid, said


def waited(pid: int, wall_seconds: float) -> tuple[int, Any, bool]:
    """How a child process ended, what it used, and whether it hung: slept at every look once so many seconds were over.
    It is ended then. One that is ready to run waits for a processor, or uses it, which is bounded by itself; one look
    that finds it asleep may have found it waiting for a file."""
    process, hung, slept = os.pidfd_open(pid), True, 0
    for _ in range(MOST_TURNS):
        if select.select([process], [], [], LOOKS_EVERY_SECONDS if slept else wall_seconds)[0]:
            hung = False
            break
        slept = 0 if _is_ready(pid) else slept + 1
        if slept == ASLEEP_LOOKS:
            break
    os.close(process)
    if hung:
        os.kill(pid, signal.SIGKILL)
    _, status, used = os.wait4(pid, 0)
    return status, used, hung


def _is_ready(pid: int) -> bool:
    """Whether a thread of the process runs, waits for its turn to, or waits for the disk."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return any((one / "stat").read_text().rpartition(")")[2].split()[0] in "RD" for one in threads)


def said_in(said: int) -> list[bytes]:
    """The lines of that file, which is closed."""
    with os.fdopen(said, "rb") as file:
        file.seek(0)
        return file.read().splitlines()


def _said(line: bytes) -> object:
    if b'"refused"' in line[:30]:
        return json.loads(line)["said"]
    return msgspec.json.decode(line, type=Progress | FirstRung | Finished)


def _outcome(status: int, lines: list[bytes]) -> str:
    if os.WIFSIGNALED(status):
        return f"ended by {signal.Signals(os.WTERMSIG(status)).name}"
    if os.WEXITSTATUS(status):
        return "ended by a fault"
    if not lines:
        return "ended without a word"
    return "refused" if b'"refused"' in lines[-1][:30] else "played"


def run(seed: int, count: int) -> dict[str, Any]:
    """Fates of `count` mutants, summed up; `troubles` names what must not be, with the seed that makes it again."""
    outcomes: Counter[str] = Counter()
    troubles: list[str] = []
    most = {"seconds": 0.0, "cpu_seconds": 0.0, "memory_kilobytes": 0, "written_bytes": 0}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = originals(folder)
        for number in range(count):
            chance = random.Random(f"{seed} {number}")
            done, content = mutant(chance, files)
            fate = fate_of(content, folder)
            outcomes[fate.outcome] += 1
            for what in most:
                most[what] = max(most[what], getattr(fate, what))
            if fate.trouble:
                troubles.append(f"seed {seed}, mutant {number} ({done}): {fate.trouble}")
    return {"seed": seed, "mutants": count, "outcomes": dict(outcomes), "most": most, "troubles": troubles}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--count", type=int, default=5_000)
    asked = parser.parse_args()
    found = run(asked.seed, asked.count)
    print(json.dumps(found))
    sys.exit(1 if found["troubles"] else 0)
