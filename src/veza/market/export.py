"""The market's and the library's data of a person, for the export."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from veza.kit.database import Session
from veza.kit.listing import start_of
from veza.library import shelf
from veza.market import cart, listings, orders
from veza.market.cart import CartOwner

MOST = 10_000
"""Rows of each list; no buyer has more, and an export that is cut says so."""


async def export_of(session: Session, person_id: UUID) -> dict[str, Any]:
    """Orders with their lines, what is owned, the cart, and refunds that were asked for; plain values, fit for JSON."""
    bought = await listings.orders(session, start_of(listings.ORDER_SORTS, MOST), person_id=person_id)
    lines = await orders.lines_of(session, [order.id for order in bought])
    owned = await shelf.owned_by(session, person_id, start_of(shelf.SORTS, MOST))
    held = await cart.contents(session, await cart.find(session, CartOwner(person_id, None)))
    asked = await listings.refund_requests(session, start_of(listings.REQUEST_SORTS, MOST), person_id=person_id)
    return {
        "orders": [
            {
                "id": str(order.id),
                "status": order.status,
                "currency": order.currency,
                "amount_minor": order.amount_minor,
                "email": order.email,
                "language": order.language,
                "created_at": order.created_at.isoformat(),
                "paid_at": order.paid_at.isoformat() if order.paid_at else None,
                "consent": order.consent,
                "consented_at": order.consented_at.isoformat() if order.consented_at else None,
                "lines": [
                    {
                        "title": line.title,
                        "artist": line.artist,
                        "kind": line.kind,
                        "gross_minor": line.gross_minor,
                        "vat_minor": line.vat_minor,
                        "refunded_minor": line.refunded_minor,
                    }
                    for line in lines[order.id]
                ],
            }
            for order in bought
        ],
        "library": [
            {
                "kind": one.kind,
                "title": one.title,
                "artist": one.artist,
                "given_at": one.given_at.isoformat(),
                "by": one.cause_kind,
            }
            for one in owned
        ],
        "cart": [
            {
                "product_id": str(one.item.product_id),
                "title": one.offer.title if one.offer is not None else None,
                "amount_minor": one.item.amount_minor,
                "currency": one.item.currency,
                "added_at": one.item.added_at.isoformat(),
            }
            for one in held
        ],
        "refund_requests": [
            {
                "title": one.line.title,
                "status": one.request.status,
                "reason": one.request.reason,
                "answer": one.request.answer,
                "failed_because": str(one.failed_because) if one.failed_because is not None else None,
                "created_at": one.request.created_at.isoformat(),
            }
            for one in asked
        ],
        "is_cut": MOST in (len(bought), len(owned), len(asked)),
    }
