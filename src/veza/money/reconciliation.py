"""Reconciliation: our rows against the provider's, each difference a typed finding with what would mend it.

Comparing changes nothing. Applying records the facts (through the same doors as webhooks) and rebalances;
a surplus taken by a reversal made at the provider stays a finding, never an automatic re-credit. One object that
cannot be compared is a finding, too, and the rest goes on.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Select, bindparam, select

from veza.kit.database import Database
from veza.kit.database_trouble import DatabaseUnavailable
from veza.kit.messages import Message, gettext, message_of, verbatim
from veza.money import findings, payment_frame, provider_account
from veza.money.comparisons import Comparison
from veza.money.differences import ACTOR, IN_FLIGHT, CannotReconcile, Difference, Found
from veza.money.findings import FindingKind
from veza.money.payments import Payment
from veza.money.provider_lists import ListEndedEarly, ProviderList, Walk
from veza.money.refunds import Refund
from veza.money.stripe.answers import Answer
from veza.money.stripe.gateway import Gateway
from veza.money.transfers import SellerTransfer

__all__ = ["CannotReconcile", "Difference", "Reconciled", "Reconciler", "compare_and_report", "reconcile"]

log = structlog.get_logger(__name__)

ROWS_AT_ONCE = 500
"""Our rows looked at per query when they are searched at the provider."""

ACCOUNTS = ProviderList("accounts", "/v1/accounts")
CHARGES = ProviderList("charges", "/v1/charges", {"expand": ["data.balance_transaction"]})
TRANSFERS = ProviderList("transfers", "/v1/transfers")
REFUNDS = ProviderList("refunds", "/v1/refunds")
DISPUTES = ProviderList("disputes", "/v1/disputes")


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What was compared (objects of the provider by kind), what differed, and what could be applied."""

    compared: Mapping[str, int]
    differences: Sequence[Difference]
    applied: int


