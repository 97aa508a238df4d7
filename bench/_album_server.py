"""A release's ZIP as a process of its own: `_album_server.py FOLDER CORE` prints its URL and serves /album.zip.

What a link of a release is answered with (`api/streaming/packing.py`), of the files in FOLDER/objects that album.json
describes, under the wrappers of every answer. `_album_server.py FOLDER CORE --write` writes FOLDER/files/album.zip.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from veza.api.streaming.packing import packed, zip_of
from veza.http.headers import SafeHeaders
from veza.http.request_log import RequestLog
from veza.http.serving import address, http_server, listen
from veza.kit.objects import Objects
from veza.ops.command import run_async
from veza.ops.observability import configure_logs
from veza.settings import Settings
from veza.streaming.release_archives import Contents
from veza.streaming.served import PackedFile, ServedArchive

CHUNK_BYTES = 1 << 20


def archive_in(folder: Path) -> ServedArchive:
    files = [PackedFile(**one) for one in json.loads((folder / "album.json").read_text())]
    return ServedArchive(Contents("Album", [], None, "As you like."), files, datetime.now(UTC))


class Album:
    """ASGI application: every address is the archive, described anew for each request as a link is."""

    def __init__(self, folder: Path) -> None:
        self._objects, self._archive = Objects.in_folder(folder / "objects"), archive_in(folder)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while (await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        answer = await packed(self._objects, self._archive)
        await answer.to_asgi_response(None, None)(scope, receive, send)  # type: ignore[arg-type]  # it uses neither


async def written(folder: Path) -> None:
    made = await zip_of(Objects.in_folder(folder / "objects"), archive_in(folder))
    with (folder / "files" / "album.zip").open("wb") as file:
        async for chunk in made.read(0, made.length):
            file.write(chunk)
    print("written", flush=True)


def served(folder: Path) -> None:
    configure_logs(Settings(log_level="error"))
    listener = listen("127.0.0.1", 0)
    application = RequestLog(SafeHeaders(Album(folder), always_tls=False))
    gc.freeze()
    print(address(listener), flush=True)
    run_async(http_server(application, timedelta(seconds=1)).serve(sockets=[listener]))


if __name__ == "__main__":
    os.sched_setaffinity(0, {int(sys.argv[2])})
    if "--write" in sys.argv:
        asyncio.run(written(Path(sys.argv[1])))
    else:
        served(Path(sys.argv[1]))
