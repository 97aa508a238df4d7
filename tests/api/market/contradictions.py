"""What the market's tables must never say together."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from tests.api.market.conftest import Shop
from veza.library.grants import Grant
from veza.market import orders
from veza.market.codes import DownloadCode
from veza.market.orders import PAID, Order, OrderLine
from veza.money import payments, refunding
from veza.money.disputes import Dispute
from veza.money.payment_frame import PaymentFrame
from veza.money.payments import Payment, PaymentLine
from veza.money.refunds import RefundLine
from veza.money.returns import LineReturn


async def contradictions(shop: Shop) -> list[str]:
    """What the market's tables say that cannot be, in a few statements; empty when all agree."""
    found = [*(await shop.stage.violations())]
    all_of = {one.id: one for one in await shop.stage.all(Order)}
    charged = {one.id: one for one in await shop.stage.all(Payment)}
    lines: list[OrderLine] = await shop.stage.all(OrderLine)
    grants = {one.cause_id: one for one in await shop.stage.all(Grant)}
    async with shop.stage.database.read() as session:
        back = select(LineReturn.line_id, func.sum(LineReturn.amount_minor)).group_by(LineReturn.line_id)
        returned = {row[0]: int(row[1]) for row in await session.execute(back)}
        touched = set(await session.scalars(select(RefundLine.line_id)))
        disputed = select(PaymentLine.id).where(PaymentLine.payment_id.in_(select(Dispute.payment_id)))
        touched |= set(await session.scalars(disputed))
        codes = dict((await session.execute(select(DownloadCode.id, DownloadCode.redeemed_by))).all())
    kept: Counter[tuple[Any, UUID]] = Counter()
    for line in lines:
        order, grant = all_of[line.order_id], grants.get(line.id)
        back_now = max(0, returned.get(line.payment_line_id, 0))
        is_gone = line.gross_minor > 0 and back_now >= line.gross_minor
        is_had = order.status in PAID and not is_gone
        if (grant is not None and grant.revoked_at is None) != is_had:
            found.append(
                f"“{line.title}” of {order.status} order {order.id} is had: {not is_had}, {back_now} went back"
            )
        if grant is not None and (grant.person_id, grant.claim_id or order.id) != (order.person_id, order.id):
            found.append(f"“{line.title}” of order {order.id} is another person's")
        if order.status in PAID and line.refunded_minor != min(back_now, line.gross_minor):
            found.append(f"“{line.title}” of order {order.id} says {line.refunded_minor} went back, it was {back_now}")
        if is_had and line.gross_minor and line.payment_line_id not in touched:
            kept[order.person_id or order.cart_id, line.item_id] += 1
    found += [
        f"what code {grant.cause_id} gave is not of the person who redeemed it"
        for grant in grants.values()
        if grant.cause_kind == "download_code" and (grant.revoked_at or codes[grant.cause_id] != grant.person_id)
    ]
    found += [f"{buyer} paid {times} times for {item}" for (buyer, item), times in kept.items() if times > 1]
    for order in all_of.values():
        mine = [line for line in lines if line.order_id == order.id]
        gone = [line.refunded_minor >= line.gross_minor > 0 for line in mine]
        some = any(line.refunded_minor for line in mine)
        said = "paid" if not some else "refunded" if all(gone) else "partly_refunded"
        payment = charged.get(order.payment_id) if order.payment_id else None
        is_paid = payment is None or payment.status == "succeeded"
        if is_paid != (order.status in PAID) or (is_paid and order.status != said):
            found.append(
                f"order {order.id} is {order.status}, its lines say {said}, its payment {payment and payment.status}"
            )
        if order.amount_minor != sum(line.gross_minor for line in mine):
            found.append(f"the lines of order {order.id} do not sum to its amount")
        if payment is not None and payment.amount_minor != order.amount_minor:
            found.append(f"order {order.id} and its payment differ")
    numbers = sorted(order.receipt_count for order in all_of.values() if order.receipt_count is not None)
    if numbers != list(range(1, len(numbers) + 1)):
        found.append(f"receipts are numbered {numbers}")
    return found


async def returned_without_another(shop: Shop, person: UUID, before: set[UUID]) -> list[str]:
    """What a claim gives back although nothing else of it stays with the person."""
    async with shop.stage.database.read() as session:
        mine = select(OrderLine).join(Order, Order.id == OrderLine.order_id).where(Order.person_id == person)
        lines = (await session.scalars(mine)).all()
        given = select(Grant).where(Grant.person_id == person, Grant.revoked_at.is_(None))
        alive = {grant.cause_id: grant.item_id for grant in await session.scalars(given)}
        new = select(RefundLine.line_id).where(RefundLine.refund_id.not_in(before))
        returned = set(await session.scalars(new))
        leaving = set[UUID]()
        for line in lines:
            order = await orders.find(session, line.order_id)
            if order.payment_id is not None and line.payment_line_id is not None:
                payment = await payments.find(session, order.payment_id)
                if not (await refunding.unreserved(session, PaymentFrame(payment)))[line.payment_line_id]:
                    leaving.add(line.id)
    staying = {item for cause, item in alive.items() if cause not in leaving}
    return [
        line.title
        for line in lines
        if line.payment_line_id in returned and not staying & {line.item_id, line.release_id}
    ]
