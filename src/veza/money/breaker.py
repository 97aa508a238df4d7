"""The breaker: when the provider itself fails, rows wait without losing retries, however long it takes.

Its state is one row in the database, shared by every worker of the provider: *closed* lets all pass, *open*
lets one row probe per interval, *half_open* ramps 1, 2, 4 … in flight until it closes. Opening gives the
failed rows their retries back.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Update, bindparam, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base, Database, Session, table_of
from veza.kit.messages import Message, Packed, gettext, restored, stored
from veza.money import findings
from veza.money.stripe.outcomes import PROVIDER_LEVEL, ROWS_TO_OPEN, Meaning

STRIPE = "stripe"
RAMP_CLOSES_AT = 32
"""Once this many requests in flight went well, the provider counts as back."""

Subject = dict[str, str]
"""A row as the breaker remembers it: its `kind` and its `id`."""
ReturnRetry = Callable[[Session, str, UUID], Awaitable[None]]


class ProviderBreaker(Base):
    """The breaker's one row per provider.

    `streak` lists the rows (`kind` and `id` of each) that the provider failed in a row, `missing` those it answered as
    it does where key, account or mode are wrong.
    """

    __tablename__ = "provider_breakers"

    provider: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    streak: Mapped[list[Any]]
    missing: Mapped[list[Any]]
    because_id: Mapped[str | None] = mapped_column("because")
    because_fields: Mapped[Packed | None]
    opened_at: Mapped[datetime | None]
    probe_at: Mapped[datetime | None]
    ramp: Mapped[int]
    ramp_in_flight: Mapped[int]
    ramp_succeeded: Mapped[int]
    ramp_renewed_at: Mapped[datetime | None]

    __table_args__ = (CheckConstraint("state IN ('closed', 'open', 'half_open')", name="state_known"),)

    @property
    def reason(self) -> Message | None:
        """Why it is open, or was until a short while ago."""
        return None if self.because_id is None else restored(self.because_id, self.because_fields)


@dataclass(frozen=True, slots=True)
class Breaker:
    """The rules; the state is in the database."""

    threshold: int
    interval: timedelta
    lease: timedelta
    return_retry: ReturnRetry

    async def before_claim(self, session: Session) -> ProviderBreaker:
        """Its row for `admit`, locked unless it is closed; before any other row, as all transactions lock them."""
        row = await _row(session)
        return row if row.state == "closed" else await _row(session, locked=True)

    async def admit(self, session: Session, row: ProviderBreaker, wanted: int) -> int:
        """How many of `wanted` due rows may be claimed now, `row` being what `before_claim` gave."""
        if row.state == "closed" or not wanted:
            return wanted
        if row.state == "open":
            # A probe further away than one interval was set by a clock that has been put back since.
            if row.probe_at is not None and session.now < row.probe_at <= session.now + self.interval:
                return 0
            await _set(session, probe_at=session.now + self.interval)
            return 1
        if row.state == "half_open":
            in_flight = row.ramp_in_flight
            if row.ramp_renewed_at is None or abs(session.now - row.ramp_renewed_at) > self.lease:
                in_flight = 0  # the processes that held these slots have crashed: their leases are over
            admitted = max(0, min(wanted, row.ramp - in_flight))
            if admitted:
                await _set(session, ramp_in_flight=in_flight + admitted, ramp_renewed_at=session.now)
            return admitted
        return wanted

    async def is_open(self, session: Session) -> bool:
        """Whether failures cost no retry now."""
        return (await _row(session)).state == "open"

    async def hold(self, session: Session) -> None:
        """Keep others from opening or closing it until this transaction ends; taken before any row, as in `observe`."""
        await session.execute(_HELD)

    async def is_at_rest(self, session: Session) -> bool:
        """Whether a success changes nothing."""
        row = await _row(session)
        return row.state == "closed" and not row.streak and not row.missing

    async def observe(self, database: Database, kind: str, row_id: UUID, meaning: Meaning) -> None:
        """Learn from one answer, in a transaction of its own, before the row is settled."""
        subject = {"kind": kind, "id": str(row_id)}
        async with database.read() as session:
            row = await _row(session)
        failed = meaning in PROVIDER_LEVEL
        is_suspicious = meaning in ROWS_TO_OPEN
        if row.state == "closed" and not failed and not is_suspicious and not row.streak and not row.missing:
            return
        async with database.write("breaker") as session:
            row = await _row(session, locked=True)
            if is_suspicious:
                await self._suspected(session, row, subject, meaning)
            elif failed:
                await self._failed(session, row, subject, meaning)
            else:
                await self._succeeded(session, row)

    async def _failed(self, session: Session, row: ProviderBreaker, subject: Subject, meaning: Meaning) -> None:
        if row.state == "open":
            return
        streak = row.streak if subject in row.streak else [*row.streak, subject]
        if row.state == "half_open" or len(streak) >= self.threshold:
            # The row that opens it has not been counted for this failure, so it gets nothing back.
            because = gettext("{meaning} on {count} rows in a row", meaning=meaning, count=len(streak))
            await self._open(session, row.streak, because)
        else:
            await _set(session, streak=streak)

    async def _suspected(self, session: Session, row: ProviderBreaker, subject: Subject, meaning: Meaning) -> None:
        missing = row.missing if subject in row.missing else [*row.missing, subject]
        if len(missing) >= ROWS_TO_OPEN[meaning] and row.state != "open":
            because = gettext("{meaning} on {count} different rows in a row", meaning=meaning, count=len(missing))
            await self._open(session, row.streak, because)
        else:
            await _set(session, missing=missing, ramp_in_flight=max(0, row.ramp_in_flight - 1))

    async def _succeeded(self, session: Session, row: ProviderBreaker) -> None:
        quiet: dict[str, Any] = {"streak": [], "missing": []}
        if row.state == "open":
            ramp = {"ramp": 1, "ramp_in_flight": 0, "ramp_succeeded": 0, "ramp_renewed_at": session.now}
            await _set(session, state="half_open", **ramp, **quiet)
        elif row.state == "half_open":
            done, in_flight = row.ramp_succeeded + 1, max(0, row.ramp_in_flight - 1)
            if done < row.ramp:
                await _set(session, ramp_succeeded=done, ramp_in_flight=in_flight, **quiet)
            elif row.ramp * 2 < RAMP_CLOSES_AT:
                await _set(session, ramp=row.ramp * 2, ramp_succeeded=0, ramp_in_flight=in_flight, **quiet)
            else:
                over = dict.fromkeys(("because", "because_fields", "opened_at", "probe_at"))
                await _set(session, state="closed", **over, **quiet)
                await findings.resolve(session, findings.FindingKind.BREAKER_OPEN, STRIPE)
        else:
            await _set(session, **quiet)
        for topic in ("refunds", "transfers", "reversals"):
            session.wake(topic)

    async def _open(self, session: Session, streak: list[Any], because: Message) -> None:
        because_id, because_fields = stored(because)
        await _set(
            session,
            state="open",
            because=because_id,
            because_fields=because_fields,
            opened_at=session.now,
            probe_at=session.now + self.interval,
            streak=[],
            missing=[],
        )
        for subject in streak:
            await self.return_retry(session, subject["kind"], UUID(subject["id"]))
        await findings.report(
            session,
            findings.FindingKind.BREAKER_OPEN,
            STRIPE,
            gettext("requests to the provider are held back: {because}", because=because),
            mend=gettext(
                "check the provider's status page and STRIPE_SECRET_KEY; it closes by itself when answers come back"
            ),
        )


async def state(session: Session) -> ProviderBreaker:
    """The breaker's row, for people to look at."""
    return await _row(session)


