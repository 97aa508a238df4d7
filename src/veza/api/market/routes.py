"""Every route of the market and the library, for the composition root to serve."""

from __future__ import annotations

from collections.abc import Sequence

from litestar.di import Provide
from litestar.openapi.spec import Tag
from litestar.types import ControllerRouterHandler

from veza.api.market import (
    carts,
    checkout,
    codes,
    library,
    orders,
    products,
    receipts,
    refund_decisions,
    refund_requests,
    sales,
)
from veza.api.market.buyers import BUYER_DEPENDENCY
from veza.api.operations import operations_of
from veza.http.routers import FreshRouter
from veza.market.rules import MarketRules
from veza.money.facade import Money

MARKET_TAGS: Sequence[Tag] = (
    Tag(name=products.TAG, description="What is sold, and for how much."),
    Tag(name=carts.TAG, description="What a buyer means to buy, signed in or not."),
    Tag(name=orders.TAG, description="What was checked out, and what became of it."),
    Tag(name=receipts.TAG, description="The numbered receipt of an order."),
    Tag(name=refund_requests.TAG, description="Refunds that buyers ask for, line by line."),
    Tag(name=library.TAG, description="What one owns."),
    Tag(name=codes.TAG, description="Codes that give a release or track, once each."),
    Tag(name=sales.TAG, description="What an artist sold, and where the money stands."),
)
"""In the order people meet them."""


def market_routes(money: Money, rules: MarketRules) -> list[ControllerRouterHandler]:
    """The routes of the market under /api/v1 (`api_v1`); every handler names its own permission."""

    def provide_money() -> Money:
        return money

    def provide_rules() -> MarketRules:
        return rules

    modules = (
        products, carts, checkout, orders, receipts, refund_requests, refund_decisions, codes, sales, library,
    )  # fmt: skip
    return [
        FreshRouter(
            path="/",
            route_handlers=operations_of(*modules),
            dependencies={
                **BUYER_DEPENDENCY,
                "money": Provide(provide_money, sync_to_thread=False),
                "rules": Provide(provide_rules, sync_to_thread=False),
            },
        )
    ]
