"""Claims: an order or code of a buyer without an account becomes a person's, by the mailed link or by the address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy import select, update

from veza.accounts import people
from veza.kit.database import Database, Session
from veza.kit.database_trouble import DatabaseUnavailable
from veza.kit.messages import Joined, Message, gettext, paragraphs
from veza.kit.money import Amount
from veza.kit.secret import digest, new_secret
from veza.library import grants
from veza.library.grants import ItemKind
from veza.market import cart as carts
from veza.market import code_claims, consent, duplicate_purchases, orders
from veza.market.buyer_mail import listed
from veza.market.cart import CartOwner
from veza.market.codes import CodeBatch
from veza.market.orders import Order, OrderLine
from veza.market.refund_requests import RefundRequest
from veza.market.rules import MarketRules
from veza.money import payments

log = structlog.get_logger(__name__)

MOST_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Claimed:
    """Orders that the person claimed, and their lines that the person owned already, which are refunded.

    `codes` are the batches of download codes that were redeemed without an account.
    """

    orders: list[Order]
    twice: list[OrderLine]
    codes: list[CodeBatch]


@dataclass(frozen=True, slots=True)
class WaitingForAddress:
    """Orders and download codes that wait for one confirmed address."""

    order_ids: Sequence[UUID]
    code_ids: Sequence[UUID]


@dataclass(frozen=True, slots=True)
class ClaimedForAddress:
    """What became of them: orders that are the person's now, lines they had already, what codes gave (kind, item,
    release), and what could not be given, which waits on."""

    order_ids: list[UUID]
    twice_ids: list[UUID]
    codes: list[tuple[ItemKind, UUID, UUID]]
    left_order_ids: list[UUID]
    left_code_ids: list[UUID]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is behind a mailed link: an order, or (None) a download code; its id, which grants name; and the address the
    link went to, if known."""

    id: UUID
    email: str | None
    order: Order | None


class UnknownClaim(LookupError):
    """No order waits for this link: the link is wrong, or the order was claimed."""

    def __init__(self) -> None:
        super().__init__(gettext("this link belongs to no order that waits to be claimed"))


class AddressUnconfirmed(Exception):
    """Without a link, a person claims orders by a confirmed address only."""

    def __init__(self) -> None:
        super().__init__(gettext("confirm your e-mail address first, or use the link that was sent to you"))


async def send_link(
    session: Session, order: Order, rules: MarketRules, twice: Sequence[OrderLine] = (), gone: Sequence[OrderLine] = ()
) -> None:
    """Mail the buyer a link to the order, and say what of it is refunded; only the link's hash is stored.

    If everything is `gone` no mail is sent: there is nothing to claim, and another mail tells of the refund.
    """
    if order.email in (None, orders.DELETED_ADDRESS):
        return
    missing = {line.id for line in gone}
    lines = [line for line in (await orders.lines_of(session, [order.id]))[order.id] if line.id not in missing]
    if not lines:
        return
    token = new_secret()
    await orders.machine.update(session, order, claim_hash=digest(token))
    total = Amount(sum(line.gross_minor for line in lines), order.currency)
    if len(twice) == len(lines):
        subject = gettext("You paid twice at {platform_name}", platform_name=rules.platform_name)
        told: list[Message | Joined] = [
            gettext("You paid {total} for what you had bought already:", total=total),
            listed(lines),
            _GOES_BACK,
            gettext("This link leads to the receipt. Sign in or sign up to have the order among yours:"),
        ]
    else:
        subject = gettext("What you bought at {platform_name}", platform_name=rules.platform_name)
        told = [gettext("Thank you. You bought, for {total}:", total=total), listed(lines)]
        if twice:
            told += [gettext("Of these you had bought already:"), listed(twice), _GOES_BACK]
        told.append(gettext("Sign in or sign up, and open this link to have it in your library:"))
    text = paragraphs(
        *told,
        f"{rules.base_url}/claim?token={token}",
        gettext("The link works once. It claims what you bought for any account, so keep it to yourself."),
        gettext("To ask for your money back without an account, open this one:"),
        f"{rules.base_url}/refund?token={token}",
        *consent.confirmed(order),
    )
    await rules.send_mail(session, order.email or "", subject, text, order.id, order.language)


_GOES_BACK = gettext("What they cost this time goes back to you by itself. What you bought first stays yours.")


async def look(session: Session, token: str) -> Waiting:
    """The order or code that waits for this link, not locked; raises UnknownClaim."""
    waiting = select(Order).where(Order.claim_hash == digest(token), Order.person_id.is_(None))
    order = (await session.scalars(waiting)).one_or_none()
    if order is not None:
        return Waiting(order.id, order.email, order)
    code = await code_claims.find(session, token)
    if code is None:
        raise UnknownClaim
    return Waiting(code.id, code.email, None)


