"""The netting worker: lets a seller's later sales pay what could not be taken back from them. It asks nobody."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from veza.kit.database import Database
from veza.money import nettings, payments
from veza.money.nettings import Share, Unpaid
from veza.money.restore_guard import RestoreGuard
from veza.money.reversals import NETTING_WAKE

IN_VAIN = timedelta(seconds=5)
"""How long a share is passed over of which nothing could be kept: its debt was being changed just then."""


class NettingWorker:
    """One at a time, what was kept before what can be kept. While sending is held back nothing new is kept: shares may
    have been sent by what this database forgot. Switched off, it only finishes what was begun."""

    name = "netting worker"
    wake_topic = NETTING_WAKE
    check_interval = timedelta(minutes=1)
    concurrency = 1
    batch_size = 1

    def __init__(self, database: Database, guard: RestoreGuard, *, is_enabled: bool) -> None:
        self.database = database
        self.guard = guard
        self.is_enabled = is_enabled
        self._in_vain: dict[UUID, datetime] = {}

    async def claim(self, limit: int) -> list[Share | Unpaid]:
        """What can be done next; nothing is written, for under the payment's lock it is asked again."""
        may_keep = self.is_enabled and await self.guard.has_looked()
        async with self.database.read() as session:
            found: list[Share | Unpaid] = [*await nettings.unpaid(session, limit)]
            if not found and may_keep and (await self.guard.passage(session)).is_open:
                passed = self._passed_over(session.now)
                some = await nettings.shares(session, limit + len(passed))
                found += [share for share in some if share.id not in passed][:limit]
        return found

    def _passed_over(self, now: datetime) -> set[UUID]:
        self._in_vain = {one: at for one, at in self._in_vain.items() if timedelta() <= now - at < IN_VAIN}
        return set(self._in_vain)

    async def work(self, claim: Share | Unpaid) -> None:
        async with self.database.write(self.name) as session:
            payment = await payments.lock(session, claim.payment_id)
            if isinstance(claim, Unpaid):
                await nettings.pay(session, payment, claim.id)
            elif not await nettings.keep(session, payment, claim.id):
                self._in_vain[claim.id] = session.now
