"""Files behind signed links as a process of its own: `_file_server.py FOLDER SECRET CORE` prints its URL and serves.

The least that a route of sound does: it reads the link, finds the file, and answers with `answer_range` under the
wrappers of every answer. To measure another server, `contestants` starts it instead, with links of its own.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from veza.http.file_answers import Representation, answer_range
from veza.http.headers import SafeHeaders
from veza.http.request_log import RequestLog
from veza.http.serving import address, http_server, listen
from veza.kit.objects import Objects
from veza.kit.signing import BadSignature, Signer
from veza.ops.command import run_async
from veza.ops.observability import configure_logs
from veza.settings import Settings

PURPOSE = "sound of the benchmark"
KNOWN_FOR = timedelta(seconds=10)
PATH = "/sound/"


class Files:
    """ASGI application: `/sound/LINK`, where LINK is signed and names a file and when it ends."""

    def __init__(self, folder: Path, secret: str) -> None:
        self._objects, self._folder, self._signer = Objects.in_folder(folder), folder, Signer(secret, PURPOSE)
        self._known: dict[str, Representation] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while (await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        try:
            name, ends = self._signer.read(scope["path"].removeprefix(PATH))
        except BadSignature:
            name, ends = "", 0
        if ends < time.time():
            await send({"type": "http.response.start", "status": 403, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
        else:
            await answer_range(scope, receive, send, self._representation(name), known_for=KNOWN_FOR)

    def _representation(self, name: str) -> Representation:
        found = self._known.get(name)
        if found is None:
            length = (self._folder / name).stat().st_size
            found = self._known[name] = Representation.of(
                self._objects, name, length, f'"{name}"', datetime.now(UTC), "audio/mp4"
            )
        return found


def main(folder: Path, secret: str, core: int) -> None:
    os.sched_setaffinity(0, {core})
    configure_logs(Settings(log_level="info"))
    listener = listen("127.0.0.1", 0)
    application = RequestLog(SafeHeaders(Files(folder, secret), always_tls=False))
    gc.freeze()
    print(address(listener), flush=True)
    run_async(http_server(application, timedelta(seconds=1)).serve(sockets=[listener]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
