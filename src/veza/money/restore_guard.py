"""The guard against a restored backup: a database that is older than the provider sends nothing until it has caught up.

A request is committed before it is sent, so a database that was never set back knows of all it sent. One that was
restored does not, and would send it again. It can tell: the provider has events it never stored. So every process asks
for the newest events before it claims anything for the first time. Where some are unknown, sending is held back in all
processes; the guard fetches what was missed (catch-up), compares with the provider (reconciliation) and lets go. From
then on what belongs to payments made before is looked up at the provider before it is sent for the first time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import func, select

from veza.kit.database import Database, Session
from veza.kit.incarnations import incarnation
from veza.kit.messages import Message, gettext, message_of, stored
from veza.money import findings, provider_account
from veza.money.catch_up import CatchUpFailed, catch_up, lists_of_events, unknown_among
from veza.money.differences import IN_FLIGHT, CannotReconcile
from veza.money.findings import Finding, FindingKind
from veza.money.operator import reason_for
from veza.money.payments import Payment
from veza.money.provider_account import AccountUnknown, AnotherAccount, ProviderAccount
from veza.money.provider_lists import created_at
from veza.money.reconciliation import reconcile
from veza.money.stripe.gateway import Gateway
from veza.money.webhook_inbox import Inbox, WebhookEvent

log = structlog.get_logger(__name__)

WAKE = "restore guard"
SENDING = ("nettings", "refunds", "transfers", "reversals")
"""The bells of the workers that send, and of the one that keeps of what is to be sent."""
BEFORE_NEWEST = timedelta(hours=1)
"""Events come out of order and late: from so long before the newest stored one on, everything is fetched."""
ASK_AGAIN = timedelta(seconds=5)
"""How soon a process asks again when the provider could not say."""
MEND_AGAIN = timedelta(minutes=1)
CLOCKS_DIFFER = timedelta(minutes=10)
"""Servers' clocks differ by less: payments this much younger than the restore are looked up, too."""
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
RELEASED_FOR = timedelta(hours=24)


_FIRST_PAYMENT = select(func.min(Payment.created_at))
_NEWEST_EVENT = select(func.max(WebhookEvent.provider_created_at))


@dataclass(frozen=True, slots=True)
class Passage:
    """Whether rows may be claimed for sending, and which of them are looked up first."""

    is_open: bool
    look_before: datetime | None = None

    def looks_first(self, payment_id: UUID) -> bool:
        """Whether something of this payment may have been sent by what this database forgot."""
        return self.look_before is not None and _made_at(payment_id) < self.look_before


@dataclass(frozen=True, slots=True)
class Mend:
    """What is to be fetched and compared, from when on."""

    id: str
    since: datetime


