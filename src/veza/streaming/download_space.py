"""Space for a download before it is made: on the disk, and beside the downloads that are kept."""

from __future__ import annotations

import asyncio

from veza.audio.download_formats import DownloadFormat, is_lossless
from veza.audio.rendered import Rendered
from veza.kit.database import Database
from veza.kit.messages import gettext
from veza.kit.objects import Objects, free_bytes_of
from veza.streaming.eviction import kept_bytes_of, make_space
from veza.streaming.rules import DownloadRules

_COPIES = 2
"""Of a file while it is stored: the one that was made, and the one that is kept."""
_BESIDE_SOUND_BYTES = 4 << 20
"""Tags and the picture, at most."""
_LOSSY_BYTES_A_SECOND = 320_000 // 8


class NoSpace(OSError):
    """There is no space for the file until other downloads have gone."""

    def __init__(self) -> None:
        super().__init__(gettext("the server has no room for more downloads now: ask for it again later"))


async def demand_space(database: Database, objects: Objects, rules: DownloadRules, size_bytes: int) -> None:
    """Evict downloads until a file of that size fits on the disk and beside what is kept. Raises NoSpace,
    ObjectsUnavailable."""
    kept_bytes, lacking_bytes = await _lacking(database, objects, rules, size_bytes)
    if lacking_bytes > 0:
        await make_space(database, objects, max(0, kept_bytes - lacking_bytes))
        _, lacking_bytes = await _lacking(database, objects, rules, size_bytes)
    if lacking_bytes > 0:
        raise NoSpace


def most_bytes_of(sound: Rendered, wanted: DownloadFormat) -> int:
    """What a file of this sound takes at most: without loss, as much as its samples do as they are."""
    if not is_lossless(wanted):
        return _BESIDE_SOUND_BYTES + sound.samples * _LOSSY_BYTES_A_SECOND // sound.rate
    return _BESIDE_SOUND_BYTES + sound.samples * sound.channels * sound.bits // 8


async def _lacking(database: Database, objects: Objects, rules: DownloadRules, size_bytes: int) -> tuple[int, int]:
    """The bytes of downloads that are kept, and how many of them would have to go; what is negative is left over."""
    async with database.read() as session:
        kept_bytes = await kept_bytes_of(session)
    free_bytes = await asyncio.to_thread(_free_bytes, objects, rules)
    on_disk = rules.free_disk_bytes + _COPIES * size_bytes - free_bytes
    return kept_bytes, max(on_disk, kept_bytes + size_bytes - rules.most_linked_bytes)


def _free_bytes(objects: Objects, rules: DownloadRules) -> int:
    """Of the folder that files are made in, and of the one that they are kept in, that which has less."""
    kept = objects.free_bytes()
    made = free_bytes_of(rules.folder)
    return made if kept is None else min(made, kept)
