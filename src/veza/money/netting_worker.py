"""The netting worker: lets a seller's later sales pay the seller's debt. It sends no request to the provider."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from veza.kit.database import Database
from veza.kit.database_trouble import DatabaseUnavailable
from veza.kit.messages import gettext, message_of
from veza.kit.moves import Stale
from veza.money import findings, nettings, payment_frame
from veza.money.findings import FindingKind
from veza.money.nettings import Share, Unpaid
from veza.money.restore_guard import RestoreGuard
from veza.money.seller_debts import NETTING_WAKE

IN_VAIN = timedelta(seconds=5)
"""How long a share is passed over of which nothing could be kept: its debt was being changed just then."""
AFTER_ERROR = timedelta(minutes=5)
"""How long what raised is passed over, so that it holds up no other."""


class NettingWorker:
    """One at a time, what was kept before what can be kept. While sending is held back nothing new is kept: shares may
    have been sent by what this database forgot. Switched off, it only finishes what was begun."""

    name = "netting worker"
    wake_topic = NETTING_WAKE
    check_interval = nettings.HELD_FOR / 3
    concurrency = 1
    batch_size = 1

    def __init__(self, database: Database, guard: RestoreGuard, *, is_enabled: bool) -> None:
        self.database = database
        self.guard = guard
        self.is_enabled = is_enabled
        self._passed_until: dict[UUID, datetime] = {}

    async def claim(self, limit: int) -> list[Share | Unpaid]:
        """What can be done next; nothing is written, for under the payment's lock it is asked again."""
        may_keep = self.is_enabled and await self.guard.has_looked()
        async with self.database.read() as session:
            passed = self._passed_over(session.now)
            most = limit + len(passed)
            found: list[Share | Unpaid] = [one for one in await nettings.unpaid(session, most) if one.id not in passed]
            if not found and may_keep and (await self.guard.passage(session)).is_open:
                found += [one for one in await nettings.shares(session, most) if one.id not in passed]
        return found[:limit]

    def _passed_over(self, now: datetime) -> set[UUID]:
        self._passed_until = {one: until for one, until in self._passed_until.items() if now < until}
        return set(self._passed_until)

    async def work(self, claim: Share | Unpaid) -> None:
        """Carry out one; what cannot be is a finding, and is tried again later."""
        try:
            await self._work(claim)
        except (DatabaseUnavailable, Stale):
            raise  # the database is away, or another process was first
        except Exception as error:
            self._passed_until[claim.id] = self.database.clock.now() + AFTER_ERROR
            await self._tell(claim, error)
            raise

    async def _work(self, claim: Share | Unpaid) -> None:
        async with self.database.write(self.name) as session:
            frame = await payment_frame.lock(session, claim.payment_id)
            if isinstance(claim, Unpaid):
                await nettings.pay(session, frame, claim.id)
                await findings.resolve(session, FindingKind.RUN_FAILED, f"netting {claim.id}")
            elif not await nettings.keep(session, frame, claim.id):
                self._passed_until[claim.id] = session.now + IN_VAIN

    async def _tell(self, claim: Share | Unpaid, error: Exception) -> None:
        what = "netting" if isinstance(claim, Unpaid) else "netting of transfer"
        async with self.database.write(self.name) as session:
            subject = f"{what} {claim.id}"
            said = gettext(
                "{subject} could not be carried out ({kind}): {error}",
                subject=subject,
                kind=type(error).__name__,
                error=message_of(error),
            )
            mend = gettext("a bug of ours: see the timeline, and report it; others go on")
            await findings.report(
                session, FindingKind.RUN_FAILED, subject, said, mend=mend, payment_id=claim.payment_id
            )
