"""What a track answers to one of those who ask, over HTTP and gRPC, in the words of the table (`access_table`)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Protocol
from uuid import uuid4

import httpx
from structlog.testing import capture_logs

import grpc
from tests.api.streaming.access_table import KEPT, STREAMED
from tests.api.streaming.buyers import Holder
from tests.api.streaming.conftest import Stage
from tests.client import DEFAULT_URL
from tests.grpc.conftest import Caller
from tests.sounding import keep_downloads, rendered
from veza.audio.download_formats import DownloadFormat
from veza.audio.manifest import Rung
from veza.grpc import stream_pb2 as pb
from veza.streaming import release_asking
from veza.streaming.asking import Holder as DownloadHolder

FORMAT = DownloadFormat.FLAC
REFUSALS = {401: "sign in", 403: "refused", 404: "not there"}
CODES = {
    grpc.StatusCode.UNAUTHENTICATED: "sign in",
    grpc.StatusCode.PERMISSION_DENIED: "refused",
    grpc.StatusCode.NOT_FOUND: "not there",
}
_BROWSER = {"Accept": "text/html"}
EVERYTHING = (*STREAMED, *KEPT, "original")
PARTS = {pb.AuthorizeResponse.WHOLE: "whole", pb.AuthorizeResponse.PREVIEW: "preview"}


async def make_downloads(stage: Stage) -> None:
    """The release can be downloaded: its files are made."""
    database, objects = stage.veza.database, stage.veza.catalog.objects
    async with database.write("test") as session:
        found = await release_asking.ask_for_release(session, DownloadHolder(stage.owner), stage.release, FORMAT)
    await keep_downloads(database, objects, found.downloads, rendered(2.0)[0])


class Door(Protocol):
    """Where addresses below /stream/ of the track are asked for."""

    async def get(self, rest: str, headers: dict[str, str] | None = None, **more: str) -> httpx.Response: ...


class Trial:
    """One who asks."""

    def __init__(self, stage: Stage, caller: Caller, holder: Holder, door: Door | None = None) -> None:
        """`door` is where streams are asked for, if not at the one process that serves everything."""
        self._stage, self._caller, self._holder, self._door = stage, caller, holder, door or stage
        self._files: dict[str, bytes] = rendered(2.0)[1]
        self._manifest: dict[str, Any] = {}

    async def answers(self, names: Iterable[str] = EVERYTHING) -> dict[str, str]:
        """To these of the table. Lines in the log are not put into words: they would be a fifth of the time."""
        with capture_logs():
            return {name: await getattr(self, name)() for name in names}

    async def get(self, address: str, *, has_link: bool = False, **headers: str) -> httpx.Response:
        asked = address if has_link else self._holder.at(address)
        return await self._door.get(asked, {} if has_link else self._holder.headers, **headers)

    async def playlist(self) -> str:
        said = set()
        for address in ("master.m3u8", "master.m3u8?lossless=true"):
            answer = await self.get(address)
            lines = [line.partition("/")[0] for line in answer.text.splitlines() if not line.startswith("#")]
            said.add(_said(answer, {("aac64", "aac128", "aac256"): "whole", ("flac",): "whole"}, tuple(lines)))
        (only,) = said
        return only

    async def manifest(self) -> str:
        self._manifest = {}
        answer = await self.get("manifest.json")
        if answer.status_code != 200:
            return _said(answer)
        shown = self._manifest = answer.json()
        rungs = {one["rung"] for one in shown["renditions"]}
        assert (len(rungs) > 1) is (shown["part"] == "whole")
        return str(shown["part"])

    async def file(self) -> str:
        """The end of the track as one file."""
        answer = await self.get("audio.m4a", Range="bytes=-500")
        parts = {
            self._files[f"{name}.m4a"][-500:]: part for name, part in (("aac256", "whole"), ("preview", "preview"))
        }
        return _said(answer, parts, answer.content)

    async def segments(self) -> str:
        """A part of each rung and of its ordinary file, by the links of the manifest; without one where it has none."""
        links = {one["rung"]: one["url"] for one in self._manifest.get("renditions", ())}
        said = set()
        for rung in Rung:
            for suffix in ("mp4", "m4a")[: 1 if rung is Rung.FLAC else 2]:
                address = links.get(rung, f"{rung}/audio.mp4").replace(".mp4", f".{suffix}")
                answer = await self.get(address, has_link=True, Range="bytes=700-799")
                said.add(_said(answer, {self._files[f"{rung}.{suffix}"][700:800]: "whole"}, answer.content))
        (only,) = said
        return only

    async def preview(self) -> str:
        said = set()
        for suffix in ("mp4", "m4a"):
            answer = await self._door.get(f"preview/audio.{suffix}", self._holder.headers)
            said.add(_said(answer, {self._files[f"preview.{suffix}"]: "preview"}, answer.content))
        playlist = await self._door.get("preview/index.m3u8", self._holder.headers)
        said.add(_said(playlist, {True: "preview"}, "audio.mp4" in playlist.text))
        (only,) = said
        return only

    async def waveform(self) -> str:
        answer = await self._api("GET", f"/tracks/{self._stage.track}/waveform")
        return _said(answer, {(1800, 1800): "shown"}, answer.is_success and tuple(map(len, answer.json().values())))

    async def grpc(self) -> str:
        """A stream that is begun over gRPC, by the cookie or the token of a mailed link."""
        return await self._authorized(**self._credentials())

    async def grpc_preview(self) -> str:
        return await self._authorized(**self._credentials(), preview=True)

    async def formats(self) -> str:
        answer = await self._api("GET", f"/tracks/{self._stage.track}/downloads")
        return _said(answer, {True: "file"}, answer.is_success and FORMAT in answer.json()["formats"])

    async def download(self) -> str:
        return await self._file_of(f"/tracks/{self._stage.track}/downloads", b"fLaC")

    async def archive(self) -> str:
        return await self._file_of(f"/releases/{self._stage.release}/downloads", b"PK\3\4")

    async def original(self) -> str:
        answer = await self._api("GET", f"/tracks/{self._stage.track}/original")
        return await self._behind(answer, b"fLaC")

    async def library(self) -> str:
        """The page of the release, and the beginning of each file that it leads to."""
        page = await self._stage.browser.get(
            self._in_library(f"?format={FORMAT.value}"), headers={**self._holder.headers, **_BROWSER}
        )
        if not page.is_success:
            return self._of_page(page)
        links = set(re.findall(r'href="(/downloads/[^"]+)"', page.text))
        begin = {(await self._stage.browser.get(one, headers={"Range": "bytes=0-3"})).content for one in links}
        return {frozenset(): "shown", frozenset((b"fLaC", b"PK\3\4")): "file"}[frozenset(begin)]

    async def library_form(self) -> str:
        """A file is asked for where it is shown."""
        answer = await self._stage.browser.post(
            self._in_library("/files"), data={"format": FORMAT.value},
            headers={**self._holder.headers, **_BROWSER, "Origin": DEFAULT_URL},
        )  # fmt: skip
        is_led_back = answer.headers.get("location", "").startswith(self._in_library("?"))
        return "file" if answer.status_code == 303 and is_led_back else self._of_page(answer)

    def _in_library(self, rest: str) -> str:
        return f"/library/{self._stage.release}{rest}"

    def _of_page(self, answer: httpx.Response) -> str:
        if answer.headers.get("location", "").startswith("/sign-in"):
            return "sign in"
        assert answer.headers["content-type"].startswith("text/html")
        return REFUSALS[answer.status_code]

    async def _file_of(self, path: str, begins: bytes) -> str:
        """Ask for a download, see how far it is, and read its beginning by its link."""
        asked = await self._api("POST", path)
        shown = await self._api("GET", f"{path}/{FORMAT.value}")
        assert asked.status_code == shown.status_code
        return await self._behind(shown, begins)

    async def _behind(self, answer: httpx.Response, begins: bytes) -> str:
        if not answer.is_success:
            return _said(answer)
        file = await self._stage.browser.get(answer.json()["link"], headers={"Range": f"bytes=0-{len(begins) - 1}"})
        return _said(file, {begins: "file"}, file.content)

    async def _api(self, method: str, path: str) -> httpx.Response:
        writes = {"Idempotency-Key": str(uuid4()), "Origin": DEFAULT_URL} if method == "POST" else {}
        return await self._stage.browser.request(
            method, self._holder.at(f"/api/v1{path}"), headers={**self._holder.headers, **writes},
            json={"format": FORMAT.value} if writes else None,
        )  # fmt: skip

    def _credentials(self) -> dict[str, Any]:
        sent = self._holder.headers
        return {
            "cookie": sent.get("Cookie", ""), "authorization": sent.get("Authorization", ""),
            "order_token": self._holder.token or "",
        }  # fmt: skip

    async def _authorized(self, **listener: Any) -> str:
        asked = pb.Listener(track_id=str(self._stage.track), **listener)
        try:
            said = await self._caller.call("Authorize", pb.AuthorizeRequest(listener=asked))
        except grpc.aio.AioRpcError as error:
            return CODES[error.code()]
        part = PARTS[said.part]
        assert sorted(said.links) == (sorted(Rung) if part == "whole" else [])
        if part == "whole":
            file = await self._stage.get(f"flac/audio.mp4?link={said.links['flac']}", Range="bytes=700-799")
            assert file.content == self._files["flac.mp4"][700:800]
        return part


def _said(answer: httpx.Response, meanings: dict[Any, str] | None = None, found: Any = None) -> str:
    """What an answer says; of one that is no refusal what was `found` in it."""
    if answer.status_code in REFUSALS:
        assert answer.headers["content-type"] == "application/problem+json"
        return REFUSALS[answer.status_code]
    assert answer.is_success, answer.text
    if found == ("preview",):
        return "preview"
    return (meanings or {})[found]
