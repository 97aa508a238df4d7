"""Pages of a listing of objects, by key, from any kind of store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

from obstore.store import LocalStore, ObjectStore

if TYPE_CHECKING:
    from obstore import ObjectMeta

LISTED_AT_ONCE = 1000
"""Objects in one page: the most that S3 gives."""


async def pages_of(store: ObjectStore, prefix: str) -> AsyncIterator[Sequence[ObjectMeta]]:
    """Objects under the prefix in pages, ordered by key; raises what obstore raises."""
    if isinstance(store, LocalStore):
        # obstore's listing of a folder comes in the order of the disk.
        async for page in _folder_pages(store, prefix):
            yield page
        return
    async for page in store.list(prefix or None, chunk_size=LISTED_AT_ONCE):
        yield page


async def _folder_pages(store: LocalStore, prefix: str) -> AsyncIterator[Sequence[ObjectMeta]]:
    found = await store.list_with_delimiter_async(prefix or None)
    files = {meta["path"]: meta for meta in found["objects"]}
    page: list[ObjectMeta] = []
    # `a.b` comes before `a/b`: a folder is sorted with its slash.
    for name in sorted([*files, *(f"{folder}/" for folder in found["common_prefixes"])]):
        if name in files:
            page.append(files[name])
        if page and (name not in files or len(page) == LISTED_AT_ONCE):
            yield page
            page = []
        if name not in files:
            async for inner in _folder_pages(store, name.rstrip("/")):
                yield inner
    if page:
        yield page
