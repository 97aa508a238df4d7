"""The processes that read a stranger's file open that file alone, also where it names others: each call is traced."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from msgspec import Struct

from tests.audio.hostile_names import files_that_name
from tests.audio.sounds import FORMATS, tone, write
from tests.conftest import missing
from veza.audio.apart import limits_for
from veza.audio.jobs import Job
from veza.ingest import reading_apart
from veza.ingest.reading_jobs import ReadingJob
from veza.ingest.sources import SourceFile

_ROOT = Path(__file__).resolve().parents[2]
_CODE = (_ROOT / "src", sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix, "/usr", "/lib", "/lib64")
"""Folders of programs and libraries."""
_SYSTEM = re.compile(
    r"/etc/(ld\.so\.(cache|preload)|localtime)|/\S*/openssl\.cnf|/dev/(null|urandom)|/proc/self/cgroup"
    r"|/sys/(devices/system/cpu|fs/cgroup)/[\w./]+"
)
"""What Python and its libraries read of the system when they start."""
_OPENS = re.compile(r'\b(?:open|openat|openat2|creat)\((?:AT_FDCWD, |\d+, )?"([^"]*)"')
_TRACED = "trace=%network,open,openat,openat2,creat,execve,execveat,io_uring_setup"
_KINDS = [
    "HLS playlist of a file", "HLS playlist of a URL", "M3U playlist", "CUE sheet", "concat list of a file",
    "concat list of a URL", "file's URL", "URL", "SDP", "MP4 with an alias", "MP4 with a file's URL", "MP4 with a URL",
]  # fmt: skip


def named(kind: str, folder: Path) -> tuple[Path, Path]:
    """A file of that kind in a folder of its own, and the secret file that it names."""
    if shutil.which("strace") is None:
        missing("strace is not installed (Debian: apt-get install strace)")
    secret = write(folder / "secret.wav", FORMATS["WAV 16 bit"], tone(5_000, 48_000), 48_000)
    of_kind = files_that_name(secret)
    assert list(of_kind) == _KINDS
    source = folder / "sent" / "take.m4a"
    (source.parent / "out").mkdir(parents=True)
    source.write_bytes(of_kind[kind])
    return source, secret


def traced(command: list[str], folder: Path, job: bytes = b"") -> list[str]:
    """The calls of a command and of what it starts that open a file, a socket or a program, as strace writes them."""
    log = folder / "calls"
    subprocess.run(
        ["strace", "-f", "-s", "4096", "-e", _TRACED, "-o", str(log), *command],
        input=job, capture_output=True, check=False,
    )  # fmt: skip
    return [line for line in log.read_text().splitlines() if "(" in line]


def is_code(path: str) -> bool:
    return any(Path(path).is_relative_to(folder) for folder in _CODE)


@pytest.mark.parametrize("module", ["veza.audio.apart_process", "veza.ingest.reading_process"])
@pytest.mark.parametrize("kind", _KINDS)
def test_a_file_that_names_others_opens_no_other_and_no_connection(tmp_path: Path, module: str, kind: str) -> None:
    source, secret = named(kind, tmp_path)
    size, out = source.stat().st_size, source.parent / "out"
    jobs: dict[str, Struct] = {
        "veza.audio.apart_process": Job(str(source), str(out), 30, limits_for(size, 30)),
        "veza.ingest.reading_process": ReadingJob(
            str(source), SourceFile(source.name, size), reading_apart.limits_for(size)
        ),
    }
    program = [sys.executable, "-I", "-c", f"from {module} import main; main()"]
    calls = traced(program, tmp_path, msgspec.json.encode(jobs[module]))
    paths = [found[1] for call in calls if (found := _OPENS.search(call))]
    assert str(source) in paths, "it was traced while it read its file"
    own = [path for path in paths if path == str(source) or Path(path).is_relative_to(out)]
    assert [path for path in paths if path not in own and not is_code(path) and not _SYSTEM.fullmatch(path)] == []
    assert str(secret) not in paths
    others = [call for call in calls if not _OPENS.search(call)]
    assert len(others) == 1, others
    assert "execve(" in others[0], "the process itself: no socket, and no other program"


@pytest.mark.parametrize("kind", ["HLS playlist of a file", "concat list of a file", "MP4 with an alias"])
def test_the_same_files_open_the_other_where_a_reader_follows_them(tmp_path: Path, kind: str) -> None:
    if shutil.which("ffmpeg") is None:
        missing("ffmpeg is not installed (Debian: apt-get install ffmpeg)")
    source, secret = named(kind, tmp_path)
    follows = {
        "HLS playlist of a file": ["-f", "hls", "-allowed_extensions", "ALL"],
        "concat list of a file": ["-f", "concat", "-safe", "0"],
        "MP4 with an alias": ["-enable_drefs", "1", "-use_absolute_path", "1"],
    }[kind]
    calls = traced(["ffmpeg", "-nostdin", *follows, "-i", str(source), "-f", "null", "-"], tmp_path)
    assert str(secret) in [found[1] for call in calls if (found := _OPENS.search(call))]
