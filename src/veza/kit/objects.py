"""Objects: files kept by a key, in a local folder by default, in a bucket of an S3-compatible service at scale."""

from __future__ import annotations

import asyncio
import atexit
import errno
import re
import shutil
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit

from obstore.exceptions import BaseError, GenericError, NotFoundError
from obstore.store import LocalStore, ObjectStore, S3Store

from veza.kit.messages import Message, gettext
from veza.kit.object_pages import pages_of
from veza.kit.object_parts import PART_BYTES, PartedWrite, begun
from veza.kit.synced import synced

if TYPE_CHECKING:
    from obstore import GetOptions, ObjectMeta

CHUNK_BYTES = 1 << 20
"""What `chunks` reads at once unless told otherwise: a request of some milliseconds."""
MOST_NAME_BYTES = 240
"""Of each name in a key: file systems take 255, and a file that is being written has a longer name."""
SECONDS_TO_LET_GO = 0.1
"""Spent at the end of a process that used a store. A thread of obstore that has handed over a result needs the
interpreter once more. If it is gone by then, the process is aborted, as 16 of 20 short ones were
(PyO3/pyo3-async-runtimes#40)."""
_FULL = re.compile(
    rf"\(os error (?:{errno.ENOSPC}|{errno.EDQUOT}|{errno.EFBIG})\)"
    r"|status code: 507\b|<Code>\w*(?:StorageFull|QuotaExceeded)</Code>"
)
"""How obstore, which keeps no number, says that there is no space: on a disk; in a bucket of MinIO (XMinioStorageFull,
XMinioAdminBucketQuotaExceeded), of Ceph (QuotaExceeded), or of a service that has the status of HTTP for it."""
_BEING_WRITTEN = re.compile(r"#[0-9]+\Z")
"""How obstore names a file in a folder until it is whole."""


class NoSuchObject(LookupError):
    """There is no object with this key."""

    def __init__(self, key: str) -> None:
        super().__init__(gettext("no object is kept under {key}", key=key))


