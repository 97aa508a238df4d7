"""Every route of the money module, for the composition root to serve."""

from __future__ import annotations

from collections.abc import Sequence

from litestar.di import Provide
from litestar.openapi.spec import Tag
from litestar.types import ControllerRouterHandler

from veza.api.money import charges, findings, nettings, payments, refunds, sellers, transfers, watch, webhooks
from veza.api.money.payments import SaleTerms
from veza.api.operations import operations_of
from veza.http.routers import FreshRouter
from veza.money.facade import Money

MONEY_TAGS: Sequence[Tag] = (
    Tag(name=payments.TAG, description="What buyers pay, line by line."),
    Tag(name=refunds.TAG, description="What buyers get back."),
    Tag(name=transfers.TAG, description="What sellers are sent, and what is taken back from them."),
    Tag(name=sellers.TAG, description="Who is paid."),
    Tag(name=findings.TAG, description="What a person should know, and the comparison with the provider."),
    Tag(name=watch.TAG, description="The timeline of a payment, the backlog, the breaker."),
    Tag(name=webhooks.TAG, description="What the provider tells us."),
)
"""In the order people meet them."""


def money_routes(money: Money, terms: SaleTerms) -> list[ControllerRouterHandler]:
    """The routes of money under /api/v1."""

    def provide_money() -> Money:
        return money

    def provide_terms() -> SaleTerms:
        return terms

    modules = payments, refunds, transfers, sellers, nettings, findings, charges, watch, webhooks
    return [
        FreshRouter(
            path="/",
            route_handlers=operations_of(*modules),
            dependencies={
                "money": Provide(provide_money, sync_to_thread=False),
                "terms": Provide(provide_terms, sync_to_thread=False),
            },
        )
    ]
