"""SHA-256 of bytes of any size, without stopping the event loop for the large ones."""

from __future__ import annotations

import asyncio
import hashlib

SMALL_BYTES = 1024 * 1024
"""Hashed at once: one to five milliseconds. A picture of 15 MB takes up to seventy, in a thread that lets go of the
interpreter."""


async def sha256_of(data: bytes) -> str:
    """The SHA-256 of `data` as 64 hex digits."""
    if len(data) <= SMALL_BYTES:
        return hashlib.sha256(data).hexdigest()
    return await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())