class RestoreGuard:
    """Asked by every worker before it claims; also the worker that catches up while sending is held back."""

    name = "restore guard"
    wake_topic = WAKE
    concurrency = 1
    batch_size = 1

    def __init__(self, database: Database, gateway: Gateway, inbox: Inbox, *, lease: timedelta) -> None:
        self.database = database
        self.gateway = gateway
        self.inbox = inbox
        self.check_interval = timedelta(minutes=1)
        self._lease = lease
        self._has_looked = False
        self._asked_at: datetime | None = None
        self._current_at = LONG_AGO
        self._incarnation = ""
        self._was_replaced = False

    async def has_looked(self) -> bool:
        """Whether this process knows how old its database is; asks the provider if it does not. Opens transactions."""
        now = self.database.clock.now()
        if self._has_looked or (self._asked_at is not None and timedelta() <= now - self._asked_at < ASK_AGAIN):
            return self._has_looked
        self._asked_at = now
        async with self.database.read() as session:
            self._incarnation = await _incarnation(session)
        try:
            await provider_account.confirm(self.database, self.gateway)
            newest = await self._newest_events(now)
        except (AccountUnknown, AnotherAccount) as error:
            log.warning("restore_guard.cannot_ask", reason=str(error))
            newest = None
            if isinstance(error, AnotherAccount):
                return False
        if newest is None:
            self._has_looked = await self._is_released()
            return self._has_looked
        await self._judge(await unknown_among(self.database, newest))
        self._has_looked = True
        for topic in SENDING:  # the others may have asked meanwhile, and found nothing
            self.database.wakes.ring(topic)
        return True

    async def passage(self, session: Session) -> Passage:
        """What may be claimed in this transaction. A database replaced under this process makes it look again."""
        row = await provider_account.read(session)
        if await self._is_set_back(session, row) or row is None:
            return Passage(is_open=False)
        self._current_at = row.seen_current_at or LONG_AGO
        return Passage(row.held_at is None, row.look_before)

    async def _is_set_back(self, session: Session, row: ProviderAccount | None) -> bool:
        """Whether the database was replaced since this process looked; it looks again then."""
        seen = row.seen_current_at if row is not None else None
        if seen is not None and seen >= self._current_at and await _incarnation(session) == self._incarnation:
            return False
        self._has_looked, self._asked_at, self._current_at, self._was_replaced = False, None, LONG_AGO, True
        return True

    async def claim(self, limit: int) -> list[Mend]:
        """Catching up, where it is due; and the mark by which a process sees that its database was set back."""
        await self.has_looked()
        async with self.database.write(self.name) as session:
            row = await provider_account.read(session, locked=True)
            # A mark written now would say that the database is as new as the clock.
            if (self._has_looked and await self._is_set_back(session, row)) or row is None:
                return []
            is_due = row.mend_at is not None and row.mend_at <= session.now and row.held_since is not None
            marks: dict[str, Any] = {"seen_current_at": _later(session.now, row)}
            if is_due:
                marks["mend_at"] = session.now + self._lease
            await provider_account.change(session, **marks)
        return [Mend(row.provider, row.held_since)] if is_due and row.held_since is not None else []

    async def work(self, claim: Mend) -> None:
        """Fetch and record what this database missed; sending goes on when both have come to their end."""
        # Longer by a while: time passes until it is subtracted again from what is the time by then.
        since = self.database.clock.now() - claim.since + BEFORE_NEWEST
        try:
            await catch_up(self.database, self.gateway, self.inbox, since)
            await reconcile(self.database, self.gateway, since=since, apply=True)
        except (CatchUpFailed, CannotReconcile, AnotherAccount) as error:
            log.warning("restore_guard.cannot_catch_up", reason=str(error))
            async with self.database.write(self.name) as session:
                row = await provider_account.read(session, locked=True)
                if row is None or row.held_at is None:
                    return  # others have fetched and compared it meanwhile
                await provider_account.change(session, mend_at=session.now + MEND_AGAIN)
                said = gettext("what was missed cannot be fetched: {error}", error=message_of(error))
                await _tell(session, claim.since, said)

    async def _is_released(self) -> bool:
        async with self.database.read() as session:
            row = await provider_account.read(session)
            return row is not None and row.released_until is not None and session.now < row.released_until

    async def _newest_events(self, now: datetime) -> Sequence[Mapping[str, Any]] | None:
        found: list[Mapping[str, Any]] = []
        for of in lists_of_events():
            page = await self.gateway.page(of.path, LONG_AGO, now + CLOCKS_DIFFER, None, of.params)
            if page.failed is not None:
                log.warning("restore_guard.cannot_ask", reason=str(page.failed))
                return None
            found += page.items
        return found

    async def _judge(self, unknown: Sequence[Mapping[str, Any]]) -> None:
        async with self.database.write(self.name) as session:
            row = await provider_account.read(session, locked=True)
            released = row is not None and row.released_until is not None and session.now < row.released_until
            first = await session.scalar(_FIRST_PAYMENT)
            # Webhooks or the scheduled catch-up may have brought the events already; what they say of payments that are
            # not here is still to be compared.
            is_older = bool(unknown) or self._was_replaced
            # Where nothing was ever sold, nothing can be sent twice.
            if is_older and first is not None and not released and (row is None or row.held_at is None):
                await hold(session, unknown, first, row.seen_current_at if row is not None else None)
            await provider_account.change(session, seen_current_at=_later(session.now, row))
        self._was_replaced = False