class Reconciler:
    """Compares a stretch of time. `apply` records what can be; `report` opens a finding for what is not recorded."""

    def __init__(self, database: Database, gateway: Gateway, *, apply: bool = False, report: bool = False) -> None:
        self.database = database
        self.gateway = gateway
        self.apply = apply
        self.report = apply or report
        self.differences: list[Difference] = []
        self.applied = 0

    async def run(self, since: timedelta) -> Reconciled:
        """Raises CannotReconcile, AnotherAccount. What is only told is read from the top each time."""
        try:
            await provider_account.confirm(self.database, self.gateway)
        except provider_account.AccountUnknown as unknown:
            raise CannotReconcile(gettext("account"), unknown.answer) from None
        start = self.database.clock.now() - since
        comparison = Comparison(self.database, self.gateway)
        purpose = ("reconcile, apply" if self.apply else "compare") if self.report else None
        compare: tuple[tuple[ProviderList, Callable[[Mapping[str, Any]], AsyncIterator[Found]]], ...] = (
            (ACCOUNTS, comparison.account),
            (CHARGES, comparison.charge),
            # Before the refunds: a transfer is recorded with the amount sent, and lowered by later refunds.
            (TRANSFERS, comparison.transfer),
            (REFUNDS, comparison.refund),
            (DISPUTES, comparison.dispute),
        )
        compared: dict[str, int] = {}
        for of, differences_of in compare:
            walk = Walk(self.database, self.gateway, of, purpose)
            listed = await self._compare_all(walk, start, differences_of)
            await self._missing_there(walk, listed)
            compared[of.name] = len(listed)
        if self.report:
            await provider_account.note_covered(self.database, "compared_at", start)
        in_order = {of.name: compared[of.name] for of in (CHARGES, REFUNDS, TRANSFERS, DISPUTES)}
        return Reconciled(in_order, self.differences, self.applied)

    async def _compare_all(
        self, walk: Walk, start: datetime, differences_of: Callable[[Mapping[str, Any]], AsyncIterator[Found]]
    ) -> set[str]:
        """Compare every object of a list; returns their ids (a million are some 100 MB, the only thing kept)."""
        listed: set[str] = set()
        try:
            async for page in walk.pages(start):
                for seen in page:
                    listed.add(str(seen["id"]))
                    await self._compare(seen, differences_of)
        except ListEndedEarly as ended:
            raise CannotReconcile(verbatim(walk.of.name), ended.answer) from None
        for text in walk.unreadable:
            said = gettext("the provider's {name} have an entry without an id: {text}", name=walk.of.name, text=text)
            await self._differs(_odd(f"{walk.of.name} {text[:60]}", said), None, None)
        return listed

    async def _compare(
        self, seen: Mapping[str, Any], differences_of: Callable[[Mapping[str, Any]], AsyncIterator[Found]]
    ) -> None:
        subject = str(seen["id"])
        try:
            async for difference, record in differences_of(seen):
                await self._differs(difference, record, seen)
        except DatabaseUnavailable:
            raise
        except CannotReconcile as error:
            if error.is_of_provider:
                raise
            await self._differs(_odd(subject, message_of(error)), None, seen)
        except Exception as error:
            log.exception("reconciliation.odd_object", object=subject)
            said = gettext(
                "{object_kind} {subject} cannot be compared ({kind}: {error})",
                object_kind=seen.get("object"),
                subject=subject,
                kind=type(error).__name__,
                error=message_of(error),
            )
            await self._differs(_odd(subject, said), None, seen)

    async def _differs(self, difference: Difference, record: Any, seen: Mapping[str, Any] | None) -> None:
        self.differences.append(difference)
        about = difference.payment_id
        if self.apply and record is not None:
            async with self.database.write(ACTOR) as session:
                await record(session, await payment_frame.lock(session, about) if about is not None else None)
            self.applied += 1
        elif self.report:
            async with self.database.write(ACTOR) as session:
                await findings.report(
                    session, difference.kind, difference.subject, difference.message, mend=difference.mend,
                    payment_id=difference.payment_id, charge_id=difference.charge_id,
                )  # fmt: skip

    async def _missing_there(self, walk: Walk, listed: set[str]) -> None:
        """What we say happened in the time that was read and the provider does not list."""
        if walk.of.name not in _OURS:
            return
        name, pages = _OURS[walk.of.name]
        get: dict[str, Callable[[str], Awaitable[Answer]]] = {
            "payment": self.gateway.charge, "refund": self.gateway.refund, "transfer": self.gateway.transfer,
        }  # fmt: skip
        for low, high in walk.stretches:
            async for row_id, there, payment_id in self._rows(pages, low + IN_FLIGHT, high):
                # Not among them: made there before that time, or not to be seen just now, or not there.
                if there in listed or (await get[name](there)).status != 404:
                    continue
                said = gettext(
                    "{name} {row_id} says it is {there} at the provider, which does not list it",
                    name=name,
                    row_id=row_id,
                    there=there,
                )
                mend = gettext("check the provider's account and mode")
                await self._differs(Difference(FindingKind.MISSING_THERE, there, said, mend, payment_id), None, None)

    async def _rows(self, page: Select[Any], low: datetime, high: datetime) -> AsyncIterator[Any]:
        after = UUID(int=0)
        while True:
            async with self.database.read() as session:
                rows = (await session.execute(page, {"low": low, "high": high, "after": after})).all()
            for row in rows:
                yield row
            if len(rows) < ROWS_AT_ONCE:
                return
            after = rows[-1][0]


def _page(model: Any, stripe_id: Any, since: Any) -> Select[Any]:
    """Rows that say the provider has them: their id, its id, their payment's."""
    of = model.id if model is Payment else model.payment_id
    page = select(model.id, stripe_id, of).where(stripe_id.is_not(None), model.id > bindparam("after"))
    page = page.where(since >= bindparam("low"), since <= bindparam("high"))
    return page.order_by(model.id).limit(ROWS_AT_ONCE)


_OURS: dict[str, tuple[str, Select[Any]]] = {
    "charges": ("payment", _page(Payment, Payment.stripe_charge_id, Payment.succeeded_at)),
    "refunds": ("refund", _page(Refund, Refund.stripe_refund_id, Refund.created_at)),
    "transfers": (
        "transfer",
        _page(SellerTransfer, SellerTransfer.stripe_transfer_id, SellerTransfer.completed_at),
    ),
}


def _odd(subject: str, said: Message) -> Difference:
    mend = gettext("look at it at the provider; it was left out, everything else was compared")
    return Difference(FindingKind.ODD_OBJECT, subject, said, mend)


async def reconcile(
    database: Database, gateway: Gateway, *, since: timedelta = timedelta(days=7), apply: bool = False
) -> Reconciled:
    """Compare the last `since` with the provider; with `apply`, record the facts found.

    Raises CannotReconcile, AnotherAccount.
    """
    return await Reconciler(database, gateway, apply=apply).run(since)


async def compare_and_report(database: Database, gateway: Gateway, since: timedelta = timedelta(days=7)) -> Reconciled:
    """Compare without applying, and open a finding for every difference: what the schedule does."""
    return await Reconciler(database, gateway, report=True).run(since)
