"""How a worker stops for ever at one point of its work, for a test that kills it there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, NoReturn

from veza.kit.objects import Objects


async def stop(*_: Any, **__: Any) -> NoReturn:
    """Says `there` and goes no further: it stands in the place of the function that would come next."""
    print("there", flush=True)
    await asyncio.Event().wait()
    raise AssertionError("it was to be killed")


def stop_in_the_middle_of_writing(objects: Objects) -> None:
    """From now on the store stops after the first chunk of what it is to keep."""
    write = objects.write

    async def written(key: str, chunks: AsyncIterator[bytes]) -> None:
        async def some() -> AsyncIterator[bytes]:
            async for chunk in chunks:
                yield chunk
                await stop()

        await write(key, some())

    objects.write = written  # type: ignore[method-assign]
