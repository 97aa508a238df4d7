"""tus 1.0, request by request: https://tus.io/protocols/resumable-upload."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.api.ingest.conftest import BYTES, Desk, metadata
from tests.api.visitors import visiting
from tests.client import API, UNKNOWN_ID
from tests.waiting import until
from veza.ingest import turns, upload_parts
from veza.ingest.uploads import LIFETIME

SONG = bytes(range(256)) * 40


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> int:
    """Parts of 1,000 bytes."""
    monkeypatch.setattr(upload_parts.cut, "__defaults__", (1000,))
    return 1000


def checksum(algorithm: str, content: bytes) -> str:
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, content).digest()).decode()}"


async def test_what_is_spoken_is_said_without_a_version_and_without_an_identity(desk: Desk) -> None:
    answer = await desk.client.options(f"{API}/uploads")
    assert answer.status_code == 204
    said = {name: answer.headers[name] for name in ("tus-version", "tus-extension", "tus-max-size")}
    assert said == {
        "tus-version": "1.0.0",
        "tus-extension": "creation,creation-with-upload,checksum,termination,expiration",
        "tus-max-size": str(4 * 1024**3),
    }
    assert answer.headers["tus-checksum-algorithm"] == "sha1,sha256,md5"


async def test_a_file_comes_in_two_requests_and_is_received(any_desk: Desk) -> None:
    where = await any_desk.begun(len(SONG))
    assert await any_desk.offset(where) == 0
    first = await any_desk.sent(where, 0, SONG[:4000])
    assert (first.status_code, first.headers["upload-offset"]) == (204, "4000")
    assert first.headers["tus-resumable"] == "1.0.0"
    assert await any_desk.offset(where) == 4000
    last = await any_desk.sent(where, 4000, SONG[4000:])
    assert (last.status_code, last.headers["upload-offset"]) == (204, str(len(SONG)))
    assert "upload-expires" not in last.headers
    assert (await any_desk.row(where)).status == "received"
    assert b"".join((await any_desk.stored(where)).values()) == SONG


async def test_head_says_all_that_a_client_needs_to_go_on(desk: Desk) -> None:
    where = await desk.begun(len(SONG))
    answer = await desk.tus("HEAD", where)
    assert answer.headers["upload-length"] == str(len(SONG))
    assert "no-store" in answer.headers["cache-control"]
    assert answer.headers["upload-expires"].endswith(" GMT")
    shown = await desk.get(where.removeprefix(API), by=desk.anna)
    assert (shown["file_name"], shown["status"], shown["offset_bytes"]) == ("Night Bus.flac", "receiving", 0)
    assert shown["track_id"] == str(desk.track)


async def test_a_body_is_stored_in_parts_of_bounded_size(desk: Desk, small_parts: int) -> None:
    where = await desk.begun(len(SONG))
    assert (await desk.sent(where, 0, SONG)).status_code == 204
    parts = await desk.stored(where)
    assert [*parts] == [*range(0, len(SONG), small_parts)]
    assert max(map(len, parts.values())) == small_parts
    assert b"".join(parts.values()) == SONG


async def test_the_first_bytes_may_come_with_the_beginning(desk: Desk) -> None:
    answer = await desk.tus(
        "POST", "/uploads", SONG[:100], Upload_Length=str(len(SONG)), Upload_Metadata=metadata(track=desk.track),
        Content_Type=BYTES["Content-Type"],
    )  # fmt: skip
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, "100")
    assert await desk.offset(answer.headers["location"]) == 100


@pytest.mark.parametrize(
    ("headers", "status", "kind"),
    [
        ({"Tus_Resumable": "0.2.2"}, 412, "tus-version"),
        ({"Upload_Length": ""}, 400, "invalid-request"),
        ({"Upload_Length": "-5"}, 400, "invalid-request"),
        ({"Upload_Length": "0"}, 413, "file-too-large"),
        ({"Upload_Length": str(4 * 1024**3 + 1)}, 413, "file-too-large"),
        ({"Upload_Defer_Length": "1"}, 400, "invalid-request"),
        ({"Upload_Concat": "partial"}, 400, "invalid-request"),
        ({"Upload_Concat": "final;/api/v1/uploads/a /api/v1/uploads/b"}, 400, "invalid-request"),
        ({"Upload_Metadata": ""}, 400, "invalid-request"),
        ({"Upload_Metadata": "track !!!"}, 400, "invalid-request"),
        ({"Upload_Metadata": metadata(track="no id")}, 400, "invalid-request"),
        ({"Upload_Metadata": metadata(track=UNKNOWN_ID)}, 404, "not-found"),
        ({"Upload_Metadata": metadata(release=UNKNOWN_ID)}, 404, "not-found"),
        ({"Upload_Metadata": metadata(artist=UNKNOWN_ID)}, 404, "not-found"),
        ({"Upload_Metadata": metadata(track=UNKNOWN_ID, release=UNKNOWN_ID)}, 400, "invalid-request"),
    ],
)
async def test_a_beginning_that_cannot_be_is_refused(
    desk: Desk, headers: dict[str, str], status: int, kind: str
) -> None:
    good = {"Upload_Length": "10", "Upload_Metadata": metadata(track=desk.track)}
    answer = await desk.tus("POST", "/uploads", **{**good, **headers})
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:veza:problem:{kind}")
    assert answer.headers["tus-resumable"] == "1.0.0"
    if status == 412:
        assert answer.headers["tus-version"] == "1.0.0"


@pytest.mark.parametrize(
    ("headers", "status", "kind"),
    [
        ({"Tus_Resumable": ""}, 412, "tus-version"),
        ({"Content_Type": "application/json"}, 415, "unsupported-media-type"),
        ({"Upload_Offset": "3"}, 409, "wrong-offset"),
        ({"Upload_Offset": "x"}, 400, "invalid-request"),
        ({"Upload_Checksum": "crc32 AAAA"}, 400, "invalid-request"),
        ({"Upload_Checksum": "sha1"}, 400, "invalid-request"),
        ({"Upload_Checksum": checksum("sha1", b"other")}, 460, "wrong-checksum"),
    ],
)
async def test_bytes_that_cannot_be_taken_are_refused_and_nothing_is_stored(
    desk: Desk, headers: dict[str, str], status: int, kind: str
) -> None:
    where = await desk.begun(len(SONG))
    answer = await desk.sent(where, 0, SONG[:2000], **headers)
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:veza:problem:{kind}")
    assert await desk.offset(where) == 0
    assert await desk.stored(where) == {}


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "md5"])
async def test_bytes_with_their_checksum_are_stored(desk: Desk, small_parts: int, algorithm: str) -> None:
    where = await desk.begun(len(SONG))
    answer = await desk.sent(where, 0, SONG, Upload_Checksum=checksum(algorithm, SONG))
    assert answer.status_code == 204, answer.text
    assert (await desk.row(where)).status == "received"
    assert b"".join((await desk.stored(where)).values()) == SONG


async def test_more_bytes_than_the_file_has_are_refused(desk: Desk) -> None:
    where = await desk.begun(10)
    assert (await desk.sent(where, 0, b"x" * 11)).status_code == 413

    async def without_a_length() -> AsyncIterator[bytes]:
        yield b"x" * 11

    assert (await desk.sent(where, 0, without_a_length())).status_code == 413
    assert await desk.offset(where) == 0


async def test_a_line_that_is_cut_keeps_every_byte_that_came(desk: Desk, small_parts: int) -> None:
    where = await desk.begun(len(SONG))
    await desk.cut_off(where, 0, SONG[:2500])
    assert await desk.offset(where) == 2500
    assert (await desk.sent(where, 2500, SONG[2500:])).status_code == 204
    assert b"".join((await desk.stored(where)).values()) == SONG


async def test_a_line_that_is_cut_in_a_body_with_a_checksum_keeps_nothing(desk: Desk, small_parts: int) -> None:
    where = await desk.begun(len(SONG))
    await desk.cut_off(where, 0, SONG[:2500], **{"Upload-Checksum": checksum("sha1", SONG)})
    assert await desk.offset(where) == 0
    assert await desk.stored(where) == {}


async def test_of_two_tabs_the_newer_goes_on_after_what_the_older_sent(any_desk: Desk, small_parts: int) -> None:
    desk, hangs = any_desk, asyncio.Event()
    where = await desk.begun(len(SONG))

    async def older_tab() -> AsyncIterator[bytes]:
        yield SONG[:2500]
        await hangs.wait()
        yield b""

    older = asyncio.create_task(desk.sent(where, 0, older_tab()))

    async def has_two_parts() -> bool:
        return await desk.offset(where) == 2000

    await until(has_two_parts)
    newer = await desk.sent(where, 2000, SONG[2000:])
    assert (newer.status_code, newer.json()["type"]) == (409, "urn:veza:problem:wrong-offset")
    assert (await older).status_code == 409
    assert await desk.offset(where) == 2500
    assert (await desk.sent(where, 2500, SONG[2500:])).status_code == 204
    assert b"".join((await desk.stored(where)).values()) == SONG


async def test_a_writer_of_another_process_that_was_displaced_changes_nothing(desk: Desk, small_parts: int) -> None:
    """The older request is answered by a process that knows nothing of the newer one."""
    where, goes_on = await desk.begun(len(SONG)), asyncio.Event()

    async def older_tab() -> AsyncIterator[bytes]:
        yield SONG[:1500]
        await goes_on.wait()
        yield SONG[1500:3000]

    older = asyncio.create_task(desk.sent(where, 0, older_tab()))

    async def has_a_part() -> bool:
        return await desk.offset(where) == 1000

    await until(has_a_part)
    desk.ingest.turns._writers.clear()
    assert (await desk.sent(where, 1000, SONG[1000:4100])).status_code == 204
    goes_on.set()
    assert (await older).status_code == 409
    assert await desk.offset(where) == 4100
    assert (await desk.sent(where, 4100, SONG[4100:])).status_code == 204
    assert b"".join((await desk.stored(where)).values()) == SONG


async def test_only_the_artists_people_know_of_an_upload(desk: Desk) -> None:
    where = await desk.begun(len(SONG))
    for method in ("HEAD", "GET", "DELETE"):
        assert (await desk.tus(method, where, by=desk.ben)).status_code == 404
    assert (await desk.sent(where, 0, SONG, by=desk.ben)).status_code == 404
    answer = await desk.tus(
        "POST", "/uploads", by=desk.ben, Upload_Length="10", Upload_Metadata=metadata(track=desk.track)
    )
    assert answer.status_code == 404
    listener = visiting(desk.anna, "listener")
    refused = await desk.client.post(f"{API}/uploads", headers={**listener, "Tus-Resumable": "1.0.0"})
    assert refused.status_code == 403


async def test_an_upload_that_is_given_up_is_gone(any_desk: Desk) -> None:
    where = await any_desk.begun(len(SONG))
    await any_desk.sent(where, 0, SONG[:100])
    assert (await any_desk.tus("DELETE", where)).status_code == 204
    for answer in (
        await any_desk.tus("HEAD", where),
        await any_desk.sent(where, 100, SONG[100:]),
        await any_desk.tus("DELETE", where),
    ):
        assert answer.status_code == 410


async def test_each_byte_gives_an_upload_another_day(desk: Desk) -> None:
    where = await desk.begun(len(SONG))
    desk.clock.advance(timedelta(hours=20))
    await desk.sent(where, 0, SONG[:100])
    assert (await desk.row(where)).expires_at == desk.clock.now() + LIFETIME


async def test_a_proxy_that_knows_no_patch_is_helped(desk: Desk) -> None:
    where = await desk.begun(len(SONG))
    answer = await desk.tus(
        "POST", where, SONG, X_HTTP_Method_Override="PATCH", Upload_Offset="0", Content_Type=BYTES["Content-Type"]
    )
    assert answer.status_code == 204, answer.text
    shown = await desk.tus("POST", where, X_HTTP_Method_Override="HEAD")
    assert (shown.headers["upload-offset"], shown.content) == (str(len(SONG)), b"")
    assert (await desk.tus("POST", where, X_HTTP_Method_Override="DELETE")).status_code == 204


async def test_a_refusal_before_the_bodys_end_ends_the_connection(desk: Desk) -> None:
    where = await desk.begun(len(SONG))
    assert (await desk.sent(where, 7, SONG)).headers["connection"] == "close"
    assert "connection" not in (await desk.sent(where, 0, SONG)).headers


async def test_who_waited_in_vain_for_a_place_is_asked_to_come_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "WAITS_SECONDS", 0.0)
    async with asyncio.TaskGroup() as group:
        ends = asyncio.Event()

        async def slow() -> AsyncIterator[bytes]:
            yield b"x"
            await ends.wait()
            yield b""

        places = [await desk.begun(10) for _ in range(turns.MOST_OF_A_PERSON + 1)]
        for where in places[:-1]:
            group.create_task(desk.sent(where, 0, slow()))
        writers = desk.ingest.turns._writers
        await until(lambda: [one.is_writing for one in writers.values()] == [True] * turns.MOST_OF_A_PERSON)
        answer = await desk.sent(places[-1], 0, b"x")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        ends.set()
