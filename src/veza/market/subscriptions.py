"""The market's subscriptions to events of the money module and the accounts."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from veza.accounts import deletion
from veza.kit.database import Database, Session
from veza.kit.subscriptions import After, Event, Inside
from veza.market import erasure, fulfilment, gone, notices, orders, refund_notices, refund_requests
from veza.market.rules import MarketRules
from veza.money import payment_progress, payments, returns


def market_subscriptions(rules: MarketRules) -> Mapping[str, tuple[Inside, ...]]:
    """Topic → what the market does inside the publishing transaction; repeats and any order do no harm."""

    async def on_paid(session: Session, event: Event) -> None:
        await fulfilment.paid(session, _payment(event), rules)

    async def on_under_way(session: Session, event: Event) -> None:
        await fulfilment.under_way(session, _payment(event))

    async def on_failed(session: Session, event: Event) -> None:
        await fulfilment.failed(session, _payment(event), rules)

    async def on_expired(session: Session, event: Event) -> None:
        await fulfilment.expired(session, _payment(event))

    async def on_returned(session: Session, event: Event) -> None:
        await fulfilment.follow_returns(session, _payment(event), _returned(event))

    async def on_refunded(session: Session, event: Event) -> None:
        await fulfilment.follow_returns(session, _payment(event), _returned(event))
        await refund_requests.record_outcome(session, UUID(event.payload["refund_id"]), is_done=True)

    async def on_refund_failed(session: Session, event: Event) -> None:
        await fulfilment.follow_returns(session, _payment(event), _returned(event))
        await refund_requests.record_outcome(session, UUID(event.payload["refund_id"]), is_done=False)

    async def on_deleted(session: Session, event: Event) -> None:
        await erasure.forget_person(session, UUID(event.payload["person_id"]))

    return {
        deletion.TOPIC: (on_deleted,),
        "payment.succeeded": (on_paid,),
        "payment.expired": (on_expired,),
        payment_progress.PROCESSING: (on_under_way,),
        payment_progress.FAILED: (on_failed,),
        "refund.succeeded": (on_refunded,),
        "refund.failed": (on_refund_failed,),
        "dispute.funds_withdrawn": (on_returned,),
        "dispute.funds_reinstated": (on_returned,),
    }


def market_acts(rules: MarketRules) -> Mapping[str, tuple[After, ...]]:
    """Topic → what the market does after the publishing transaction, in one of its own."""

    async def tell_of_sale(database: Database, event: Event) -> None:
        await notices.on_paid(database, event, rules)

    async def tell_of_return(database: Database, event: Event) -> None:
        await notices.on_refunded(database, event, rules)

    async def tell_of_failure(database: Database, event: Event) -> None:
        await refund_notices.on_failed(database, event, rules)

    return {
        orders.CANCELED: (close_pay_page,),
        "payment.succeeded": (tell_of_sale,),
        "refund.succeeded": (tell_of_return,),
        "refund.failed": (tell_of_failure,),
        **gone.gone_acts(),
    }


async def close_pay_page(database: Database, event: Event) -> None:
    """Give up the payment of a canceled order, which closes its pay page.

    Not inside the canceling transaction: that holds the cart, and a payment is locked before any cart.
    """
    async with database.write("market") as session:
        await payments.give_up(session, await payments.lock(session, _payment(event)))


def _payment(event: Event) -> UUID:
    return UUID(event.payload["payment_id"])


def _returned(event: Event) -> dict[UUID, int]:
    return returns.heard_returned(event.payload["returned"])
