"""Programs of Debian's that play what a server streams."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import av

from tests.conftest import missing

BOUND_SECONDS = 120


async def ran(*command: str, bound_seconds: float = BOUND_SECONDS) -> str:
    """What a command that ends well says on its stdout."""
    if shutil.which(command[0]) is None:
        missing(f"{command[0]} is not installed (Debian: apt-get install {command[0]})")
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), bound_seconds)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, (out, err)
    return out.decode()


async def length_by_ffprobe(url: str, headers: dict[str, str]) -> float:
    """Seconds that ffprobe finds."""
    fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    said = await ran("ffprobe", "-v", "error", "-headers", fields, "-of", "json", "-show_format", url)
    found: Any = json.loads(said)
    return float(found["format"]["duration"])


async def samples_by_mpv(url: str, headers: dict[str, str], folder: Path, bound_seconds: float = BOUND_SECONDS) -> int:
    """Samples of each channel that mpv plays until the end of the file."""
    heard = folder / "heard.wav"
    fields = ",".join(f"{name}: {value}" for name, value in headers.items())
    said = await ran(
        "mpv", "--no-config", "--ao=pcm", f"--ao-pcm-file={heard}", "--untimed", "--no-video",
        "--msg-level=all=warn,cplayer=info", f"--http-header-fields={fields}", url,
        bound_seconds=bound_seconds,
    )  # fmt: skip
    assert "(End of file)" in said, said
    assert "ffmpeg" not in said, "libav has something to warn of"
    with av.open(str(heard)) as container:
        samples = container.streams.audio[0].duration
    heard.unlink()
    assert samples is not None
    return samples
