"""Files by `answer_range`, served by a process of its own: `python -m tests.http.file_server FOLDER` prints its URL.

`/plain/NAME` and `/known/NAME` answer with the file; the server may know the latter for an hour. `/asked` says how many
requests for files came to the application, `/abort` closes the connections of those that are being answered.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from veza.http.file_answers import Representation, abort_of, answer_range
from veza.http.headers import SafeHeaders
from veza.http.request_log import RequestLog
from veza.http.serving import address, http_server, listen
from veza.kit.objects import Objects
from veza.ops.command import run_async

CHANGED_AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
KNOWN_FOR = timedelta(hours=1)


class FileServer:
    """ASGI application."""

    def __init__(self, folder: Path, objects: Objects | None = None) -> None:
        self._folder, self._objects = folder, objects or Objects.in_folder(folder)
        self._asked = 0
        self._aborts: set[Callable[[], None]] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while (await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        _, kind, *rest = scope["path"].split("/")
        if kind == "abort":
            for one in self._aborts:
                one()
        if not rest:
            await _say(send, str(self._asked))
            return
        self._asked += 1
        abort = abort_of(scope)
        assert abort is not None
        self._aborts.add(abort)
        try:
            what = self._representation(rest[0])
            await answer_range(scope, receive, send, what, known_for=KNOWN_FOR if kind == "known" else None)
        finally:
            self._aborts.discard(abort)

    def _representation(self, name: str) -> Representation:
        length = (self._folder / name).stat().st_size
        return Representation.of(self._objects, name, length, f'"{name}"', CHANGED_AT, "audio/mp4")


async def _say(send: Any, text: str) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(text))]})
    await send({"type": "http.response.body", "body": text.encode()})


def main(folder: Path) -> None:
    listener = listen("127.0.0.1", 0)
    print(address(listener), flush=True)
    application = RequestLog(SafeHeaders(FileServer(folder), always_tls=False))
    run_async(http_server(application, timedelta(seconds=1)).serve(sockets=[listener]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
