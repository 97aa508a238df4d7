"""Ranges of files as a process serves them on uvloop: the right bytes in order, to slow clients and to leaving ones."""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests import factories
from tests.http.file_server import CHANGED_AT, FileServer
from tests.waiting import until
from veza.http.file_answers import Representation, answer_range
from veza.http.open_files import CutShort
from veza.http.serving import listen, serving
from veza.kit.objects import Bucket, Objects

ROOT = Path(__file__).parents[2]
SIZE, LARGE = 3_000_001, 64 << 20
BODY = random.Random(1).randbytes(SIZE)
BOUND_SECONDS = 60


@dataclass(frozen=True)
class Server:
    url: str
    pid: int
    folder: Path

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def descriptors(self) -> int:
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def memory_bytes(self) -> int:
        """Resident memory that no file backs."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("files")
    (folder / "sound").write_bytes(BODY)
    with (folder / "large").open("wb") as large:
        for number in range(LARGE >> 20):
            large.write(bytes([number]) * (1 << 20))
    command = [sys.executable, "-m", "tests.http.file_server", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield Server(process.stdout.readline().strip(), process.pid, folder)
        process.terminate()


@pytest.fixture
async def client(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.url, timeout=BOUND_SECONDS) as client:
        yield client


async def asked(client: httpx.AsyncClient) -> int:
    return int((await client.get("/asked")).text)


def of_bytes(start: int, end: int) -> dict[str, str]:
    return {"range": f"bytes={start}-{end - 1}"}


SPANS = [(0, 1), (SIZE - 1, SIZE), (0, 262_144), (1_000_001, 1_130_001), (70_000, 2_900_000), (0, SIZE)]


@pytest.mark.parametrize("path", ["/plain/sound", "/known/sound?link=spans"])
async def test_a_range_is_these_bytes(client: httpx.AsyncClient, path: str) -> None:
    for _ in range(2):
        for start, end in SPANS:
            answer = await client.get(path, headers=of_bytes(start, end))
            assert (answer.status_code, answer.content) == (206, BODY[start:end])
            told = {name: value for name, value in answer.headers.items() if name not in ("date", "x-request-id")}
            assert told.pop("content-range") == f"bytes {start}-{end - 1}/{SIZE}"
            assert told.pop("content-length") == str(end - start)
            assert told["etag"] == '"sound"'
            assert told["content-type"] == "audio/mp4"
            assert told["accept-ranges"] == "bytes"
            assert told["last-modified"] == "Sun, 01 Mar 2026 12:00:00 GMT"
            assert told["x-content-type-options"] == "nosniff"
    whole = await client.get(path)
    assert (whole.status_code, whole.content) == (200, BODY)
    head = await client.head(path, headers=of_bytes(0, 1))
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(SIZE))


async def test_a_link_that_is_known_is_answered_without_the_application(client: httpx.AsyncClient) -> None:
    path = "/known/sound?link=asked-once"
    before = await asked(client)
    answers = [await client.get(path, headers=of_bytes(n, n + 1_000)) for n in range(0, 10_000, 1_000)]
    assert b"".join(answer.content for answer in answers) == BODY[:10_000]
    # One that comes before the answer of the application is over is the application's too.
    assert 1 <= await asked(client) - before < len(answers) / 2
    own = {"date", "content-range", "x-request-id"}
    told = [{(name, value) for name, value in answer.headers.items() if name not in own} for answer in answers]
    assert all(one == told[0] for one in told)
    # Another link is not this one.
    before = await asked(client)
    await client.get(path + "r", headers=of_bytes(0, 1))
    assert await asked(client) == before + 1


@pytest.mark.parametrize(
    ("method", "fields", "status"),
    [
        ("GET", {}, 200),
        ("HEAD", {"range": "bytes=0-9"}, 200),
        ("GET", {"range": "bytes=-10"}, 206),
        ("GET", {"range": "bytes=5-"}, 206),
        ("GET", {"range": "bytes=5-4"}, 200),
        ("GET", {"range": "bytes=0-1,5-9"}, 200),
        ("GET", {"range": f"bytes={SIZE}-{SIZE + 5}"}, 416),
        ("GET", {"range": "bytes=0-9", "if-range": '"other"'}, 200),
        ("GET", {"range": "bytes=0-9", "if-none-match": '"sound"'}, 304),
        ("GET", {"range": "bytes=0-9", "connection": "close"}, 206),
        ("GET", {"range": "bytes=0-2999999"}, 206),
    ],
    ids=str,
)
async def test_what_asks_for_more_than_a_plain_range_comes_to_the_application(
    client: httpx.AsyncClient, method: str, fields: dict[str, str], status: int
) -> None:
    path = "/known/sound?link=more"
    assert (await client.get(path, headers=of_bytes(0, 1))).status_code == 206
    before = await asked(client)
    answer = await client.request(method, path, headers=fields)
    assert answer.status_code == status
    assert await asked(client) == before + 1


async def connect(server: Server, *, takes: int | None = None) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection, whose socket takes `takes` bytes at once."""
    connection = socket.socket()
    if takes is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, takes)
    connection.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", server.port))
    return await asyncio.open_connection(sock=connection, limit=65_536)


def request(path: str, start: int, end: int) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: veza\r\nRange: bytes={start}-{end - 1}\r\n\r\n".encode()


async def answered(reader: asyncio.StreamReader) -> bytes:
    """The body of the next answer, which is a part."""
    async with asyncio.timeout(BOUND_SECONDS):
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 206")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return await reader.readexactly(length)


