"""Carts: what a buyer means to buy, across sellers and currencies, signed in or not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from veza.accounts import people
from veza.kit.database import Base, Session
from veza.kit.messages import Message, gettext
from veza.kit.money import Amount, BadAmount, chargeable
from veza.kit.secret import digest
from veza.market import orders, owned, products
from veza.market.products import NotForSale, Offer, Pricing

MOST_ITEMS = 100


class Cart(Base):
    """The cart of a person, or of the holder of its token."""

    __tablename__ = "carts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID | None] = mapped_column(unique=True)
    token_hash: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("person_id IS NOT NULL OR token_hash IS NOT NULL", name="somebody_holds"),)


class CartItem(Base):
    """A product as its buyer last saw it: `price_minor` is its price, `amount_minor` what the buyer will pay."""

    __tablename__ = "cart_items"

    cart_id: Mapped[UUID] = mapped_column(ForeignKey("carts.id"), primary_key=True)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"), primary_key=True)
    pricing: Mapped[str]
    price_minor: Mapped[int]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    added_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("amount_minor >= 0", name="amount_sane"), Index(None, "product_id"))


@dataclass(frozen=True, slots=True)
class CartOwner:
    """The buyer whose cart it is: a person, the holder of a cart's token, or both just after signing in."""

    person_id: UUID | None
    cart_token: str | None

    @property
    def has_cart(self) -> bool:
        """Whether there is a cart to speak of: a person's, or a token's."""
        return self.person_id is not None or self.cart_token is not None


_TOKEN = re.compile(r"[A-Za-z0-9_-]{32,128}")


def looks_like_token(sent: str) -> bool:
    """Whether a cart could have this token: a client of the API may make its own."""
    return _TOKEN.fullmatch(sent) is not None


@dataclass(frozen=True, slots=True)
class CartLine:
    """One product in a cart, as last seen and as it is now; `offer` is None if the product is gone."""

    item: CartItem
    offer: Offer | None


@dataclass(frozen=True, slots=True)
class Repriced:
    """A price that changed since the buyer saw it."""

    product_id: UUID
    title: str
    old: Amount
    new: Amount

    @property
    def said(self) -> Message:
        return gettext("“{title}” was {old} and is {new} now", title=self.title, old=self.old, new=self.new)


class CartFull(Exception):
    """The cart holds as many products as it may."""

    def __init__(self) -> None:
        super().__init__(
            gettext(
                "a cart holds at most {most_items} things: check out, or take something out first",
                most_items=MOST_ITEMS,
            )
        )


class NotInCart(LookupError):
    """The cart has no such product."""

    def __init__(self, product_id: UUID) -> None:
        super().__init__(gettext("product {product_id} is not in the cart", product_id=product_id))


async def find(session: Session, buyer: CartOwner) -> Cart | None:
    """The buyer's cart, not locked: the person's, else the token's; None before anything was put in."""
    if buyer.person_id is not None:
        return (await session.scalars(select(Cart).where(Cart.person_id == buyer.person_id))).one_or_none()
    return await _by_token(session, buyer.cart_token)


async def ensure(session: Session, buyer: CartOwner) -> Cart:
    """The buyer's cart, locked and made if it is new; a signed-in buyer's is the person's. Raises UnknownPerson."""
    if buyer.person_id is None and buyer.cart_token is None:
        raise ValueError("a cart belongs to a person or to a token")
    dialect: Any = postgresql if session.dialect == "postgresql" else sqlite
    key: dict[str, Any] = (
        {"person_id": buyer.person_id}
        if buyer.person_id is not None
        else {"token_hash": digest(buyer.cart_token or "")}
    )
    mine = select(Cart).filter_by(**key).with_for_update().execution_options(populate_existing=True)
    while True:
        row = {"id": session.new_id(), "created_at": session.now, **key}
        new = dialect.insert(Cart).values(row).on_conflict_do_nothing().returning(Cart.id)
        if (await session.execute(new)).first() is not None and buyer.person_id is not None:
            await people.hold(session, buyer.person_id)
        found = (await session.scalars(mine)).one_or_none()
        if found is not None:
            return found
        # The transaction that held the cart deleted it, with its account or by a merge: the next round makes one.


async def ready(session: Session, buyer: CartOwner) -> Cart:
    """The cart to change, locked and made if it is new; a token's cart is merged into that of a signed-in person."""
    cart = await ensure(session, buyer)
    await merge(session, cart, buyer)
    return cart


async def contents(session: Session, cart: Cart | None) -> list[CartLine]:
    """The lines of the cart in the order they were added, by two statements."""
    if cart is None:
        return []
    mine = select(CartItem).where(CartItem.cart_id == cart.id).order_by(CartItem.added_at, CartItem.product_id)
    items = (await session.scalars(mine.execution_options(populate_existing=True))).all()
    offered = await products.offers(session, [item.product_id for item in items])
    return [CartLine(item, offered.get(item.product_id)) for item in items]


async def add(session: Session, cart: Cart, buyer: CartOwner, product_id: UUID, amount_minor: int | None) -> None:
    """Add a product (cart locked); a product added again stays once in the cart, with the last amount.

    `amount_minor` is the buyer's own price, if the product lets buyers name it. Raises UnknownProduct, NotForSale,
    OwnedAlready, CartFull, BadAmount.
    """
    offer = await products.find(session, product_id)
    if offer.is_hidden:
        raise products.UnknownProduct(product_id)
    if offer.refusal is not None:
        raise NotForSale(offer.refusal)
    if buyer.person_id is not None:
        await owned.refuse(session, buyer.person_id, [offer])
    held = await contents(session, cart)
    values = {**_as_seen(offer), "amount_minor": _amount(offer, amount_minor)}
    if any(one.item.product_id == product_id for one in held):
        await _set(session, cart, product_id, values)
        return
    owned.refuse_overlap(offer, [one.offer for one in held if one.offer is not None])
    if len(held) >= MOST_ITEMS:
        raise CartFull
    row = {"cart_id": cart.id, "product_id": product_id, "added_at": session.now, **values}
    await session.execute(insert(CartItem).values(row))


