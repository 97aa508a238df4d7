"""A deleted account leaves no address and no cart behind; abandoned carts go in the end."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import insert, select

from tests.pseudo_language import plain
from veza.kit import mail
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.messages import verbatim
from veza.market.cart import Cart
from veza.market.erasure import KEPT, UNPAID_KEPT, forget_person, sweep
from veza.market.orders import DELETED_ADDRESS, Order, machine


async def _cart(database: Database, **holder: object) -> UUID:
    async with database.write() as session:
        row = {"id": session.new_id(), "created_at": session.now, **holder}
        await session.execute(insert(Cart), row)
    return row["id"]  # type: ignore[return-value]


async def _carts(database: Database) -> set[UUID]:
    async with database.read() as session:
        return set(await session.scalars(select(Cart.id)))


async def test_old_carts_without_an_account_go_and_the_others_stay(database: Database, clock: ManualClock) -> None:
    person = UUID(int=7)
    await _cart(database, token_hash="a")
    kept = await _cart(database, person_id=person)
    clock.advance(KEPT + timedelta(seconds=1))
    fresh = await _cart(database, token_hash="b")
    assert await sweep(database) == 1
    assert await _carts(database) == {kept, fresh}
    assert await sweep(database) == 0


async def test_a_deleted_account_leaves_its_orders_without_an_address(database: Database) -> None:
    person = UUID(int=7)
    cart = await _cart(database, person_id=person)
    async with database.write() as session:
        order = {
            "id": session.new_id(), "cart_id": cart, "person_id": person, "email": "bo@example.org", "language": "fr",
            "status": "paid", "currency": "EUR", "amount_minor": 0, "vat_rate_bps": 0, "fingerprint": "f",
            "request_key": "k", "success_url": "s", "cancel_url": "c", "created_at": session.now,
            "paid_at": session.now,
        }  # fmt: skip
        await machine.create(session, [order], because=verbatim("free"))
        mail.send(session, "bo@example.org", verbatim("What you bought"), verbatim("text"), about=order["id"])
        mail.send(session, "bo@example.org", verbatim("What another bought"), verbatim("text"), about=UUID(int=8))
    async with database.write() as session:
        await forget_person(session, person)
    assert await _carts(database) == set()
    async with database.read() as session:
        (left,) = (await session.scalars(select(Order))).all()
        assert [plain(letter.subject) for letter in await mail.newest(session, 9)] == ["What another bought"]
    assert (left.email, left.language, left.person_id) == (None, None, person)


async def test_who_never_paid_is_forgotten_and_who_did_is_not(database: Database, clock: ManualClock) -> None:
    async def order(status: str, name: str, person: UUID | None = None) -> None:
        async with database.write() as session:
            row = {
                "id": session.new_id(), "cart_id": UUID(int=1), "person_id": person, "email": f"{name}@example.org",
                "status": status, "currency": "EUR", "amount_minor": 500, "vat_rate_bps": 0, "fingerprint": name,
                "request_key": "k", "success_url": "s", "cancel_url": "c", "created_at": session.now,
            }  # fmt: skip
            await machine.create(session, [row], because=verbatim("checked out"))

    for status in ("open", "expired", "canceled", "paid", "refunded"):
        await order(status, status)
    await order("expired", "known", UUID(int=7))
    clock.advance(UNPAID_KEPT + timedelta(seconds=1))
    await order("expired", "fresh")
    assert [await sweep(database), await sweep(database)] == [3, 0]
    async with database.read() as session:
        kept = sorted(str(email) for email in await session.scalars(select(Order.email)))
    assert kept == sorted(
        [DELETED_ADDRESS] * 3 + [f"{name}@example.org" for name in ("fresh", "known", "paid", "refunded")]
    )
