"""Sellers as the money module knows them: an opaque id, and the connected account that is paid."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Index, Insert, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit import codes
from veza.kit.database import Base, Database, Session, table_of
from veza.kit.messages import Message, gettext
from veza.money import findings
from veza.money.findings import FindingKind
from veza.money.stripe.definite import ProviderRefused, ProviderUnavailable, definite
from veza.money.stripe.gateway import Gateway
from veza.money.transfer_waits import forget_destination, wake_waiting_for


class Seller(Base):
    """`id` is what the modules above call the seller; money never looks behind it.

    `account_seen_at` is the provider's time of the newest news of the account that was taken over; `former_accounts`
    lists those that were let go, each with `id`, `left_at` and `because`.
    """

    __tablename__ = "sellers"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    country: Mapped[str]
    stripe_account_id: Mapped[str | None] = mapped_column(unique=True)
    transfers_active: Mapped[bool] = mapped_column(default=False)
    account_seen_at: Mapped[datetime | None]
    former_accounts: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    created_at: Mapped[datetime]

    __table_args__ = (Index(None, "created_at", "id"),)


class UnknownSeller(LookupError):
    """No such seller."""

    def __init__(self, wanted: object) -> None:
        super().__init__(gettext("there is no seller {wanted}", wanted=wanted))


async def seller(session: Session, seller_id: str) -> Seller | None:
    return (await session.scalars(_BY_ID, {"seller_id": seller_id})).one_or_none()


_BY_ID = select(Seller).where(Seller.id == bindparam("seller_id"))
_LOCKED = select(Seller).with_for_update().execution_options(populate_existing=True)
_LOCKED_BY_ACCOUNT = _LOCKED.where(Seller.stripe_account_id == bindparam("account_id"))
_LOCKED_WITHOUT_ACCOUNT = _LOCKED.where(Seller.id == bindparam("seller_id"), Seller.stripe_account_id.is_(None))
_BY_ID_ANEW = _BY_ID.execution_options(populate_existing=True)
_TABLE = table_of(Seller)
_ACCOUNT_OPENED = (
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("seller_id"), _TABLE.c.stripe_account_id.is_(None))
    .values(stripe_account_id=bindparam("account_id"))
)
_ACCOUNT_RECORDED = (
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("seller_id"))
    .values({name: bindparam(name) for name in ("stripe_account_id", "transfers_active", "account_seen_at")})
)


async def find(session: Session, seller_id: str) -> Seller:
    row = await seller(session, seller_id)
    if row is None:
        raise UnknownSeller(seller_id)
    return row


async def register(session: Session, seller_id: str, name: str, country: str) -> Seller:
    """The seller row, made if it is new; name and country may be mended until there is an account. Raises BadCode."""
    country = codes.country(country)
    row = {"id": seller_id, "name": name, "country": country, "transfers_active": False, "created_at": session.now}
    await session.execute(_REGISTERED[session.dialect], {**row, "former_accounts": []})
    return (await session.scalars(_BY_ID_ANEW, {"seller_id": seller_id})).one()


def _upsert(dialect: Any) -> Insert:
    new = dialect.insert(_TABLE)
    mended = {name: new.excluded[name] for name in ("name", "country")}
    registered: Insert = new.on_conflict_do_update(
        index_elements=[_TABLE.c.id], set_=mended, where=_TABLE.c.stripe_account_id.is_(None)
    )
    return registered


_REGISTERED = {name: _upsert(dialect) for name, dialect in (("postgresql", postgresql), ("sqlite", sqlite))}


async def onboard(
    database: Database, gateway: Gateway, seller_id: str, name: str, country: str, *, return_url: str, actor: str,
    refresh_url: str | None = None,
) -> tuple[Seller, str]:  # fmt: skip
    """Open a connected account for the seller (once) and return the row with a fresh onboarding link, which leads to
    `refresh_url` (else `return_url`) once it is used up.

    Raises ProviderRefused and ProviderUnavailable with the provider's words. Calling it again only makes a new link,
    unless the account is gone at the provider: then it is let go, and a new one is opened.
    """
    async with database.write(actor) as session:
        row = await register(session, seller_id, name, country)
    try:
        return await _account_with_link(database, gateway, row, (return_url, refresh_url or return_url), actor)
    except (ProviderRefused, ProviderUnavailable):
        if row.stripe_account_id is None or not await _is_gone(gateway, row.stripe_account_id):
            raise
    async with database.write(actor) as session:
        await let_go(session, row.stripe_account_id, because=gettext("the provider knows it no more, or closed it"))
        row = await register(session, seller_id, name, country)
    return await _account_with_link(database, gateway, row, (return_url, refresh_url or return_url), actor)


async def _is_gone(gateway: Gateway, account_id: str) -> bool:
    """Whether an account can be used no more: deleted, out of reach for our key, or closed by the provider."""
    answer = await gateway.account(account_id)
    if not answer.is_ok:
        return answer.error_code in ("account_invalid", "resource_missing") and answer.status in (400, 403, 404)
    closed = (answer.object.get("requirements") or {}).get("disabled_reason") or ""
    return bool(answer.object.get("deleted")) or str(closed).startswith("rejected.")


async def _account_with_link(
    database: Database, gateway: Gateway, row: Seller, back: tuple[str, str], actor: str
) -> tuple[Seller, str]:
    seller_id = row.id
    if row.stripe_account_id is None:
        made = await gateway.create_account(
            {
                "type": "express",
                "country": row.country,
                "capabilities": {"transfers": {"requested": "true"}},
                "business_profile": {"name": row.name},
                "metadata": {"veza_seller": row.id},
            },
            # Another name or country is another request: a refused one must not be replayed to it. So is the account
            # after one that was let go.
            key=f"veza-account-{row.id}-{sha256(_told_of(row).encode()).hexdigest()[:16]}",
        )
        what = gettext("the provider opened no account for seller {seller_id}", seller_id=seller_id)
        account_id = str(definite(made, what)["id"])
        async with database.write(actor) as session:
            await session.execute(_ACCOUNT_OPENED, {"seller_id": seller_id, "account_id": account_id})
            await wake_waiting_for(session, seller_id=seller_id)
    async with database.read() as session:
        row = (await session.scalars(_BY_ID, {"seller_id": seller_id})).one()
    link = await gateway.create_account_link(
        {
            "account": row.stripe_account_id,
            "type": "account_onboarding",
            "return_url": back[0],
            "refresh_url": back[1],
        },
        key=f"veza-link-{database.ids.new()}",
    )
    what = gettext("the provider made no onboarding link for seller {seller_id}", seller_id=seller_id)
    return row, str(definite(link, what)["url"])


def _told_of(row: Seller) -> str:
    former = f" after {len(row.former_accounts)}" if row.former_accounts else ""
    return f"{row.country} {row.name}{former}"


async def record_account(
    session: Session,
    stripe_account_id: str,
    transfers_active: bool,
    *,
    seen_at: datetime | None = None,
    opened_for: str | None = None,
) -> None:
    """The provider said, at its time `seen_at`, what this account may do; what waited for it is due at once.

    News that is older than what is known changes nothing. The provider's time has whole seconds: of two in the same
    second the one that lets the seller be paid counts, for a transfer refused all the same only waits.

    `opened_for` is the seller our metadata names: one who has no account here and never left this one, as after a
    restore, has it.
    """
    row = (await session.scalars(_LOCKED_BY_ACCOUNT, {"account_id": stripe_account_id})).one_or_none()
    if row is None and opened_for is not None:
        row = (await session.scalars(_LOCKED_WITHOUT_ACCOUNT, {"seller_id": opened_for})).one_or_none()
        if row is None or stripe_account_id in {one["id"] for one in row.former_accounts}:
            return
    if row is None:
        return
    if seen_at is not None and row.account_seen_at is not None:
        is_older = seen_at < row.account_seen_at
        if is_older or (seen_at == row.account_seen_at and not transfers_active):
            return
    await session.execute(
        _ACCOUNT_RECORDED,
        {
            "seller_id": row.id,
            "stripe_account_id": stripe_account_id,
            "transfers_active": transfers_active,
            "account_seen_at": seen_at or row.account_seen_at,
        },
    )
    if transfers_active:
        await findings.resolve(session, FindingKind.ACCOUNT_GONE, f"seller {row.id}")
        await wake_waiting_for(session, seller_id=row.id)


async def let_go(session: Session, stripe_account_id: str, *, because: Message) -> Seller | None:
    """The account can be used no more: its seller has none until they onboard anew, and what is not sent waits.

    None when no seller has this account, which is so a second time.
    """
    row = (await session.scalars(_LOCKED_BY_ACCOUNT, {"account_id": stripe_account_id})).one_or_none()
    if row is None:
        return None
    left = {"id": stripe_account_id, "left_at": session.now.isoformat(), "because": str(because)}
    row.stripe_account_id, row.transfers_active, row.account_seen_at = None, False, None
    row.former_accounts = [*row.former_accounts, left]
    await session.flush()
    await forget_destination(session, row.id)
    await findings.report(
        session,
        FindingKind.ACCOUNT_GONE,
        f"seller {row.id}",
        gettext(
            "account {stripe_account_id} of seller {row_id} ({row_name}) is gone: {because}",
            stripe_account_id=stripe_account_id,
            row_id=row.id,
            row_name=row.name,
            because=because,
        ),
        mend=gettext("have the seller onboard anew; what waits for them is sent to the new account by itself"),
    )
    return row
