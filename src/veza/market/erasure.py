"""What the market deletes: data of deleted accounts, old carts without an account, addresses of unpaid orders."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, or_, select, update

from veza.accounts.people import Person
from veza.kit import mail
from veza.kit.database import Database, Session
from veza.kit.messages import gettext
from veza.market import code_claims, orders
from veza.market.cart import Cart, CartItem
from veza.market.orders import DELETED_ADDRESS, UNPAID, Order

KEPT = timedelta(days=60)
"""How long a cart without an account is kept: twice as long as its cookie lives."""
EVERY = timedelta(hours=6)
BATCH = 500
UNPAID_KEPT = timedelta(days=30)
"""How long the address on an unpaid order is kept: until then the provider may report a late payment."""


async def forget_person(session: Session, person_id: UUID) -> None:
    """The account is gone: so are its cart, the addresses on its orders and the mails about them. Orders, receipts and
    grants stay.

    So does what was bought without an account by the same confirmed address; it is found by the link that was mailed.
    An order that is still to be paid keeps the address until then: the link has to be sent somewhere.
    """
    mine = select(Cart.id).where(Cart.person_id == person_id).with_for_update()
    await _drop(session, list(await session.scalars(mine)))
    waiting = select(Order).where(Order.person_id == person_id, Order.status.in_(orders.WAITING)).with_for_update()
    for order in await session.scalars(waiting.execution_options(populate_existing=True)):
        await orders.cancel(session, order, because=gettext("the account was deleted"))
    told = or_(Order.email.is_not(None), Order.language.is_not(None))
    addressed = update(Order).where(Order.person_id == person_id, told)
    await session.execute(addressed.values(email=None, language=None).execution_options(synchronize_session=False))
    await mail.forget_about(session, select(Order.id).where(Order.person_id == person_id))
    person = await session.get(Person, person_id)
    if person is not None and person.email is not None and person.is_confirmed:
        await code_claims.forget_address(session, person.email)
    address = select(Person.email).where(Person.id == person_id, Person.email_confirmed_at.is_not(None))
    unclaimed = update(Order).where(
        Order.person_id.is_(None), Order.email == address.scalar_subquery(), Order.status.not_in(orders.WAITING)
    )
    forgotten = unclaimed.values(email=DELETED_ADDRESS, language=None)
    await session.execute(forgotten.execution_options(synchronize_session=False))


async def sweep(database: Database) -> int:
    """Delete old carts and addresses without an account, a batch at a time; returns how many."""
    return await _forget_carts(database) + await _forget_unpaid(database)


async def _forget_carts(database: Database) -> int:
    gone = 0
    while True:
        async with database.write("cart sweep") as session:
            old = (
                select(Cart.id)
                .where(Cart.person_id.is_(None), Cart.created_at < session.now - KEPT)
                .order_by(Cart.created_at)
                .limit(BATCH)
                .with_for_update(skip_locked=True)
            )
            found = list(await session.scalars(old))
            await _drop(session, found)
        gone += len(found)
        if len(found) < BATCH:
            return gone


async def _forget_unpaid(database: Database) -> int:
    """Delete the addresses of unpaid orders without an account; a late payment is claimed by the cart."""
    gone = 0
    while True:
        async with database.write("cart sweep") as session:
            old = (
                select(Order.id)
                .where(Order.person_id.is_(None), Order.status.in_(UNPAID), Order.email != DELETED_ADDRESS)
                .where(Order.created_at < session.now - UNPAID_KEPT)
                .limit(BATCH)
                .with_for_update(skip_locked=True)
            )
            found = list(await session.scalars(old))
            forgotten = update(Order).where(Order.id.in_(found)).values(email=DELETED_ADDRESS, language=None)
            await session.execute(forgotten.execution_options(synchronize_session=False))
        gone += len(found)
        if len(found) < BATCH:
            return gone


async def _drop(session: Session, cart_ids: list[UUID]) -> None:
    if cart_ids:
        await session.execute(delete(CartItem).where(CartItem.cart_id.in_(cart_ids)))
        await session.execute(delete(Cart).where(Cart.id.in_(cart_ids)))
