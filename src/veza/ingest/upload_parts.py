"""Parts of an upload: a body is cut into them as it arrives, and they are read in order when it is whole.

A part's key says at which byte it begins and which writer stored it (`Upload.attempt`). A writer that was displaced
may still store a part, under a key of its own, but never moves the offset. Of several parts that begin at one byte,
the newest writer's is the one that moved it: an older writer was displaced before it could.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from uuid import UUID

from veza.kit.messages import gettext
from veza.kit.objects import Objects, StoredObject

PART_BYTES = 4 << 20
"""At most. One part of each upload that comes is in memory, and for a moment the one before: 1 GiB moved the server's
memory by 22 MB."""
MOST_PARTS = 10_000
"""Of one upload: a client that sends 1 KB at a time would fill the store with objects."""


class PartsMissing(Exception):
    """What is stored does not make up the whole file."""

    def __init__(self, at_bytes: int) -> None:
        super().__init__(gettext("what was stored of the file ends at byte {at_bytes:,}", at_bytes=at_bytes))


def folder_of(upload_id: UUID) -> str:
    """Under which the parts of an upload lie."""
    return f"uploads/{upload_id}"


def key_of(upload_id: UUID, start: int, writer: int) -> str:
    """Keys sort by the byte they begin at, then by writer."""
    return f"{folder_of(upload_id)}/{start:015}-{writer:010}"


async def cut(chunks: AsyncIterator[bytes], part_bytes: int = PART_BYTES) -> AsyncGenerator[bytearray, None]:
    """The chunks as parts of `part_bytes`, the last one shorter. If `chunks` fails, the bytes before are a part, too,
    and its error is raised after it."""
    part, failure = bytearray(), None
    try:
        async for chunk in chunks:
            at = 0
            while len(part) + len(chunk) - at >= part_bytes:
                end = at + part_bytes - len(part)
                part += memoryview(chunk)[at:end]
                at = end
                yield part
                part = bytearray()
            part += memoryview(chunk)[at:]
    except Exception as error:  # a line that is cut: its bytes are kept
        failure = error
    if part:
        yield part
    if failure is not None:
        raise failure


async def parts_of(objects: Objects, upload_id: UUID, length_bytes: int) -> list[StoredObject]:
    """The parts that make up the file, in order. Raises PartsMissing, ObjectsUnavailable."""
    newest: dict[int, StoredObject] = {}
    async for found in objects.listing(folder_of(upload_id)):
        newest[int(found.key.rpartition("/")[2].partition("-")[0])] = found
    parts, at = list[StoredObject](), 0
    while at < length_bytes:
        part = newest.get(at)
        if part is None or part.size_bytes == 0:
            raise PartsMissing(at)
        parts.append(part)
        at += part.size_bytes
    if at > length_bytes:
        raise PartsMissing(length_bytes)
    return parts


async def remove_parts(objects: Objects, upload_id: UUID) -> None:
    """Delete every part, stale ones too. Raises ObjectsUnavailable; doing it again goes on where it stopped."""
    keys = [found.key async for found in objects.listing(folder_of(upload_id))]
    for key in keys:
        await objects.remove(key)