_READ = select(ProviderBreaker).where(ProviderBreaker.provider == STRIPE).execution_options(populate_existing=True)
_LOCKED = _READ.with_for_update()
_HELD = select(ProviderBreaker.provider).where(ProviderBreaker.provider == STRIPE).with_for_update(read=True)


async def _row(session: Session, *, locked: bool = False) -> ProviderBreaker:
    row = (await session.scalars(_LOCKED if locked else _READ)).one_or_none()
    if row is None:
        raise LookupError("the breaker's row is missing: run `veza migrate`")
    return row


async def _set(session: Session, **values: Any) -> None:
    await session.execute(_changed(tuple(values)), values)


@cache
def _changed(columns: tuple[str, ...]) -> Update:
    table = table_of(ProviderBreaker)
    return update(table).where(table.c.provider == STRIPE).values({name: bindparam(name) for name in columns})


CLOSED: dict[str, Any] = {
    "provider": STRIPE,
    "state": "closed",
    "streak": [],
    "missing": [],
    "ramp": 0,
    "ramp_in_flight": 0,
    "ramp_succeeded": 0,
}
"""The row a new database begins with."""


async def install(session: Session) -> None:
    """Write the breaker's row if it is not there (the migration does; tests without it call this)."""
    if (await session.execute(select(ProviderBreaker.provider))).first() is None:
        await session.execute(insert(ProviderBreaker), CLOSED)
