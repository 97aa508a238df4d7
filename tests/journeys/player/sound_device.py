"""A sound device that plays into nothing: Firefox has no AudioContext without one."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.conftest import missing
from tests.journeys.label import RATE
from tests.waiting import until


@asynccontextmanager
async def sound_device(folder: Path) -> AsyncIterator[dict[str, str]]:
    """What programs that play get into their environment."""
    if shutil.which("pulseaudio") is None:
        missing("pulseaudio is not installed (Debian: apt-get install pulseaudio)")
    socket = folder / "sound.socket"
    process = await asyncio.create_subprocess_exec(
        "pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1",
        "--realtime=no", "--high-priority=no",
        f"--load=module-null-sink rate={RATE} channels=2",
        f"--load=module-native-protocol-unix auth-anonymous=1 socket={socket}",
        env={**os.environ, "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)},
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:

        def is_there() -> bool:
            assert process.returncode is None, "pulseaudio has ended"
            return socket.exists()

        await until(is_there, "pulseaudio", every=0.05)
        yield {"PULSE_SERVER": f"unix:{socket}"}
    finally:
        process.terminate()
        await process.wait()
