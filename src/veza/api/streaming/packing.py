"""The answer to a link of a release: its ZIP, packed while it is sent."""

from __future__ import annotations

import zlib
from collections.abc import AsyncGenerator, Iterator
from functools import partial

from litestar.types import Receive, Scope, Send

from veza.http.assembled_answers import FilePart, answer_assembled
from veza.http.attachments import attachment
from veza.http.file_answers import Representation
from veza.http.served_answers import ServedResponse
from veza.kit.objects import Objects
from veza.streaming.album_zip import AlbumZip, Entry
from veza.streaming.release_archives import COVER, LICENCE
from veza.streaming.served import PackedFile, ServedArchive

ZIP = "application/zip"


async def packed(objects: Objects, archive: ServedArchive) -> ServedResponse:
    """The archive as an answer. Raises NoSuchObject for a cover that is gone, ObjectsUnavailable."""
    made = await zip_of(objects, archive)
    what = Representation(
        made.length, made.etag, archive.modified_at, ZIP, made.read, None,
        {"Content-Disposition": attachment(archive.contents.file_name)},
    )  # fmt: skip

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        await answer_assembled(scope, receive, send, what, partial(_pieces, made))

    return ServedResponse(served)


async def zip_of(objects: Objects, archive: ServedArchive) -> AlbumZip:
    """The tracks in order, then the cover and the licence."""
    contents = archive.contents
    entries = [_entry(objects, contents.folder, one) for one in archive.files]
    if contents.cover_key is not None:
        entries.append(_small(f"{contents.folder}/{COVER}", await objects.get(contents.cover_key)))
    if contents.licence:
        entries.append(_small(f"{contents.folder}/{LICENCE}", f"{contents.licence}\n".encode()))
    return AlbumZip(entries)


def _entry(objects: Objects, folder: str, file: PackedFile) -> Entry:
    read = partial(objects.chunks, file.key)
    path = objects.local_path(file.key)
    return Entry(f"{folder}/{file.name}", file.size_bytes, file.crc32, file.etag, read, path)


def _small(name: str, content: bytes) -> Entry:
    async def read(start: int, end: int) -> AsyncGenerator[bytes, None]:
        yield content[start:end]

    crc32 = zlib.crc32(content)
    return Entry(name, len(content), crc32, f'"{crc32}"', read)


def _pieces(made: AlbumZip, start: int, end: int) -> Iterator[bytes | FilePart]:
    for piece in made.pieces(start, end):
        if isinstance(piece, bytes):
            yield piece
        else:
            one = piece.entry
            yield FilePart(one.read, one.path, one.size_bytes, piece.start, piece.end)
