"""What the buttons of a finding do: try a transfer again, handle a webhook again, compare with the provider."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import select

from veza.kit.database import Database, Session
from veza.money.causes import CauseKind
from veza.money.findings import Finding, FindingKind
from veza.money.reconciliation import reconcile
from veza.money.stripe.gateway import Gateway
from veza.money.transfers import SellerTransfer

log = structlog.get_logger(__name__)

SINCE = timedelta(days=30)
"""How far back a comparison looks: as long as the provider keeps its events."""
RETRIED = frozenset(
    {FindingKind.SELLER_DEBT, FindingKind.GIVEN_UP, FindingKind.LOOK_UP_IMPOSSIBLE, FindingKind.KEY_REUSED}
)
"""About a transfer or reversal that ended in `permanently_failed`: trying again mends it once its cause is mended."""
COMPARED = frozenset(
    {
        FindingKind.MISSING_HERE, FindingKind.STATE_DIFFERS, FindingKind.MADE_IN_DASHBOARD, FindingKind.RUN_FAILED,
        FindingKind.OLDER_THAN_PROVIDER,
    }
)  # fmt: skip
"""About facts that the provider has and the database lacks: a comparison that records them mends it."""


async def failed_transfers(session: Session, shown: Iterable[Finding]) -> dict[UUID, list[SellerTransfer]]:
    """Payment → its permanently failed transfers, for the open findings that trying them again would mend."""
    payments = {one.payment_id for one in shown if one.kind in RETRIED and one.resolved_at is None}
    found: dict[UUID, list[SellerTransfer]] = {}
    failed = select(SellerTransfer).where(
        SellerTransfer.payment_id.in_(payments - {None}),
        SellerTransfer.status == "permanently_failed",
        SellerTransfer.cause_kind != CauseKind.NETTING,  # there is nothing the provider could take back
    )
    for transfer in await session.scalars(failed.order_by(SellerTransfer.id)):
        found.setdefault(transfer.payment_id, []).append(transfer)
    return found


class Comparison:
    """One comparison at a time, in the background of this process: it may take minutes."""

    def __init__(self, database: Database, gateway: Gateway) -> None:
        self._database, self._gateway = database, gateway
        self._task: asyncio.Task[None] | None = None

    @property
    def is_running(self) -> bool:
        return self._task is not None and not self._task.done()

    def start(self) -> None:
        """Begin one, unless one runs."""
        if not self.is_running:
            self._task = asyncio.create_task(self._compare())

    async def finish(self) -> None:
        """Wait for the one that runs."""
        if self._task is not None:
            await self._task

    async def _compare(self) -> None:
        try:
            done = await reconcile(self._database, self._gateway, since=SINCE, apply=True)
            log.info("comparison.done", differences=len(done.differences), applied=done.applied)
        except Exception as error:
            # The page that began it is gone: the log and the next comparison say it.
            log.error("comparison.failed", reason=str(error), exc_info=error)