async def hold(
    session: Session, unknown: Sequence[Mapping[str, Any]], first_payment: datetime, seen_current_at: datetime | None
) -> None:
    """Hold sending back in every process: the provider has these events, and this database never stored them.

    What was missed began after the last event it stored, or after the mark it bears if newer events came in first.
    """
    newest = await session.scalar(_NEWEST_EVENT) or first_payment
    since = min(newest, seen_current_at or newest) - BEFORE_NEWEST
    because = gettext(
        "the provider has events that this database never stored, {unknown_count} among its newest",
        unknown_count=len(unknown),
    )
    if not unknown:
        because = gettext("the database was replaced by an older one while processes used it")
    held_because, held_because_fields = stored(because)
    await provider_account.change(
        session,
        held_at=session.now,
        held_since=since,
        held_because=held_because,
        held_because_fields=held_because_fields,
        caught_up_at=None,
        compared_at=None,
        mend_at=session.now,
        look_before=session.now + CLOCKS_DIFFER,
    )
    session.wake(WAKE)
    oldest = min((made for one in unknown if (made := created_at(one))), default=session.now)
    if session.now - oldest > IN_FLIGHT:
        await _tell(
            session, since, gettext("{because}, as after a restore or a time in which none arrived", because=because)
        )


async def _tell(session: Session, since: datetime, because: Message) -> None:
    days = max(1, (session.now - since).days + 1)
    said = gettext("sending is held back: {because}", because=because)
    mend = gettext(
        "nothing while the provider answers: what was missed is fetched, then sending goes on; by hand: "
        "veza money catch-up --since {days}d, then veza money reconcile --since {days}d --apply; if that cannot be "
        "had: veza money resume-sending --reason …",
        days=days,
    )
    await findings.report(session, FindingKind.OLDER_THAN_PROVIDER, "sending", said, mend=mend)


async def let_go(session: Session, reason: str) -> datetime:
    """An operator lets sending go on without a comparison, for RELEASED_FOR; returns until when.

    Until then no process holds it back because of unknown events. What belongs to payments made before now is looked up
    before it is sent for the first time, then and later. Raises ReasonMissing.
    """
    note = reason_for("decision to resume sending", reason)
    until = session.now + RELEASED_FOR
    marks = {"look_before": session.now + CLOCKS_DIFFER, "released_until": until, "seen_current_at": session.now}
    said = gettext("sending goes on without a comparison until {until}", until=until)
    await findings.report(
        session, FindingKind.OLDER_THAN_PROVIDER, "sending", said, mend=gettext("veza money reconcile")
    )
    mine = select(Finding.id).where(Finding.kind == FindingKind.OLDER_THAN_PROVIDER, Finding.resolved_at.is_(None))
    for finding_id in (await session.scalars(mine)).all():
        await findings.resolve_by_hand(session, finding_id, note)
    await provider_account.release(session, **marks)
    return until


def _later(now: datetime, row: ProviderAccount | None) -> datetime:
    """The mark to write: transactions that begin in one order may commit in another, and a mark that goes back says
    that the database was set back."""
    return max(now, (row.seen_current_at if row is not None else None) or now)


async def _incarnation(session: Session) -> str:
    return await incarnation(session, ProviderAccount.__tablename__)


def _made_at(payment_id: UUID) -> datetime:
    """When a payment was made, from its id (UUIDv7: milliseconds since 1970 in its first 48 bits)."""
    return datetime.fromtimestamp((payment_id.int >> 80) / 1000, tz=UTC)