class ObjectsUnavailable(Exception):
    """The store does not answer, is full or may not be written; `is_full` where it said so."""

    def __init__(self, doing: Message, error: Exception) -> None:
        self.is_full = _FULL.search(str(error)) is not None
        said = (str(error).splitlines() or [type(error).__name__])[0]
        super().__init__(gettext("the object store could not {doing}: {said}", doing=doing, said=said[:200]))


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where a bucket is: `url` is s3://bucket/prefix; an empty `endpoint` is Amazon's of the region."""

    url: str
    endpoint: str = ""
    region: str = "us-east-1"
    access_key_id: str = ""
    secret_access_key: str = ""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What a store knows of an object. `etag` is quoted and strong, None where the store has none."""

    key: str
    size_bytes: int
    modified_at: datetime
    etag: str | None


class Objects:
    """Files by key, such as `covers/ab/abcd.webp`. A write is whole or not there, and replaces what was there.

    Every method raises ObjectsUnavailable if the store does not answer, is full or may not be written, and ValueError
    for a key that not every kind of store takes. Only `put` and `get` hold an object in memory; `write` holds a few of
    its parts, `chunks` one chunk.
    """

    def __init__(self, open_store: Callable[[], ObjectStore], folder: Path | None = None) -> None:
        self._open, self._folder = open_store, folder

    @classmethod
    def in_folder(cls, folder: Path) -> Objects:
        """Files under `folder`, which is made when it is first used."""
        return cls(lambda: LocalStore(folder, mkdir=True), folder)

    @classmethod
    def in_bucket(cls, bucket: Bucket) -> Objects:
        """Objects of an S3-compatible service."""
        where = urlsplit(bucket.url)

        def open_store() -> ObjectStore:
            return S3Store(
                where.netloc,
                prefix=where.path.strip("/") or None,
                region=bucket.region,
                access_key_id=bucket.access_key_id,
                secret_access_key=bucket.secret_access_key,
                # The bucket as the first part of the path works at Amazon and everywhere else.
                virtual_hosted_style_request=False,
                client_options={"allow_http": bucket.endpoint.startswith("http://"), "timeout": "30s"},
                # Seconds, not three minutes: a person waits for the sentence, and a worker comes back later by itself.
                retry_config={"max_retries": 5, "retry_timeout": timedelta(seconds=30)},
                endpoint=bucket.endpoint or f"https://s3.{bucket.region}.amazonaws.com",
            )

        return cls(open_store)

    @property
    def is_local(self) -> bool:
        """Whether objects are files of a folder."""
        return self._folder is not None

    async def put(self, key: str, data: bytes | bytearray) -> None:
        """Store `data` under `key`; a bytearray must stay as it is until then."""
        with _said(gettext("write {key}", key=key)):
            await self._store.put_async(_taken(key), data)
            await self._sync(key)

    async def write(self, key: str, chunks: AsyncIterator[bytes]) -> None:
        """Store what `chunks` yields under `key`. What `chunks` raises is raised as it is, and nothing is written."""
        doing = gettext("write {key}", key=_taken(key))
        first, is_all = await begun(chunks)
        if is_all:
            await self.put(key, first)
            return
        with _said(doing):
            write = PartedWrite(self._store, key)
        try:
            with _said(doing):
                await write.send(first)
            del first  # 5 MB, which would stay in memory as long as the rest is written
            async for chunk in chunks:
                with _said(doing):
                    await write.send(chunk)
            with _said(doing):
                await write.finish()
                await self._sync(key)
        except BaseException:
            await write.give_up()
            raise

    async def write_file(self, key: str, path: Path) -> None:
        """Store the file at `path` under `key`; raises OSError if it cannot be read."""
        with await asyncio.to_thread(path.open, "rb") as file:
            await self.write(key, chunks_of(file))

    async def head(self, key: str) -> StoredObject:
        """What is known of the object with `key`; raises NoSuchObject."""
        with _said(gettext("read {key}", key=key), key):
            return _stored(await self._store.head_async(_taken(key)))

    async def get(self, key: str) -> bytes:
        """The object with `key`; raises NoSuchObject."""
        with _said(gettext("read {key}", key=key), key):
            found = await self._store.get_async(_taken(key))
            return bytes(await found.bytes_async())

    async def read(self, key: str, start: int, end: int) -> bytes:
        """Bytes from `start` up to, not including, `end`: fewer where the object ends before. Raises NoSuchObject."""
        if start >= end:
            await self.head(key)
            return b""
        return (await self._read(key, start, end))[0]

    async def chunks(
        self, key: str, start: int = 0, end: int | None = None, chunk_bytes: int = CHUNK_BYTES
    ) -> AsyncGenerator[bytes, None]:
        """The same bytes, `chunk_bytes` at a time; up to the object's end if `end` is None.

        Each chunk is a request of its own: a slow reader keeps no connection to the store, and meets none of its
        timeouts. If the object is replaced meanwhile, ObjectsUnavailable is raised, and never a mixture read.
        """
        if end is not None and start >= end:
            await self.head(key)
            return
        etag = None
        while end is None or start < end:
            until = start + chunk_bytes if end is None else min(start + chunk_bytes, end)
            chunk, found = await self._read(key, start, until, etag)
            if chunk:
                yield chunk
            start, etag = start + len(chunk), found.etag
            if not chunk or start >= found.size_bytes:
                return

    async def copy_to_file(self, key: str, path: Path) -> None:
        """Write the object to a new file at `path`, which is gone if that fails. Raises NoSuchObject, and OSError if
        there is a file, or it cannot be written."""
        file = await asyncio.to_thread(path.open, "xb")
        try:
            with file:
                async for chunk in self.chunks(key, chunk_bytes=PART_BYTES):
                    await asyncio.to_thread(file.write, chunk)
        except BaseException:
            await asyncio.to_thread(path.unlink)
            raise

    async def file_of(self, key: str, path: Path) -> Path:
        """A file with the object's bytes, to be read and never written: its own, or a copy at `path` of what lies in a
        bucket. Raises NoSuchObject, and OSError if the copy cannot be written."""
        await self.head(key)
        own = self.local_path(key)
        if own is None:
            await self.copy_to_file(key, path)
        return own or path

    def local_path(self, key: str) -> Path | None:
        """Where the object's file is, if there is one; None for a store that is no folder. Never write to it.

        A replaced object is another file: an answer that has opened the one before reads that to its end. None as well
        for a key that reads and writes refuse.
        """
        if self._folder is None or not key.isprintable() or not {".", ".."}.isdisjoint(_taken(key).split("/")):
            return None
        return self._folder / key

    async def listing(self, prefix: str = "") -> AsyncIterator[StoredObject]:
        """What is kept under `prefix`, ordered by key. `a/b/c` is under `a/b`, `a/bc` is not.

        Memory holds a page of LISTED_AT_ONCE objects; of a folder, the names in one folder at each depth.
        """
        with _said(gettext("list {prefix}", prefix=prefix or "/")):
            async for page in pages_of(self._store, prefix):
                for found in page:
                    yield _stored(found)

    async def remove(self, key: str) -> None:
        """Delete the object with `key`, if there is one."""
        with suppress(NoSuchObject), _said(gettext("remove {key}", key=key), key):
            await self._store.delete_async(_taken(key))

    def free_bytes(self) -> int | None:
        """What the folder's disk has free for us; None for a bucket, which knows no end."""
        if self._folder is None:
            return None
        return free_bytes_of(self._folder)

    def half_written(self) -> list[StoredObject]:
        """Files of a folder that are being written, or that a killed process left; a listing does not show them.

        Reads the disk: not for the event loop.
        """
        if self._folder is None or not self._folder.is_dir():
            return []
        found = []
        for path in sorted(self._folder.rglob("*#*")):
            with suppress(FileNotFoundError):
                if _BEING_WRITTEN.search(path.name) and not path.is_symlink() and path.is_file():
                    said = path.stat()
                    at = datetime.fromtimestamp(said.st_mtime, UTC)
                    found.append(StoredObject(str(path.relative_to(self._folder)), said.st_size, at, None))
        return found

    def remove_half_written(self, files: Iterable[StoredObject]) -> None:
        """Remove files that `half_written` found."""
        if self._folder is not None:
            for one in files:
                if _BEING_WRITTEN.search(one.key):
                    (self._folder / one.key).unlink(missing_ok=True)

    async def _sync(self, key: str) -> None:
        """Returns when no power failure takes the object back. obstore renames it into its folder and syncs neither."""
        if self._folder is not None:
            await asyncio.to_thread(synced, self._folder, key)

    async def _read(self, key: str, start: int, end: int, etag: str | None = None) -> tuple[bytes, StoredObject]:
        """Bytes of a version of the object: that of `etag`, or any."""
        options: GetOptions = {"range": (start, end)}
        if etag is not None:
            options["if_match"] = etag
        with _said(gettext("read {key}", key=key), key):
            try:
                found = await self._store.get_async(_taken(key), options=options)
                return bytes(await found.bytes_async()), _stored(found.meta)
            except GenericError:
                # No store tells in a way of its own that the object ends before the range begins.
                meta = await self._store.head_async(key)
                if start < meta["size"]:
                    raise
                return b"", _stored(meta)

    @cached_property
    def _store(self) -> ObjectStore:
        atexit.register(time.sleep, SECONDS_TO_LET_GO)
        return self._open()