@pytest.mark.parametrize("takes", [None, 4_096], ids=["a fast reader", "a slow reader"])
async def test_requests_sent_at_once_are_answered_in_their_order(server: Server, takes: int | None) -> None:
    paths = ["/plain/sound", "/known/sound?link=pipelined"]
    chance = random.Random(2)
    spans = [(start, start + chance.choice((1, 5_000, 900_000))) for start in chance.sample(range(2_000_000), 40)]
    reader, writer = await connect(server, takes=takes)
    writer.write(b"".join(request(chance.choice(paths), *span) for span in spans))
    for start, end in spans:
        assert await answered(reader) == BODY[start:end]
    writer.write(request(paths[1], 5, 9))  # and the connection is still good
    assert await answered(reader) == BODY[5:9]
    writer.close()


async def test_a_slow_reader_gets_all_and_the_server_holds_little(server: Server) -> None:
    before = server.memory_bytes()
    connections = [await connect(server, takes=16_384) for _ in range(8)]
    for _, writer in connections:
        writer.write(request("/plain/large", 0, LARGE))
    reader, _ = connections[0]
    await reader.readuntil(b"\r\n\r\n")
    taken, digest = 0, hashlib.sha256()
    async with asyncio.timeout(BOUND_SECONDS):
        while taken < LARGE:
            chunk = await reader.read(65_536)
            assert chunk
            digest.update(chunk)
            taken += len(chunk)
    assert server.memory_bytes() - before < 8 << 20
    with (server.folder / "large").open("rb") as large:
        assert digest.digest() == hashlib.file_digest(large, "sha256").digest()
    for _, writer in connections:
        writer.transport.abort()


@pytest.mark.parametrize("path", ["/plain/large", "/known/large?link=left"])
async def test_the_answer_to_a_client_that_has_left_ends(server: Server, client: httpx.AsyncClient, path: str) -> None:
    for _ in range(2):  # the second one opens the file of a link that is known
        await client.get(path, headers=of_bytes(0, 1))
    before = server.descriptors()
    for end in (LARGE, 1_000_000):
        reader, writer = await connect(server, takes=4_096)
        writer.write(request(path, 0, end))
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.abort()
    await until(lambda: server.descriptors() <= before)
    assert (await client.get(path, headers=of_bytes(5, 6))).content == b"\0"


async def test_an_answer_can_be_cut_off_in_its_middle(server: Server, client: httpx.AsyncClient) -> None:
    before = server.descriptors()
    reader, writer = await connect(server, takes=16_384)
    writer.write(request("/plain/large", 0, LARGE))
    await reader.readuntil(b"\r\n\r\n")
    await client.get("/abort")
    taken = 0
    try:
        while chunk := await reader.read(65_536):
            taken += len(chunk)
    except ConnectionError:
        pass
    assert taken < LARGE // 4
    writer.close()
    await until(lambda: server.descriptors() <= before + 1)  # the client's own connection


@pytest.mark.parametrize("kind", ["file", "object"])
async def test_files_and_objects_without_a_file_are_answered_alike_on_the_plain_loop(kind: str, tmp_path: Path) -> None:
    await asyncio.to_thread((tmp_path / "sound").write_bytes, BODY)
    objects = None
    if kind == "object":
        objects = factories.objects()
        await objects.put("sound", BODY)
        assert objects.local_path("sound") is None
    application = FileServer(tmp_path, objects)
    async with serving(application, listen("127.0.0.1", 0)) as url:
        here = Server(url, os.getpid(), tmp_path)
        reader, writer = await connect(here, takes=4_096)
        writer.write(b"".join(request("/known/sound", *span) for span in SPANS))
        for start, end in SPANS:
            assert await answered(reader) == BODY[start:end]
        writer.close()
        async with httpx.AsyncClient(base_url=url) as client:
            assert (await client.get("/known/sound", headers={"if-none-match": '"sound"'})).status_code == 304
            assert (await client.head("/known/sound")).headers["content-length"] == str(SIZE)
            # Only what lies in a file is known to the server.
            before = await asked(client)
            await client.get("/known/sound", headers=of_bytes(0, 1))
            assert await asked(client) == before + (kind == "object")


async def test_a_file_of_another_length_is_not_answered_with(tmp_path: Path) -> None:
    await asyncio.to_thread((tmp_path / "sound").write_bytes, BODY[:-1])
    what = Representation.of(Objects.in_folder(tmp_path), "sound", SIZE, '"sound"', CHANGED_AT, "audio/mp4")
    sent: list[object] = []

    async def send(message: object) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "GET", "headers": [], "extensions": {"http.response.zerocopysend": {}},
    }  # fmt: skip
    with pytest.raises(CutShort, match="3000000 bytes are kept where 3000001 are told"):
        await answer_range(scope, None, send, what)  # type: ignore[arg-type]  # no body is read
    assert sent == []


def test_a_weak_tag_is_no_tag_of_a_representation() -> None:
    with pytest.raises(ValueError, match="no strong entity tag"):
        Representation.of(factories.objects(), "sound", 1, 'W/"a"', CHANGED_AT, "audio/mp4")


def test_a_path_is_told_of_what_lies_in_a_folder_alone(tmp_path: Path) -> None:
    objects = Objects.in_folder(tmp_path)
    assert objects.local_path("a/b.flac") == tmp_path / "a" / "b.flac"
    for key in ("../b", "a/./b", "a\nb"):
        assert objects.local_path(key) is None
    assert Objects.in_bucket(Bucket("s3://sound")).local_path("a/b.flac") is None
