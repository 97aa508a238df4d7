"""The sandbox as a process of its own: `_sandbox.py STORE LATENCY_MS PER_SECOND` prints its URL and serves."""

from __future__ import annotations

import gc
import random
import sys
from datetime import timedelta
from pathlib import Path

from veza.http.serving import address, http_server, listen
from veza.kit.clock import SystemClock
from veza.lab.sandbox.core import Sandbox
from veza.lab.sandbox.server import create_app
from veza.lab.sandbox.settings import SandboxSettings
from veza.lab.sandbox.store import Store
from veza.ops.command import run_async


def main(store: Path, latency_ms: int, per_second: int) -> None:
    settings = SandboxSettings(rate_limit_per_second=per_second or None)
    sandbox = Sandbox(SystemClock(), random.Random(), Store(store), settings=settings)
    listener = listen("127.0.0.1", 0)
    # The state stays: collecting it again and again would delay arrivals, and they are what is judged.
    gc.freeze()
    print(address(listener), flush=True)
    server = http_server(create_app(sandbox, latency_seconds=latency_ms / 1000), timedelta(seconds=1))
    run_async(server.serve(sockets=[listener]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