def free_bytes_of(folder: Path) -> int:
    """What the disk of a folder, which need not be there yet, has free for us."""
    there = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
    return shutil.disk_usage(there).free


def _taken(key: str) -> str:
    """The key, if every kind of store takes it. obstore itself refuses `..` and control characters."""
    if _BEING_WRITTEN.search(key):
        raise ValueError(f"the path {key!r} ends like that of a file being written")
    if any(not 0 < len(name.encode()) <= MOST_NAME_BYTES for name in key.split("/")):
        raise ValueError(f"the path {key!r} has a name that is empty or longer than {MOST_NAME_BYTES} bytes")
    return key


def _stored(meta: ObjectMeta) -> StoredObject:
    etag = meta["e_tag"]
    return StoredObject(
        meta["path"], meta["size"], meta["last_modified"], None if etag is None or etag.startswith("W/") else etag
    )


@contextmanager
def _said(doing: Message, key: str | None = None) -> Iterator[None]:
    """Raises what the store says as an error of ours: NoSuchObject if `key` is not there."""
    try:
        yield
    except (BaseError, OSError) as error:
        if key is not None and isinstance(error, NotFoundError | FileNotFoundError):
            raise NoSuchObject(key) from None
        raise ObjectsUnavailable(doing, error) from error


async def chunks_of(file: IO[bytes]) -> AsyncIterator[bytes]:
    """What is in an open file, CHUNK_BYTES at a time, read off the event loop."""
    while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
        yield chunk