async def claim(session: Session, token: str, person_id: UUID) -> Claimed:
    """Give the person what waits for the link; of two requests at once one succeeds. Raises UnknownClaim,
    UnknownPerson."""
    waiting = await look(session, token)
    code = await code_claims.find(session, token) if waiting.order is None else None
    orders_seen, codes_seen = [waiting.order] if waiting.order else [], [code.id] if code else []
    claimed = await _give(session, orders_seen, codes_seen, person_id, gettext("claimed with the link"))
    if not claimed.orders and not claimed.codes:
        raise UnknownClaim
    return claimed


async def waiting_for(session: Session, person_id: UUID) -> WaitingForAddress:
    """The orders and codes that wait for the person's address; raises AddressUnconfirmed, UnknownPerson."""
    person = await people.find(session, person_id)
    if person.email in (None, orders.DELETED_ADDRESS) or person.email_confirmed_at is None:
        raise AddressUnconfirmed
    waiting = (
        select(Order.id)
        .where(Order.email == person.email, Order.person_id.is_(None), Order.status.in_(orders.PAID))
        .order_by(Order.id)
        .limit(MOST_AT_ONCE)
    )
    codes = await code_claims.waiting_for(session, str(person.email), MOST_AT_ONCE)
    return WaitingForAddress((await session.scalars(waiting)).all(), codes)


async def claim_for_address(
    database: Database, actor: str, person_id: UUID, waiting: WaitingForAddress
) -> ClaimedForAddress:
    """What waited for the person's address becomes theirs, in one transaction; where an order or a code cannot be
    given, each by itself, so that it keeps no other from the person. Raises UnknownPerson, DatabaseUnavailable.

    A claim is no purchase: an order is whole by itself, and the person is told of those that stay unclaimed.
    """
    whole = [(waiting.order_ids, waiting.code_ids)]
    done = await _give_each(database, actor, person_id, whole)
    if done.left_order_ids or done.left_code_ids:
        alone: list[tuple[Sequence[UUID], Sequence[UUID]]] = [([one], ()) for one in waiting.order_ids]
        done = await _give_each(database, actor, person_id, alone + [((), [one]) for one in waiting.code_ids])
    return done


async def _give_each(
    database: Database, actor: str, person_id: UUID, groups: Sequence[tuple[Sequence[UUID], Sequence[UUID]]]
) -> ClaimedForAddress:
    done = ClaimedForAddress([], [], [], [], [])
    for order_ids, code_ids in groups:
        try:
            async with database.write(actor) as session:
                seen = (await session.scalars(select(Order).where(Order.id.in_(order_ids)))).all()
                because = gettext("claimed with a confirmed address")
                given = await _give(session, seen, code_ids, person_id, because)
                order_ids_given, twice_ids = [order.id for order in given.orders], [line.id for line in given.twice]
                codes = [(ItemKind(one.kind), one.item_id, one.release_id) for one in given.codes]
        except (DatabaseUnavailable, people.UnknownPerson):
            raise
        except Exception:
            done.left_order_ids.extend(order_ids)
            done.left_code_ids.extend(code_ids)
            if len(order_ids) + len(code_ids) == 1:
                log.exception("claim.odd", order=[str(one) for one in order_ids], code=[str(one) for one in code_ids])
            continue
        done.order_ids.extend(order_ids_given)
        done.twice_ids.extend(twice_ids)
        done.codes.extend(codes)
    return done


async def _give(
    session: Session, seen: Sequence[Order], codes: Sequence[UUID], person_id: UUID, because: Message
) -> Claimed:
    """Give the person those of the orders and codes that still wait; what the person owned already is refunded."""
    claimed = Claimed([], [], [])
    if not seen and not codes:
        return claimed
    # Before all else, as in deleting an account: an order claimed into a deleted account would be lost.
    await people.hold(session, person_id)
    # As everywhere: payments, the cart, then orders. The person's own cart, so that of two claims at once, or a
    # claim and a payment, one sees what the other gave.
    for payment_id in sorted(order.payment_id for order in seen if order.payment_id is not None):
        await payments.lock(session, payment_id)
    await carts.ensure(session, CartOwner(person_id, None))
    waiting = select(Order).where(Order.id.in_([order.id for order in seen]), Order.person_id.is_(None))
    locked = waiting.order_by(Order.id).with_for_update().execution_options(populate_existing=True)
    for order in (await session.scalars(locked)).all():
        await orders.machine.update(session, order, person_id=person_id, claim_hash=None, claimed_at=session.now)
        lines = (await orders.lines_of(session, [order.id]))[order.id]
        twice = await duplicate_purchases.among(session, order, lines)
        await grants.claim(session, [order.id], person_id, because=because)
        await duplicate_purchases.refund_duplicates(session, order, twice, because=duplicate_purchases.BOUGHT_TWICE)
        asked = update(RefundRequest).where(RefundRequest.order_id == order.id, RefundRequest.person_id.is_(None))
        await session.execute(asked.values(person_id=person_id).execution_options(synchronize_session=False))
        claimed.orders.append(order)
        claimed.twice.extend(twice)
    claimed.codes.extend(await code_claims.claim(session, codes, person_id, because))
    return claimed
