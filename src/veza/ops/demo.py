"""Demo data: a small label's month of sales in the sandbox, with everything an operator should have seen once.

Runs beside the real workers: sales, refunds and reversals go over the wire like any others. Deterministic by
seed, and done only in an empty database.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import func, select

from veza.kit.database import Session
from veza.kit.money import Money
from veza.money import backlog, payments, refunds, sellers
from veza.money.payments import LineWanted, Payment
from veza.money.refunds import Refund
from veza.money.reversals import TransferReversal
from veza.money.room import MoneyRoom
from veza.money.sandbox.core import Sandbox
from veza.money.transfers import SellerTransfer

log = structlog.get_logger(__name__)

SELLERS = {"kelp-forest": "Kelp Forest", "night-ferry": "Night Ferry", "paper-lanterns": "Paper Lanterns"}
PRICES = (700, 900, 1200, 1500, 2200)
SALES = 14
NEWEST_OF = "paper-lanterns"
STEP_TAKES = timedelta(seconds=30)
"""How long one step may take to show; a demo that hangs says so and leaves what it made."""
POLL_SECONDS = 0.1


class DemoStuck(Exception):
    """A step of the demo did not show in time; what was made so far stays."""


@dataclass(frozen=True, slots=True)
class _Sale:
    payment_id: UUID
    seller_id: str
    money: Money
    charge_id: str


class DemoData:
    """Fills an empty database once, then idles until the process stops."""

    name = "demo data"

    def __init__(self, room: MoneyRoom, sandbox: Sandbox, seed: int = 1) -> None:
        self._room = room
        self._database = room.database
        self._sandbox = sandbox
        self._rng = random.Random(seed)  # noqa: S311  (a demo that repeats, not a secret)
        self.finished = asyncio.Event()
        self.made: int | None = None

    async def run(self, stop: asyncio.Event) -> None:
        filling = asyncio.create_task(self._fill())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({filling, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not filling.done():
            filling.cancel()
        with suppress(asyncio.CancelledError):
            await filling
        await stopping

    async def _fill(self) -> None:
        try:
            self.made = await self.fill()
        except DemoStuck as error:
            log.warning("demo.stuck", reason=str(error))
        finally:
            self.finished.set()

    async def fill(self) -> int:
        """Make the demo's sales and what became of them; returns how many, 0 when there was data already."""
        async with self._database.read() as session:
            if await session.scalar(select(func.count()).select_from(Payment)):
                return 0
        accounts = {seller_id: await self._onboard(seller_id, name) for seller_id, name in SELLERS.items()}
        sales = [await self._sell(number) for number in range(SALES)]
        await self._until("the sellers are paid", self._all_paid)
        await self._refund(sales[0], sales[0].money.minor, "the buyer bought it twice")
        await self._refund(sales[1], sales[1].money.minor // 3, "one track was missing")
        await self._refund(sales[2], sales[2].money.minor // 2, "agreed with the band")
        await self._until("the first refunds are settled", self._nothing_pending)
        self._sandbox.open_dispute(sales[3].charge_id)
        await self._waits_for_balance(sales[4], accounts[sales[4].seller_id])
        await self._given_up(sales[5])
        # The sampler looks once a minute; a newcomer who opens the chart now shall find something in it.
        await backlog.sample(self._database)
        return len(sales)

    async def _onboard(self, seller_id: str, name: str) -> str:
        row, _link = await sellers.onboard(
            self._database, self._room.gateway, seller_id, name, "DE", return_url="https://example.org/", actor="demo"
        )
        account = str(row.stripe_account_id)
        self._sandbox.complete_onboarding(account, name)
        return account

    async def _sell(self, number: int) -> _Sale:
        # The first six go to sellers in turn, so that what happens to them later never meets another's balance; the
        # newest, which a newcomer refunds first, to one who has the money.
        if number < 6:
            seller_id = list(SELLERS)[number % 3]
        else:
            seller_id = NEWEST_OF if number == SALES - 1 else self._rng.choice(list(SELLERS))
        currency = "USD" if number >= 6 and number % 4 == 0 else "EUR"
        money = Money(self._rng.choice(PRICES), currency)
        line = LineWanted(seller_id, f"demo-release-{number % 5 + 1}", money.minor, 1000)
        async with self._database.write("demo") as session:
            payment = await payments.create(session, f"demo-order-{number + 1}", currency, [line])
        charge = self._sandbox.take_payment(
            money.minor,
            currency.lower(),
            transfer_group=str(payment.id),
            metadata={"veza_payment": str(payment.id)},
        )
        return _Sale(payment.id, seller_id, money, str(charge["id"]))

    async def _refund(self, sale: _Sale, amount_minor: int, reason: str) -> None:
        async with self._database.write("demo") as session:
            payment = await payments.lock(session, sale.payment_id)
            await refunds.request(session, payment, amount_minor, sale.money.currency, reason=reason)

    async def _waits_for_balance(self, sale: _Sale, account: str) -> None:
        """The seller has paid everything out: the reversal waits for money, and loses no retry over it."""
        self._sandbox.set_balance(account, 0, sale.money.currency.lower())
        await self._refund(sale, sale.money.minor, "refunded after the seller's payout")
        await self._until("a reversal waits for balance", self._one_waits)

    async def _given_up(self, sale: _Sale) -> None:
        """The provider refuses one reversal for good: something for the operator to retry."""
        transfer = await self._transfer_of(sale)
        path = f"/v1/transfers/{transfer.stripe_transfer_id}/reversals"
        self._sandbox.add_fault("refused", method="POST", path=path, times=1)
        await self._refund(sale, sale.money.minor, "the wrong album was sold")
        await self._until("a reversal is given up", self._one_given_up)

    async def _transfer_of(self, sale: _Sale) -> SellerTransfer:
        async with self._database.read() as session:
            mine = select(SellerTransfer).where(SellerTransfer.payment_id == sale.payment_id)
            return (await session.scalars(mine)).one()

    async def _until(self, what: str, is_so: Callable[[Session], Awaitable[bool]]) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(STEP_TAKES.total_seconds()):
                while True:
                    async with self._database.read() as session:
                        if await is_so(session):
                            return
                    await asyncio.sleep(POLL_SECONDS)
        raise DemoStuck(f"waited {STEP_TAKES.total_seconds():.0f} s until {what}, in vain")

    async def _all_paid(self, session: Session) -> bool:
        paid = select(func.count()).select_from(SellerTransfer).where(SellerTransfer.status == "completed")
        return await session.scalar(paid) == SALES

    async def _nothing_pending(self, session: Session) -> bool:
        done = select(func.count()).select_from(Refund).where(Refund.status == "succeeded")
        open_rows = select(func.count()).select_from(TransferReversal).where(TransferReversal.status == "pending")
        return await session.scalar(done) == 3 and await session.scalar(open_rows) == 0

    async def _one_waits(self, session: Session) -> bool:
        waiting = select(TransferReversal.id).where(TransferReversal.waiting_since.is_not(None))
        return (await session.execute(waiting)).first() is not None

    async def _one_given_up(self, session: Session) -> bool:
        lost = select(TransferReversal.id).where(TransferReversal.status == "permanently_failed")
        return (await session.execute(lost)).first() is not None
