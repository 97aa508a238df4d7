"""Orders: what a buyer took to the pay page in one currency, line by line, and where it stands."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, bindparam, select, text
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base, Session
from veza.kit.messages import Message, gettext
from veza.kit.moves import Machine, Move
from veza.kit.outbox import publish

STATUSES = ("open", "processing", "paid", "partly_refunded", "refunded", "expired", "canceled", "failed")
PAID = ("paid", "partly_refunded", "refunded")
"""Statuses of an order that was paid, refunded since or not."""
UNPAID = ("open", "processing", "expired", "canceled", "failed")
WAITING = ("open", "processing")
"""Statuses of an order that may still be paid as intended."""
OVER = ("expired", "canceled", "failed")
"""Statuses of an order that ended unpaid: its cart can be checked out anew."""
DELETED_ADDRESS = "deleted@account.invalid"
"""Replaces the deleted address of an order without an account, which must have one. No mail goes there."""


class Order(Base):
    """One order in one currency. `payment_id` is null if everything in it is free.

    `fingerprint` is of its lines, `request_key` of the request that made it; `claim_hash` is what is kept of the link
    that an anonymous buyer is sent. A buyer without an account is written to in `language` (BCP 47, such as `fr`), in
    English where it is null. `receipt_year` and `receipt_count` number the receipt. `consent` is the wording by which
    the buyer asked to have it at once (`market/consent.py`), null where none was shown.
    """

    __tablename__ = "orders"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    cart_id: Mapped[UUID]
    person_id: Mapped[UUID | None]
    email: Mapped[str | None]
    language: Mapped[str | None]
    status: Mapped[str]
    version: Mapped[int] = mapped_column("attempt", default=0)
    currency: Mapped[str]
    amount_minor: Mapped[int]
    vat_rate_bps: Mapped[int]
    fingerprint: Mapped[str]
    request_key: Mapped[str]
    payment_id: Mapped[UUID | None] = mapped_column(unique=True)
    success_url: Mapped[str]
    cancel_url: Mapped[str]
    claim_hash: Mapped[str | None] = mapped_column(unique=True)
    claimed_at: Mapped[datetime | None]
    receipt_year: Mapped[int | None]
    receipt_count: Mapped[int | None]
    created_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]
    consent: Mapped[str | None]
    consented_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("(consent IS NULL) = (consented_at IS NULL)", name="consent_dated"),
        CheckConstraint("status IN ({})".format(", ".join(f"'{s}'" for s in STATUSES)), name="status_known"),
        CheckConstraint("amount_minor >= 0", name="amount_sane"),
        CheckConstraint("person_id IS NOT NULL OR email IS NOT NULL", name="buyer_known"),
        Index(None, "person_id", "id"),
        Index(None, "cart_id", "request_key"),
        Index(None, "email"),
        # One open order for the same products of the same cart, however many clicks.
        Index(
            "uq_orders_open",
            "cart_id",
            "fingerprint",
            unique=True,
            postgresql_where=text("status = 'open'"),
            sqlite_where=text("status = 'open'"),
        ),
        Index("uq_orders_receipt", "receipt_year", "receipt_count", unique=True),
    )


class OrderLine(Base):
    """One product as it was ordered; `refunded_minor` is what was returned of it to the buyer."""

    __tablename__ = "order_lines"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    position: Mapped[int]
    product_id: Mapped[UUID]
    kind: Mapped[str]
    item_id: Mapped[UUID]
    release_id: Mapped[UUID]
    artist_id: Mapped[UUID]
    artist: Mapped[str]
    title: Mapped[str]
    licence: Mapped[str] = mapped_column(default="", server_default="")
    gross_minor: Mapped[int]
    vat_minor: Mapped[int]
    fee_bps: Mapped[int]
    refunded_minor: Mapped[int] = mapped_column(default=0)
    payment_line_id: Mapped[UUID | None] = mapped_column(unique=True)

    __table_args__ = (
        CheckConstraint("kind IN ('release', 'track')", name="kind_known"),
        CheckConstraint("gross_minor >= 0 AND vat_minor >= 0 AND vat_minor <= gross_minor", name="amounts_sane"),
        CheckConstraint("refunded_minor >= 0 AND refunded_minor <= gross_minor", name="refunded_within_gross"),
        Index("uq_order_lines_position", "order_id", "position", unique=True),
        Index(None, "artist_id", "id"),
    )

    @property
    def ref(self) -> str:
        """The order's number on the pay page."""
        return f"{self.title} · {self.artist}"[:200]


_NEWS = "payments and refunds, as they become known"
MOVES = (
    Move("open", "processing", "the buyer is done at the pay page, their bank takes days", _NEWS),
    Move("open", "paid", "the buyer paid", _NEWS),
    Move("open", "expired", "the checkout ended unpaid, or was refused", _NEWS),
    Move(
        "open", "canceled", "the cart was checked out anew, the account deleted, or what was ordered is gone",
        "checkout, deletion, moderation",
    ),
    Move("open", "failed", "the buyer's bank did not pay", _NEWS),
    Move("processing", "paid", "the buyer's bank paid", _NEWS),
    Move("processing", "failed", "the buyer's bank did not pay", _NEWS),
    Move("processing", "canceled", "the account was deleted, or what was ordered is gone", "deletion, moderation"),
    Move("failed", "paid", "the charge is seen to have succeeded after all", _NEWS),
    Move("expired", "paid", "the charge is seen to have succeeded after all", _NEWS),
    Move("canceled", "paid", "the buyer paid on the older page all the same", _NEWS),
    Move("paid", "partly_refunded", "a part went back to the buyer", _NEWS),
    Move("paid", "refunded", "everything went back to the buyer", _NEWS),
    Move("partly_refunded", "refunded", "the rest went back to the buyer", _NEWS),
    Move("partly_refunded", "paid", "the refund failed after all", _NEWS),
    Move("refunded", "partly_refunded", "one of the refunds failed after all", _NEWS),
    Move("refunded", "paid", "all that went back failed after all", _NEWS),
)  # fmt: skip
CANCELED = "order.canceled"
"""Published with `order_id` and `payment_id`: what hears it afterwards closes the pay page."""
machine: Machine[Order] = Machine("order", Order, STATUSES, MOVES, version="version")
move = machine.move


