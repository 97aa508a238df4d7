"""A person deletes their account, as far as the market hears of it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from tests.api.market.conftest import Shop
from veza.accounts.people import Person
from veza.kit import outbox
from veza.kit.database import Session


async def delete_account(shop: Shop, person_id: UUID) -> None:
    async with shop.stage.database.write("test") as session:
        await end_account(session, person_id)


async def end_account(session: Session, person_id: UUID) -> None:
    """As `accounts.deletion` does: the row locked first, then every module is told."""
    person = (await session.scalars(select(Person).where(Person.id == person_id).with_for_update())).one()
    person.deleted_at, person.email = session.now, None
    await session.flush()
    await outbox.publish(session, "person.deleted", {"person_id": str(person_id)})
