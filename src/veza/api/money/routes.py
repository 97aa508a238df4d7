"""Every route of the money module, for the composition root to serve."""

from __future__ import annotations

from collections.abc import Sequence

from litestar.di import Provide
from litestar.openapi.spec import Tag
from litestar.types import ControllerRouterHandler

from veza.accounts.permissions import Permission
from veza.api.money import charges, findings, nettings, payments, refunds, sellers, transfers, watch, webhooks
from veza.api.money.payments import SaleTerms
from veza.api.visitors import needs
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
    """What goes under /api/v1, behind the operator token (`api_v1`)."""

    def provide_money() -> Money:
        return money

    def provide_terms() -> SaleTerms:
        return terms

    return [
        FreshRouter(
            path="/",
            opt=needs(Permission.MONEY),
            route_handlers=[
                payments.create_payment,
                payments.list_payments,
                payments.show_payment,
                refunds.create_refund,
                refunds.list_refunds,
                refunds.show_refund,
                transfers.list_transfers,
                transfers.show_transfer,
                transfers.retry_transfer,
                sellers.onboard_seller,
                sellers.list_sellers,
                nettings.list_nettings,
                sellers.show_seller,
                findings.list_findings,
                findings.resolve_finding,
                findings.create_reconciliation,
                charges.return_whole_charge,
                watch.show_timeline,
                watch.show_backlog,
                watch.show_breaker,
                webhooks.list_events,
                webhooks.show_event,
                webhooks.handle_event,
            ],
            dependencies={
                "money": Provide(provide_money, sync_to_thread=False),
                "terms": Provide(provide_terms, sync_to_thread=False),
            },
        )
    ]
