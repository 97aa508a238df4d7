"""300 hostile files through the process that reads uploads; `make soak` sends 5,000 of a new seed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.audio import mutants
from tests.audio.sounds import FORMATS, tone, write
from tests.conftest import missing
from veza.audio.apart import Job, limits_for

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_hundred_hostile_files_play_or_are_refused_within_their_limits(seed: int) -> None:
    command = [sys.executable, "-m", "tests.audio.mutants", "--seed", str(seed), "--count", "100"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    found = json.loads(done.stdout)
    assert found["troubles"] == []
    assert sum(found["outcomes"].values()) == 100
    assert found["outcomes"]["refused"] > 20
    assert found["outcomes"]["played"] > 20
    assert set(found["outcomes"]) <= {"refused", "played"}, "no fault of ours, and none of libav's"
    assert found["most"]["written_bytes"] < mutants.LIMITS.output_bytes


def test_a_process_that_sleeps_hangs_and_one_that_only_waits_for_its_turn_does_not() -> None:
    asleep = os.posix_spawnp("sleep", ["sleep", "60"], os.environ)
    _, _, hung = mutants.waited(asleep, 0.2)
    assert hung
    # On one processor, beside one of higher priority that runs all the time.
    on_one = ["taskset", "--cpu-list", str(min(os.sched_getaffinity(0)))]
    busy = subprocess.Popen([*on_one, sys.executable, "-c", "while True: pass"])
    try:
        last = [*on_one, "nice", "-n", "19", sys.executable, "-c", "sum(range(5_000_000))"]
        status, used, hung = mutants.waited(os.posix_spawnp(last[0], last, os.environ), 0.5)
    finally:
        busy.kill()
        busy.wait()
    assert (status, hung) == (0, False)
    assert used.ru_utime > 0


def test_a_file_that_names_others_opens_no_other_and_no_connection(tmp_path: Path) -> None:
    if shutil.which("strace") is None:
        missing("strace is not installed (Debian: apt-get install strace)")
    secret = tmp_path / "secret.wav"
    write(secret, FORMATS["WAV 16 bit"], tone(5_000, 48_000), 48_000)
    for number, content in enumerate(naming(secret)):
        folder = tmp_path / str(number)
        (folder / "out").mkdir(parents=True)
        source = folder / "source"
        source.write_bytes(content)
        job = Job(str(source), str(folder / "out"), 30, limits_for(len(content), 30))
        program = "from veza.audio.apart_process import main; main()"
        traced = subprocess.run(
            ["strace", "-f", "-e", "trace=network,open,openat", sys.executable, "-I", "-c", program],
            input=msgspec.json.encode(job), capture_output=True, check=False,
        )  # fmt: skip
        calls = traced.stderr.decode()
        assert str(source) in calls, "it was traced while it read its file"
        assert str(secret) not in calls
        assert not re.search(r"\b(socket|connect|sendto|bind)\(", calls)


def naming(secret: Path) -> list[bytes]:
    """Files that tell a reader to open `secret`, or an address."""
    of_file = str(secret).encode()
    hls = b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n%s\n#EXT-X-ENDLIST\n"
    return [
        hls % of_file,
        hls % b"http://127.0.0.1:9/a.wav",
        b"ffconcat version 1.0\nfile '%s'\n" % of_file,
        b"v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 9 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n",
    ]