async def name_price(session: Session, cart: Cart, product_id: UUID, amount_minor: int) -> None:
    """Set the buyer's own amount for a product in the cart (locked). Raises NotInCart, NotForSale, BadAmount."""
    held = {one.item.product_id: one for one in await contents(session, cart)}.get(product_id)
    if held is None or held.offer is None:
        raise NotInCart(product_id)
    if held.offer.refusal is not None:
        raise NotForSale(held.offer.refusal)
    await _set(session, cart, product_id, {**_as_seen(held.offer), "amount_minor": _amount(held.offer, amount_minor)})


async def remove(session: Session, cart: Cart, product_id: UUID) -> None:
    """Remove a product (cart locked), if it is in the cart."""
    await session.execute(delete(CartItem).where(CartItem.cart_id == cart.id, CartItem.product_id == product_id))


async def merge(session: Session, cart: Cart, buyer: CartOwner) -> int:
    """Move the token's cart into the person's (locked) and delete it; returns how many products were moved.

    Products that the person owns or has in the cart, and those above the cart's bound, are left out.
    Two tabs that merge at once: the lock on the token's cart lets one do it.
    """
    other = await _by_token(session, buyer.cart_token, lock=True)
    if other is None or other.id == cart.id or buyer.person_id is None:
        return 0
    mine = await contents(session, cart)
    theirs = [one for one in await contents(session, other) if one.offer is not None]
    theirs_already = await owned.among(session, buyer.person_id, [one.offer for one in theirs if one.offer is not None])
    inside = [one.offer for one in mine if one.offer is not None]
    moved: list[dict[str, Any]] = []
    for one in theirs:
        offer = one.offer
        if offer is None or offer.product.id in theirs_already or owned.overlap(offer, inside):
            continue
        if len(mine) + len(moved) >= MOST_ITEMS:
            break
        inside.append(offer)
        item = one.item
        moved.append(
            {
                "cart_id": cart.id,
                "product_id": item.product_id,
                "pricing": item.pricing,
                "price_minor": item.price_minor,
                "amount_minor": item.amount_minor,
                "currency": item.currency,
                "added_at": item.added_at,
            }
        )
    await session.execute(delete(CartItem).where(CartItem.cart_id == other.id))
    if moved:
        await session.execute(insert(CartItem), moved)
    await session.execute(delete(Cart).where(Cart.id == other.id))
    await orders.take_over(session, other.id, cart.id, buyer.person_id)
    return len(moved)


def repricing(held: Sequence[CartLine]) -> list[Repriced]:
    """The lines whose price is another than the buyer saw; a buyer's own amount that is still enough is no change."""
    found: list[Repriced] = []
    for one in held:
        if one.offer is None:
            continue
        old, new = Amount(one.item.amount_minor, one.item.currency), amount_now(one.item, one.offer)
        if old != new:
            found.append(Repriced(one.item.product_id, one.offer.title, old, new))
    return found


def amount_now(item: CartItem, offer: Offer) -> Amount:
    """The amount of a line by today's price; a buyer's own amount stands if it is enough."""
    product = offer.product
    price = Amount(product.price_minor if product.pricing != Pricing.FREE else 0, product.currency)
    named = item.pricing == product.pricing == Pricing.MINIMUM and item.currency == product.currency
    return Amount(max(item.amount_minor, price.minor), price.currency) if named else price


async def reprice(session: Session, cart: Cart) -> list[Repriced]:
    """Set today's prices in the cart (locked), and return the changes."""
    held = await contents(session, cart)
    changed = repricing(held)
    offered = {one.item.product_id: one.offer for one in held if one.offer is not None}
    for one in changed:
        values = {**_as_seen(offered[one.product_id]), "amount_minor": one.new.minor}
        await _set(session, cart, one.product_id, values)
    return changed


def _as_seen(offer: Offer) -> dict[str, Any]:
    product = offer.product
    return {"pricing": product.pricing, "price_minor": product.price_minor, "currency": product.currency}


def _amount(offer: Offer, named_minor: int | None) -> int:
    product = offer.product
    least = Amount(product.price_minor, product.currency)
    if product.pricing == Pricing.MINIMUM:
        if named_minor is None:
            return least.minor
        if named_minor < least.minor:
            raise BadAmount(
                gettext(
                    "“{offer_title}” costs at least {least}, not {named}",
                    offer_title=offer.title,
                    least=least,
                    named=Amount(named_minor, product.currency),
                )
            )
        return chargeable(named_minor, product.currency).minor if named_minor else 0
    if named_minor is not None and named_minor != least.minor:
        raise BadAmount(
            gettext(
                "“{offer_title}” costs {least}; its price is not the buyer's to name",
                offer_title=offer.title,
                least=least,
            )
        )
    return least.minor


async def _set(session: Session, cart: Cart, product_id: UUID, values: dict[str, Any]) -> None:
    mine = update(CartItem).where(CartItem.cart_id == cart.id, CartItem.product_id == product_id)
    await session.execute(mine.values(**values))


async def _by_token(session: Session, token: str | None, *, lock: bool = False) -> Cart | None:
    if token is None:
        return None
    wanted = select(Cart).where(Cart.token_hash == digest(token))
    return (await session.scalars(wanted.with_for_update() if lock else wanted)).one_or_none()
