"""What of sales and orders moved last: rows of facts that are others when a page about them would show something else.

Open pages are told by them (`web/live_topics.py`), once a second for all listeners together: each answer is one
statement by indexes, and grows with what is refunded or unfinished, not with what was sold.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, String, case, cast, func, literal, null, select, union_all

from veza.catalog.artists import Artist
from veza.kit.database import Session
from veza.market.orders import PAID, Order, OrderLine
from veza.market.refund_requests import RefundRequest
from veza.money.newest import FactsOfMany, newest_of_sellers

Facts: TypeAlias = Mapping[UUID, list[tuple[Any, ...]]]
"""Of whom → values to be compared with those of another moment."""

LINES = 30
"""As many as a page of sales shows. An older line is told of by the request, the transfer or the reversal that moves
with it."""


async def of_artists(session: Session, artist_ids: Collection[UUID]) -> Facts:
    """Each artist's sales, refund requests, transfers and reversals, and whether they are paid out."""
    sellers = [str(artist) for artist in artist_ids]
    asked = _requests(RefundRequest.artist_id, artist_ids)
    return await _facts(session, artist_ids, [_sales(artist_ids), asked, *newest_of_sellers(sellers)])


async def of_buyers(session: Session, people: Collection[UUID]) -> Facts:
    """Each person's orders and refund requests. A second part of an order that is returned without a request moves
    neither."""
    orders = (
        select(_text(Order.person_id), literal("order"), Order.status, func.count(), null(),
               _text(func.max(Order.paid_at)))
        .where(Order.person_id.in_(people))
        .group_by(Order.person_id, Order.status)
    )  # fmt: skip
    return await _facts(session, people, [orders, _requests(RefundRequest.person_id, people)])


def _sales(artist_ids: Collection[UUID]) -> FactsOfMany:
    newest = (
        select(OrderLine.order_id, OrderLine.refunded_minor)
        .where(OrderLine.artist_id == Artist.id)
        .order_by(OrderLine.id.desc())
        .limit(LINES)
        .correlate(Artist)
        .subquery()
    )
    of_lines = select(newest).join(Order, Order.id == newest.c.order_id)

    def read(fact: ColumnElement[Any]) -> ColumnElement[Any]:
        return of_lines.with_only_columns(fact, maintain_column_froms=True).correlate(Artist).scalar_subquery()

    is_paid = case((Order.status.in_(PAID), 1), else_=0)
    return select(
        _text(Artist.id), literal("sale"), literal(""), read(func.sum(is_paid)),
        read(func.sum(newest.c.refunded_minor)), _text(read(func.max(Order.paid_at))),
    ).where(Artist.id.in_(artist_ids))  # fmt: skip


def _requests(whose: Any, ids: Collection[UUID]) -> FactsOfMany:
    moved = (func.count(), func.sum(RefundRequest.times_asked), _text(func.max(RefundRequest.decided_at)))
    theirs = select(_text(whose), literal("request"), RefundRequest.status, *moved).where(whose.in_(ids))
    return theirs.group_by(whose, RefundRequest.status)


async def _facts(session: Session, ids: Collection[UUID], parts: Sequence[FactsOfMany]) -> Facts:
    found: dict[UUID, list[tuple[Any, ...]]] = defaultdict(list)
    for whose, *facts in await session.execute(union_all(*parts)):
        # PostgreSQL sums integers as decimals.
        found[UUID(whose)].append(tuple(str(one) for one in facts))
    return {one: sorted(found[one]) for one in ids}


def _text(value: Any) -> ColumnElement[str]:
    return cast(value, String)
