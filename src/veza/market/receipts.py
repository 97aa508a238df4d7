"""Receipts: numbered without gaps in each year, and everything that is printed on one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base, Session
from veza.kit.messages import gettext
from veza.kit.money import Amount
from veza.kit.secret import digest
from veza.market import cart as carts
from veza.market import orders
from veza.market.cart import CartOwner
from veza.market.orders import Order, UnknownOrder
from veza.market.rules import MarketRules
from veza.market.vat import vat_of


class ReceiptCounter(Base):
    """The last number of each year; its row is locked until the order that took one is committed, so none is lost."""

    __tablename__ = "receipt_counters"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]

    __table_args__ = (CheckConstraint("last > 0", name="last_positive"),)


class NoReceipt(LookupError):
    """The order has no receipt: it was not paid."""

    def __init__(self, order: Order) -> None:
        if order.amount_minor == 0:
            said = gettext("order {order_id} has no receipt: it was free", order_id=order.id)
        else:
            said = gettext("order {order_id} has no receipt: it is {status}", order_id=order.id, status=order.status)
        super().__init__(said)


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """One line; its VAT is part of the gross and of the refunded amount."""

    title: str
    artist: str
    gross: Amount
    vat: Amount
    refunded: Amount
    refunded_vat: Amount
    licence: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """Everything on a receipt: it says the same for the same state of the order."""

    number: str
    order_id: str
    paid_at: datetime
    platform_name: str
    platform_address: str
    buyer: str
    lines: tuple[ReceiptLine, ...]
    total: Amount
    vat_rate_bps: int
    vat: Amount
    refunded: Amount

    @property
    def kept(self) -> Amount:
        """The total less what was refunded."""
        return Amount(self.total.minor - self.refunded.minor, self.total.currency)

    @property
    def kept_vat(self) -> Amount:
        """The VAT that is left: of the total, less that of each line's refund."""
        back = sum(line.refunded_vat.minor for line in self.lines)
        return Amount(self.vat.minor - back, self.vat.currency)

    @property
    def licences(self) -> dict[str, list[str]]:
        """Each licence once, with the titles that were sold under it."""
        found: dict[str, list[str]] = {}
        for line in self.lines:
            if line.licence:
                found.setdefault(line.licence, []).append(line.title)
        return found

    @property
    def vat_rate(self) -> str:
        """Such as “19 %” or “5.5 %”."""
        return f"{self.vat_rate_bps / 100:g} %"


async def next_number(session: Session, year: int) -> int:
    """The year's next number; the next transaction that asks waits until this one has ended."""
    dialect: Any = postgresql if session.dialect == "postgresql" else sqlite
    new = dialect.insert(ReceiptCounter).values(year=year, last=1)
    counted = new.on_conflict_do_update(index_elements=["year"], set_={"last": ReceiptCounter.last + 1})
    return int((await session.execute(counted.returning(ReceiptCounter.last))).scalar_one())


async def bought_here(session: Session, order_id: UUID, token: str | None, buyer: CartOwner) -> Order:
    """The order behind the link that was mailed (`token`), or made from the buyer's cart; raises UnknownOrder.

    A claimed order is open to the person who claimed it alone: neither link nor cart opens it any more.
    """
    order = await orders.find(session, order_id)
    if token is not None:
        is_theirs = order.person_id is None and order.claim_hash == digest(token)
    else:
        cart = await carts.find(session, buyer)
        is_theirs = cart is not None and order.cart_id == cart.id and order.person_id in (None, buyer.person_id)
    if not is_theirs:
        raise UnknownOrder(order_id)
    return order


async def receipt_of(session: Session, order: Order, rules: MarketRules, buyer: str) -> Receipt:
    """The receipt of a paid order; `buyer` is the name on it. Raises NoReceipt."""
    if order.paid_at is None or order.receipt_count is None:
        raise NoReceipt(order)
    lines = (await orders.lines_of(session, [order.id]))[order.id]

    def money(minor: int) -> Amount:
        return Amount(minor, order.currency)

    return Receipt(
        number=f"{order.receipt_year}-{order.receipt_count:06d}",
        order_id=str(order.id),
        paid_at=order.paid_at,
        platform_name=rules.platform_name,
        platform_address=rules.platform_address,
        buyer=buyer,
        lines=tuple(
            ReceiptLine(
                line.title,
                line.artist,
                money(line.gross_minor),
                money(line.vat_minor),
                money(line.refunded_minor),
                # What is left is taxed like any price; the rest of the line's VAT went back, so that they add up.
                money(line.vat_minor - vat_of(line.gross_minor - line.refunded_minor, order.vat_rate_bps)),
                line.licence,
            )
            for line in lines
        ),
        total=money(order.amount_minor),
        vat_rate_bps=order.vat_rate_bps,
        vat=money(sum(line.vat_minor for line in lines)),
        refunded=money(sum(line.refunded_minor for line in lines)),
    )
