"""Sellers: open a connected account, list them, see what is coming to one and what they owe."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, PathParameter, QueryParameter
from msgspec import Meta, Struct

from veza.accounts import reauthentication
from veza.api.accounts.problems import PROOF_NEEDED
from veza.api.accounts.proofs import ProofHeader
from veza.api.idempotency import IDEMPOTENT_DEPENDENCY, Idempotent, Reply
from veza.api.money.problems import PROVIDER_REFUSED, PROVIDER_UNAVAILABLE
from veza.api.pagination import Page, PageRequest, paged
from veza.api.problems import NOT_FOUND
from veza.api.shapes import LIST_PROBLEMS, PLAIN, WRITE_PROBLEMS, SellerId, Text, Url, answers, page_of, show
from veza.api.visitors import Visitor
from veza.http.words import CAPITAL_COUNTRY
from veza.kit.database import Session
from veza.money import balances, listings, sellers
from veza.money.facade import Money
from veza.money.sellers import OnboardingFailed, Seller
from veza.money.stripe.definite import ProviderRefused, told

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


@post(
    "/sellers",
    operation_id="onboardSeller",
    tags=[TAG],
    summary="Onboard a seller",
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(
        201, SellerOnboarding, "The seller and a link to the provider's form.", ONBOARDING_EXAMPLE,
        PROOF_NEEDED, PROVIDER_REFUSED, PROVIDER_UNAVAILABLE, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def onboard_seller(
    data: Annotated[SellerRequest, BodyKwarg(examples=[Example(value=WANTED_EXAMPLE)])],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
    money: NamedDependency[Money],
    proof: ProofHeader = None,
) -> Response[SellerOnboarding]:
    """Opens the seller's account at the provider, once, and makes a link to its form. Asking again with a new key makes
    a fresh link for the same account. Takes a fresh proof of an admin; the operator's token needs none."""

    async def intend(session: Session) -> Seller:
        await reauthentication.spend(session, visitor.person_id, proof)
        return await sellers.register(session, data.seller_id, data.name, data.country)

    async def ask(row: Seller) -> str:
        try:
            _, link = await sellers.onboard(
                money.database,
                money.gateway.for_people(),
                row.id,
                row.name,
                row.country,
                return_url=data.return_url,
                actor="operator",
            )
        except OnboardingFailed as failed:
            raise told(failed.answer, str(failed)) from failed
        return link

    async def record(session: Session, _: Seller, link: str) -> Reply:
        row = await sellers.find(session, data.seller_id)
        return Reply(201, show(SellerOnboarding, row, onboarding_url=link), location=f"/api/v1/sellers/{row.id}")

    try:
        return await idempotent.run_in_steps(intend, ask, record)
    except ProviderRefused:
        await idempotent.forget(_nothing)
        raise


@get(
    "/sellers",
    operation_id="listSellers",
    tags=[TAG],
    summary="List sellers",
    dependencies=paged(listings.SELLER_SORTS),
    responses=answers(200, Page[SellerResponse], "A page, by id.", page_of(SELLER_EXAMPLE), *LIST_PROBLEMS),
)
async def list_sellers(
    page_request: NamedDependency[PageRequest],
    money: NamedDependency[Money],
    transfers_active: Annotated[
        bool | None, QueryParameter(description="Only who can be paid now (`true`), or cannot (`false`).")
    ] = None,
) -> Page[SellerResponse]:
    """All sellers, in the order of their ids unless told otherwise."""
    part = page_request.of("sellers", {"transfers_active": transfers_active})
    async with money.database.read() as session:
        rows = await listings.sellers(session, part.slice, transfers_active=transfers_active)
    return part.page(rows, lambda row: show(SellerResponse, row))


@get(
    "/sellers/{seller_id:str}",
    operation_id="showSeller",
    tags=[TAG],
    summary="Show a seller",
    responses=answers(200, SellerDetail, "The seller and where their money stands.", DETAIL_EXAMPLE, NOT_FOUND),
)
async def show_seller(
    seller_id: Annotated[str, PathParameter(pattern=PLAIN, description="As given at onboarding.")],
    money: NamedDependency[Money],
) -> SellerDetail:
    """One seller: what is coming to them, what they had and gave back, and what they owe."""
    async with money.database.read() as session:
        row = await sellers.find(session, seller_id)
        sums = await balances.of_seller(session, seller_id)
        return show(SellerDetail, row, standing=[show(Standing, one) for one in sums])


async def _nothing(_: Session) -> None:
    """A refused account leaves its seller registered: the next request may mend name and country."""
