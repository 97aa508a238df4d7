"""Sellers as the money room knows them: an opaque id, and the connected account that is paid."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Index, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit import codes
from veza.kit.database import Base, Database, Session
from veza.money.attempts import due_index
from veza.money.stripe.answers import Answer
from veza.money.stripe.gateway import Gateway
from veza.money.transfers import wake_waiting_for


class Seller(Base):
    """`id` is whatever the rooms above call the seller; money never looks behind it."""

    __tablename__ = "sellers"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    country: Mapped[str]
    stripe_account_id: Mapped[str | None] = mapped_column(unique=True)
    transfers_active: Mapped[bool] = mapped_column(default=False)
    account_seen_at: Mapped[datetime | None]
    former_accounts: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    check_at: Mapped[datetime | None]
    check_count: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[datetime]

    __table_args__ = (Index(None, "created_at", "id"),)


due_index(Seller, "check_at")


class OnboardingFailed(Exception):
    """The provider did not open the account, or made no link; says what it answered."""

    def __init__(self, what: str, answer: Answer) -> None:
        super().__init__(f"{what}: {answer}")
        self.answer = answer


class UnknownSeller(LookupError):
    """No such seller."""

    def __init__(self, wanted: object) -> None:
        super().__init__(f"there is no seller {wanted}")


async def seller(session: Session, seller_id: str) -> Seller | None:
    return (await session.scalars(select(Seller).where(Seller.id == seller_id))).one_or_none()


async def find(session: Session, seller_id: str) -> Seller:
    row = await seller(session, seller_id)
    if row is None:
        raise UnknownSeller(seller_id)
    return row


async def register(session: Session, seller_id: str, name: str, country: str) -> Seller:
    """The seller row, made if it is new; name and country may be mended until there is an account. Raises BadCode."""
    country = codes.country(country)
    dialect: Any = postgresql if session.dialect == "postgresql" else sqlite
    row = {"id": seller_id, "name": name, "country": country, "transfers_active": False, "created_at": session.now}
    new = dialect.insert(Seller).values(**row)
    mended = {"name": name, "country": country}
    written = new.on_conflict_do_update(
        index_elements=[Seller.id], set_=mended, where=Seller.stripe_account_id.is_(None)
    )
    await session.execute(written)
    mine = select(Seller).where(Seller.id == seller_id).execution_options(populate_existing=True)
    return (await session.scalars(mine)).one()


async def onboard(
    database: Database, gateway: Gateway, seller_id: str, name: str, country: str, *, return_url: str, actor: str
) -> tuple[Seller, str]:
    """Open a connected account for the seller (once) and return the row with a fresh onboarding link.

    Raises OnboardingFailed with the provider's words. Calling it again only makes a new link.
    """
    async with database.write(actor) as session:
        row = await register(session, seller_id, name, country)
    if row.stripe_account_id is None:
        made = await gateway.create_account(
            {
                "type": "express",
                "country": row.country,
                "capabilities": {"transfers": {"requested": "true"}},
                "business_profile": {"name": row.name},
                "metadata": {"veza_seller": row.id},
            },
            # Another name or country is another request: a refused one must not be replayed to it.
            key=f"veza-account-{row.id}-{sha256(f'{row.country} {row.name}'.encode()).hexdigest()[:16]}",
        )
        if not made.is_ok:
            raise OnboardingFailed(f"the provider opened no account for seller {seller_id}", made)
        async with database.write(actor) as session:
            mine = update(Seller).where(Seller.id == seller_id, Seller.stripe_account_id.is_(None))
            await session.execute(mine.values(stripe_account_id=made.object["id"]))
            await wake_waiting_for(session, seller_id=seller_id)
    async with database.read() as session:
        row = (await session.scalars(select(Seller).where(Seller.id == seller_id))).one()
    link = await gateway.create_account_link(
        {
            "account": row.stripe_account_id,
            "type": "account_onboarding",
            "return_url": return_url,
            "refresh_url": return_url,
        },
        key=f"veza-link-{database.ids.new()}",
    )
    if not link.is_ok:
        raise OnboardingFailed(f"the provider made no onboarding link for seller {seller_id}", link)
    return row, str(link.object["url"])


async def record_account(session: Session, stripe_account_id: str, transfers_active: bool) -> None:
    """The provider said what this account may do; what waited for it is due at once."""
    row = (await session.scalars(select(Seller).where(Seller.stripe_account_id == stripe_account_id))).one_or_none()
    if row is None:
        return
    mine = update(Seller).where(Seller.id == row.id)
    await session.execute(mine.values(transfers_active=transfers_active))
    if transfers_active:
        await wake_waiting_for(session, seller_id=row.id)
