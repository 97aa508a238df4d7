"""Sellers: open a connected account, list them, see what is coming to one and what they owe."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any

from litestar import Response
from litestar.params import PathParameter, QueryParameter
from msgspec import Meta, Struct

from veza.accounts import reauthentication
from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.api.accounts.proofs import ProofHeader
from veza.api.operations import listing, read, write
from veza.api.shapes import PLAIN, SellerId, Text, Url, show
from veza.http.errors.accounts import PROOF_NEEDED
from veza.http.errors.money import PROVIDER_REFUSED, PROVIDER_UNAVAILABLE
from veza.http.idempotency import Idempotent, Reply
from veza.http.paging import Page, PageRequest
from veza.http.problems import NOT_FOUND
from veza.http.words import CAPITAL_COUNTRY
from veza.kit.database import Session
from veza.money import balances, listings, sellers
from veza.money.facade import Money
from veza.money.sellers import Seller
from veza.money.stripe.definite import ProviderRefused

TAG = "sellers"


class SellerRequest(Struct, forbid_unknown_fields=True):
    """A seller to be paid. Name and country may be mended until the provider has opened the account."""

    seller_id: SellerId
    name: Text
    country: Annotated[str, Meta(pattern=CAPITAL_COUNTRY, description="ISO 3166, such as DE.")]
    return_url: Annotated[Url, Meta(description="Where the seller goes after filling in the provider's form.")]


class SellerResponse(Struct, frozen=True):
    """A seller; `transfers_active` once the provider lets them be paid."""

    id: str
    name: str
    country: str
    stripe_account_id: str | None
    transfers_active: bool
    created_at: datetime


class SellerOnboarding(SellerResponse, frozen=True):
    """A seller with a fresh link to the provider's form; it works once and for a few minutes."""

    onboarding_url: str


class Standing(Struct, frozen=True):
    """One currency, over all payments, in its minor units: `coming` waits to be sent, `given_up` waits for an operator,
    `sent` reached the seller, `reversed` came back of it, `to_reverse` is being taken back, `debt` could not be;
    `netted` was kept of later sales to pay such debts."""

    currency: str
    coming_minor: int
    given_up_minor: int
    sent_minor: int
    reversed_minor: int
    to_reverse_minor: int
    debt_minor: int
    netted_minor: int


class SellerDetail(SellerResponse, frozen=True):
    """A seller with where their money stands, one entry per currency."""

    standing: list[Standing]


WANTED_EXAMPLE = {
    "seller_id": "anna",
    "name": "Anna Berg",
    "country": "DE",
    "return_url": "https://shop.example/studio",
}
SELLER_EXAMPLE: dict[str, Any] = {
    "id": "anna",
    "name": "Anna Berg",
    "country": "DE",
    "stripe_account_id": "acct_1",
    "transfers_active": True,
    "created_at": "2026-01-01T09:00:00Z",
}
ONBOARDING_EXAMPLE = {
    **SELLER_EXAMPLE,
    "transfers_active": False,
    "onboarding_url": "https://connect.stripe.com/setup/e/acct_1/x",
}
DETAIL_EXAMPLE = {
    **SELLER_EXAMPLE,
    "standing": [
        {
            "currency": "EUR",
            "coming_minor": 0,
            "given_up_minor": 0,
            "sent_minor": 1035,
            "reversed_minor": 0,
            "to_reverse_minor": 630,
            "debt_minor": 0,
            "netted_minor": 0,
        }
    ],
}


@write.post(
    "/sellers",
    operation="onboardSeller",
    summary="Onboard a seller",
    permission=Permission.MONEY,
    body=WANTED_EXAMPLE,
    gives=(201, SellerOnboarding, "The seller and a link to the provider's form.", ONBOARDING_EXAMPLE),
    problems=(PROOF_NEEDED, PROVIDER_REFUSED, PROVIDER_UNAVAILABLE),
)
async def onboard_seller(
    data: SellerRequest, idempotent: Idempotent, identity: Identity, money: Money, proof: ProofHeader = None
) -> Response[SellerOnboarding]:
    """Opens the seller's account at the provider, once, and makes a link to its form. Asking again with a new key makes
    a fresh link for the same account. Takes a fresh proof of an admin; the operator's token needs none."""

    async def register(session: Session) -> Seller:
        await reauthentication.spend(session, identity.person_id, proof)
        return await sellers.register(session, data.seller_id, data.name, data.country)

    location = f"/api/v1/sellers/{data.seller_id}"
    return await onboarding(idempotent, money, register, data.return_url, actor="operator", location=location)


async def onboarding(
    idempotent: Idempotent,
    money: Money,
    register: Callable[[Session], Awaitable[Seller]],
    return_url: str,
    *,
    actor: str,
    location: str | None = None,
) -> Response[SellerOnboarding]:
    """Register the seller, open the account at the provider, and answer with a link to its form.

    Where the provider refuses the account, the seller stays registered: the next request may mend name and country.
    """

    async def ask(row: Seller) -> str:
        to_open = row.id, row.name, row.country
        _, link = await sellers.onboard(
            money.database, money.gateway.for_people(), *to_open, return_url=return_url, actor=actor
        )
        return link

    async def record(session: Session, row: Seller, link: str) -> Reply:
        seller = await sellers.find(session, row.id)
        return Reply(201, show(SellerOnboarding, seller, onboarding_url=link), location=location)

    try:
        return await idempotent.run_in_steps(register, ask, record)
    except ProviderRefused:
        await idempotent.forget()
        raise


@listing(
    "/sellers",
    operation="listSellers",
    summary="List sellers",
    permission=Permission.MONEY,
    sorts=listings.SELLER_SORTS,
    gives=(SellerResponse, "A page, by id.", SELLER_EXAMPLE),
)
async def list_sellers(
    session: Session,
    page_request: PageRequest,
    transfers_active: Annotated[
        bool | None, QueryParameter(description="Only who can be paid now (`true`), or cannot (`false`).")
    ] = None,
) -> Page[SellerResponse]:
    """All sellers, in the order of their ids unless told otherwise."""
    page = page_request.of("sellers", {"transfers_active": transfers_active})
    rows = await listings.sellers(session, page.slice, transfers_active=transfers_active)
    return page.filled(rows, lambda row: show(SellerResponse, row))


@read(
    "/sellers/{seller_id:str}",
    operation="showSeller",
    summary="Show a seller",
    permission=Permission.MONEY,
    gives=(SellerDetail, "The seller and where their money stands.", DETAIL_EXAMPLE),
    problems=(NOT_FOUND,),
)
async def show_seller(
    session: Session, seller_id: Annotated[str, PathParameter(pattern=PLAIN, description="As given at onboarding.")]
) -> SellerDetail:
    """One seller: what is coming to them, what they had and gave back, and what they owe."""
    row = await sellers.find(session, seller_id)
    sums = await balances.of_seller(session, seller_id)
    return show(SellerDetail, row, standing=[show(Standing, one) for one in sums])
