"""What a list of payments says besides ids: who bought what from whom, and how much of it went back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import cast
from uuid import UUID

from sqlalchemy import func, select

from veza.accounts.people import Person
from veza.kit.database import Session
from veza.kit.messages import Message, gettext
from veza.market.orders import DELETED_ADDRESS, Order
from veza.money.payments import Payment, PaymentLine
from veza.money.returns import LineReturn
from veza.money.sellers import Seller

NO_SHOP = "–"
"""A payment that was made without the shop names no buyer."""


@dataclass
class Named:
    """One payment in words; `returned_minor` is what the buyer has back, by refunds and disputes."""

    buyer_name: str = ""
    buyer_address: str = ""
    products: list[str] = field(default_factory=list)
    sellers: dict[str, str] = field(default_factory=dict)
    """Each seller's name by id, in the order of the lines."""
    returned_minor: int = 0

    @property
    def buyer(self) -> str:
        """Name and address, as far as they are known."""
        return " · ".join(filter(None, (self.buyer_name, self.buyer_address))) or NO_SHOP

    @property
    def product(self) -> Message | str:
        """The first product, and how many more."""
        if not self.products:
            return NO_SHOP
        more = len(self.products) - 1
        return gettext("{first} and {n} more", first=self.products[0], n=more) if more else self.products[0]

    @property
    def seller(self) -> str:
        """Every seller once."""
        return ", ".join(dict.fromkeys(self.sellers.values())) or NO_SHOP


def shown_status(payment: Payment, returned_minor: int) -> str:
    """How the payment's status is said: one whose money went back is no success any more."""
    if payment.status != "succeeded" or returned_minor <= 0:
        return payment.status
    return "refunded" if returned_minor >= payment.amount_minor else "partly_refunded"


SELLER_FIELD = "seller_id"
"""Money's messages name sellers by id: it knows no more of them."""


async def by_name(session: Session, said: Iterable[Message]) -> Callable[[Message], Message]:
    """What tells each of these messages with the sellers' names in place of their ids."""
    ids = {str(one.fields[SELLER_FIELD]) for one in said if SELLER_FIELD in one.fields}
    rows = await session.execute(select(Seller.id, Seller.name).where(Seller.id.in_(ids))) if ids else ()
    names = {seller_id: name for seller_id, name in rows if name}

    def told(one: Message) -> Message:
        name = names.get(str(one.fields.get(SELLER_FIELD)))
        return one if name is None else replace(one, fields={**one.fields, SELLER_FIELD: name})

    return told


async def named(session: Session, payment_ids: Collection[UUID]) -> dict[UUID, Named]:
    """Each of the payments in words, in three statements however many there are."""
    found = {payment_id: Named() for payment_id in payment_ids}
    if not found:
        return found
    lines = (
        select(PaymentLine.payment_id, PaymentLine.product_ref, PaymentLine.seller_id, Seller.name)
        .outerjoin(Seller, Seller.id == PaymentLine.seller_id)
        .where(PaymentLine.payment_id.in_(list(found)))
        .order_by(PaymentLine.payment_id, PaymentLine.position)
    )
    for payment_id, product, seller_id, seller in await session.execute(lines):
        found[payment_id].products.append(product)
        found[payment_id].sellers[seller_id] = seller or seller_id
    buyers = (
        select(Order.payment_id, Person.name, Person.email, Order.email)
        .outerjoin(Person, Person.id == Order.person_id)
        .where(Order.payment_id.in_(list(found)))
    )
    for of, name, email, given in await session.execute(buyers):
        one = found[cast(UUID, of)]
        one.buyer_name, one.buyer_address = name or "", email or ("" if given == DELETED_ADDRESS else given or "")
    back = select(LineReturn.payment_id, func.sum(LineReturn.amount_minor)).where(
        LineReturn.payment_id.in_(list(found))
    )
    for payment_id, total in await session.execute(back.group_by(LineReturn.payment_id)):
        found[payment_id].returned_minor = int(total)
    return found