class UnknownOrder(LookupError):
    """No such order, or not this person's."""

    def __init__(self, wanted: object) -> None:
        super().__init__(gettext("there is no order {wanted}", wanted=wanted))


class UnknownLine(LookupError):
    """The order has no such line."""

    def __init__(self, wanted: object) -> None:
        super().__init__(gettext("there is no order line {wanted}", wanted=wanted))


async def find(session: Session, order_id: UUID) -> Order:
    """The order, not locked; raises UnknownOrder."""
    row = await session.get(Order, order_id)
    if row is None:
        raise UnknownOrder(order_id)
    return row


async def find_theirs(session: Session, order_id: UUID, person_id: UUID) -> Order:
    """The person's own order; raises UnknownOrder, also for an order of another person."""
    row = await session.get(Order, order_id)
    if row is None or row.person_id != person_id:
        raise UnknownOrder(order_id)
    return row


_OF_PAYMENT = select(Order).where(Order.payment_id == bindparam("payment_id")).execution_options(populate_existing=True)
_LOCKED_OF_PAYMENT = _OF_PAYMENT.with_for_update()
_LINES = (
    select(OrderLine)
    .where(OrderLine.order_id.in_(bindparam("order_ids", expanding=True)))
    .order_by(OrderLine.order_id, OrderLine.position)
    .execution_options(populate_existing=True)
)


async def of_payment(session: Session, payment_id: UUID) -> Order | None:
    """The order this payment is for, not locked; None for a payment made without the market."""
    mine = select(Order).where(Order.payment_id == payment_id)
    return (await session.scalars(mine.execution_options(populate_existing=True))).one_or_none()


async def lock_by_payment(session: Session, payment_id: UUID) -> Order | None:
    """The order this payment is for, locked; None for a payment made without the market."""
    return (await session.scalars(_LOCKED_OF_PAYMENT, {"payment_id": payment_id})).one_or_none()


async def lock(session: Session, order_id: UUID) -> Order:
    """The order, locked; raises UnknownOrder."""
    mine = select(Order).where(Order.id == order_id).with_for_update()
    row = (await session.scalars(mine.execution_options(populate_existing=True))).one_or_none()
    if row is None:
        raise UnknownOrder(order_id)
    return row


async def lines_of(session: Session, order_ids: Collection[UUID]) -> dict[UUID, list[OrderLine]]:
    """Order → its lines in order, in one statement."""
    found: dict[UUID, list[OrderLine]] = {order_id: [] for order_id in order_ids}
    for line in await session.scalars(_LINES, {"order_ids": list(order_ids)}):
        found[line.order_id].append(line)
    return found


async def find_line(session: Session, line_id: UUID) -> tuple[OrderLine, Order]:
    """A line with its order; raises UnknownLine."""
    found = select(OrderLine, Order).join(Order, Order.id == OrderLine.order_id).where(OrderLine.id == line_id)
    row = (await session.execute(found)).one_or_none()
    if row is None:
        raise UnknownLine(line_id)
    return row[0], row[1]


async def find_lines(session: Session, line_ids: Collection[UUID]) -> dict[UUID, tuple[OrderLine, Order]]:
    """Each of these lines that is there, with its order, in one statement."""
    found = select(OrderLine, Order).join(Order, Order.id == OrderLine.order_id).where(OrderLine.id.in_(line_ids))
    return {line.id: (line, order) for line, order in await session.execute(found)}


async def cancel(session: Session, order: Order, *, because: Message) -> None:
    """Cancel an open order; a payment made all the same still counts."""
    await move(session, order, "canceled", because=because)
    await publish(session, CANCELED, {"order_id": str(order.id), "payment_id": str(order.payment_id)})


async def paid_from(session: Session, cart_id: UUID) -> Sequence[UUID]:
    """Paid orders made from this cart, refunded since or not."""
    return (await session.scalars(select(Order.id).where(Order.cart_id == cart_id, Order.status.in_(PAID)))).all()


async def take_over(session: Session, old_cart: UUID, new_cart: UUID, person_id: UUID) -> None:
    """Give the open orders of a buyer who signed in at checkout to the person (carts locked).

    If the person has an open order for the same products, the other one is canceled: one pay page is enough.
    """
    begun = set(await session.scalars(_BEGUN, {"cart_id": new_cart}))
    for order in (await session.scalars(_WITHOUT_ACCOUNT, {"cart_id": old_cart})).all():
        if order.status == "open" and order.fingerprint in begun:
            await cancel(session, order, because=gettext("the same was checked out after signing in"))
        else:
            await machine.update(session, order, cart_id=new_cart, person_id=person_id)


_BEGUN = select(Order.fingerprint).where(Order.cart_id == bindparam("cart_id"), Order.status == "open")
_WITHOUT_ACCOUNT = (
    select(Order)
    .where(Order.cart_id == bindparam("cart_id"), Order.status.in_(WAITING), Order.person_id.is_(None))
    .order_by(Order.id)
    .with_for_update()
    .execution_options(populate_existing=True)
)
