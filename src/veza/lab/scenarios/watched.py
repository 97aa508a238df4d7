"""A worker that can be watched: how a scenario knows that everything due has been done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic

from veza.kit.worker import C, Worker


class Watched(Generic[C]):
    """The same worker to the loop that drives it; counts its looks for work, what it claims and what it works on."""

    def __init__(self, worker: Worker[C]) -> None:
        self._worker = worker
        self.name = worker.name
        self.wake_topic = worker.wake_topic
        self.check_interval = worker.check_interval
        self.concurrency = worker.concurrency
        self.batch_size = worker.batch_size
        self.looks_begun = 0
        self.looks_ended = 0
        self.claimed = 0
        self.in_hand = 0

    async def claim(self, limit: int) -> Sequence[C]:
        self.looks_begun += 1
        look = self.looks_begun
        claims = await self._worker.claim(limit)
        self.looks_ended = look
        self.claimed += len(claims)
        self.in_hand += len(claims)
        return claims

    async def work(self, claim: C) -> None:
        try:
            await self._worker.work(claim)
        finally:
            self.in_hand -= 1
