"""What an artist's people see of their money: sales, transfers, reversals, what is coming, what they owe."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath, QueryParameter
from msgspec import Struct

from veza.accounts import reauthentication
from veza.accounts.permissions import Permission
from veza.api.accounts.problems import PROOF_NEEDED
from veza.api.accounts.proofs import ProofHeader
from veza.api.idempotency import IDEMPOTENT_DEPENDENCY, Idempotent, Reply
from veza.api.market.filters import OfCurrency, OfKind, OfRelease, currency_of
from veza.api.market.problems import SELLING_PROBLEMS
from veza.api.market.products import is_operator
from veza.api.money.nettings import NETTING_EXAMPLE, NettingResponse, shown
from veza.api.money.problems import PROVIDER_REFUSED, PROVIDER_UNAVAILABLE
from veza.api.money.sellers import DETAIL_EXAMPLE as SELLER_EXAMPLE
from veza.api.money.sellers import ONBOARDING_EXAMPLE, SellerOnboarding, Standing
from veza.api.money.transfers import TRANSFER_EXAMPLE, ReversalResponse, ReversalStatus, TransferResponse
from veza.api.money.transfers import Status as TransferStatus
from veza.api.pagination import Page, PageRequest, paged
from veza.api.shapes import LIST_PROBLEMS, WRITE_PROBLEMS, Url, answers, page_of, show
from veza.api.visitors import Visitor, needs
from veza.catalog.artists import Artist
from veza.kit.database import Database, Session
from veza.library.grants import ItemKind
from veza.market import sales, sellers
from veza.market.rules import MarketRules
from veza.market.sales import Sale
from veza.money import balances, listings
from veza.money import sellers as paid_sellers
from veza.money.facade import Money
from veza.money.sellers import OnboardingFailed, Seller
from veza.money.stripe.definite import ProviderRefused, told

TAG = "sales"


class OnboardingRequest(Struct, forbid_unknown_fields=True):
    """Where to go after filling in the provider's form; the artist's page in the studio without it."""

    return_url: Url | None = None


class SaleResponse(Struct, frozen=True):
    """One line sold: gross = fee + share, in minor units of `currency`; `refunded_minor` went back to the buyer."""

    id: UUID
    order_id: UUID
    kind: ItemKind
    item_id: UUID
    title: str
    currency: str
    gross_minor: int
    fee_minor: int
    share_minor: int
    refunded_minor: int
    paid_at: datetime | None


class Payouts(Struct, frozen=True):
    """Whether the artist can be paid, and where their money stands, one entry for each currency."""

    is_registered: bool
    transfers_active: bool
    standing: list[Standing]


SALE_EXAMPLE: dict[str, Any] = {
    "id": "01890000-0000-7000-8000-000000000026",
    "order_id": "01890000-0000-7000-8000-000000000025",
    "kind": "release",
    "item_id": "01890000-0000-7000-8000-000000000021",
    "title": "Blue Hours",
    "currency": "EUR",
    "gross_minor": 900,
    "fee_minor": 90,
    "share_minor": 810,
    "refunded_minor": 0,
    "paid_at": "2026-01-02T10:31:00Z",
}
REVERSAL_EXAMPLE: dict[str, Any] = {
    "id": "01890000-0000-7000-8000-000000000005",
    "status": "succeeded",
    "currency": "EUR",
    "amount_minor": 810,
    "surplus_minor": 0,
    "cause_kind": "refund",
    "cause_id": "01890000-0000-7000-8000-000000000003",
    "stripe_reversal_id": "trr_1",
    "retry_count": 0,
    "next_retry_at": None,
    "waiting_since": None,
    "last_outcome": "done",
    "last_error": None,
    "created_at": "2026-01-03T10:00:00Z",
    "succeeded_at": "2026-01-03T10:00:02Z",
}
PAYOUTS_EXAMPLE = {"is_registered": True, "transfers_active": True, "standing": SELLER_EXAMPLE["standing"]}


async def _theirs(session: Session, artist_id: UUID, visitor: Visitor) -> Artist:
    return await sellers.artist_for(session, artist_id, visitor.person_id, is_operator=is_operator(visitor))


@post(
    "/artists/{artist_id:uuid}/onboarding",
    operation_id="onboardArtist",
    tags=[TAG],
    summary="Get ready to be paid",
    opt=needs(Permission.SELL),
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(
        201, SellerOnboarding, "A link to the provider's form.", ONBOARDING_EXAMPLE,
        *SELLING_PROBLEMS, PROOF_NEEDED, PROVIDER_REFUSED, PROVIDER_UNAVAILABLE, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def onboard_artist(
    artist_id: FromPath[UUID],
    data: Annotated[
        OnboardingRequest, BodyKwarg(examples=[Example(value={"return_url": "https://example.org/studio"})])
    ],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
    money: NamedDependency[Money],
    rules: NamedDependency[MarketRules],
    proof: ProofHeader = None,
) -> Response[SellerOnboarding]:
    """For owners, who show afresh that it is them: the form says where the money goes. Opens the artist's account at
    the payment provider, once, and makes a fresh link to its form. What was sold before is paid out once the provider
    lets the account be paid."""

    async def intend(session: Session) -> Seller:
        artist = await sellers.artist_for_owner(session, artist_id, visitor.person_id, is_operator=is_operator(visitor))
        await reauthentication.spend(session, visitor.person_id, proof)
        return await paid_sellers.register(session, str(artist.id), artist.name, artist.country)

    async def ask(row: Seller) -> str:
        back = data.return_url or f"{rules.base_url}/studio/{artist_id}"
        try:
            _, link = await paid_sellers.onboard(
                money.database, money.gateway.for_people(), row.id, row.name, row.country,
                return_url=back, actor=visitor.actor,
            )  # fmt: skip
        except OnboardingFailed as failed:
            raise told(failed.answer, str(failed)) from failed
        return link

    async def record(session: Session, row: Seller, link: str) -> Reply:
        seller = await paid_sellers.find(session, row.id)
        return Reply(201, show(SellerOnboarding, seller, onboarding_url=link))

    async def nothing(_: Session) -> None:
        """The seller stays registered: the next request may mend name and country."""

    try:
        return await idempotent.run_in_steps(intend, ask, record)
    except ProviderRefused:
        await idempotent.forget(nothing)
        raise


@get(
    "/artists/{artist_id:uuid}/payouts",
    operation_id="showPayouts",
    tags=[TAG],
    summary="Show where an artist's money stands",
    opt=needs(Permission.SELL),
    responses=answers(200, Payouts, "By currency.", PAYOUTS_EXAMPLE, *SELLING_PROBLEMS),
)
async def show_payouts(
    artist_id: FromPath[UUID], database: NamedDependency[Database], visitor: NamedDependency[Visitor]
) -> Payouts:
    """What is coming, what was sent and taken back, and what is owed, in each currency."""
    async with database.read() as session:
        await _theirs(session, artist_id, visitor)
        seller = await paid_sellers.seller(session, str(artist_id))
        sums = await balances.of_seller(session, str(artist_id))
    active = seller is not None and seller.transfers_active
    return Payouts(seller is not None, active, [show(Standing, one) for one in sums])


@get(
    "/artists/{artist_id:uuid}/sales",
    operation_id="listSales",
    tags=[TAG],
    summary="List an artist's sales",
    opt=needs(Permission.SELL),
    dependencies=paged(sales.SORTS),
    responses=answers(
        200, Page[SaleResponse], "A page, newest first.", page_of(SALE_EXAMPLE), *SELLING_PROBLEMS, *LIST_PROBLEMS
    ),
)
async def list_sales(
    artist_id: FromPath[UUID],
    page_request: NamedDependency[PageRequest],
    database: NamedDependency[Database],
    visitor: NamedDependency[Visitor],
    currency: OfCurrency = None,
    kind: OfKind = None,
    release: OfRelease = None,
) -> Page[SaleResponse]:
    """What was paid for, line by line, with the platform's fee and the artist's share. Buyers are not named."""
    filters: dict[str, Any] = {"currency": currency_of(currency), "kind": kind, "release_id": release}
    part = page_request.of(f"sales of {artist_id}", filters)
    async with database.read() as session:
        await _theirs(session, artist_id, visitor)
        rows = await sales.of_artist(session, artist_id, part.slice, **filters)
    return part.page(rows, _sale)


@get(
    "/artists/{artist_id:uuid}/transfers",
    operation_id="listArtistsTransfers",
    tags=[TAG],
    summary="List what an artist was sent",
    opt=needs(Permission.SELL),
    dependencies=paged(listings.TRANSFER_SORTS),
    responses=answers(
        200, Page[TransferResponse], "A page, newest first.", page_of(TRANSFER_EXAMPLE),
        *SELLING_PROBLEMS, *LIST_PROBLEMS,
    ),
)  # fmt: skip
async def list_artists_transfers(
    artist_id: FromPath[UUID],
    page_request: NamedDependency[PageRequest],
    database: NamedDependency[Database],
    visitor: NamedDependency[Visitor],
    status: Annotated[TransferStatus | None, QueryParameter(description="Only in this state.")] = None,
) -> Page[TransferResponse]:
    """The artist's shares, sent or on their way, and what of each was taken back."""
    part = page_request.of(f"transfers of {artist_id}", {"status": status})
    async with database.read() as session:
        await _theirs(session, artist_id, visitor)
        rows = await listings.transfers(session, part.slice, seller_id=str(artist_id), status=status)
    return part.page(rows, lambda row: show(TransferResponse, row))


@get(
    "/artists/{artist_id:uuid}/reversals",
    operation_id="listArtistsReversals",
    tags=[TAG],
    summary="List what was taken back from an artist",
    opt=needs(Permission.SELL),
    dependencies=paged(listings.REVERSAL_SORTS),
    responses=answers(
        200, Page[ReversalResponse], "A page, newest first.", page_of(REVERSAL_EXAMPLE),
        *SELLING_PROBLEMS, *LIST_PROBLEMS,
    ),
)  # fmt: skip
async def list_artists_reversals(
    artist_id: FromPath[UUID],
    page_request: NamedDependency[PageRequest],
    database: NamedDependency[Database],
    visitor: NamedDependency[Visitor],
    status: Annotated[ReversalStatus | None, QueryParameter(description="Only in this state.")] = None,
) -> Page[ReversalResponse]:
    """The artist's part of what buyers got back: done, under way, or owed."""
    part = page_request.of(f"reversals of {artist_id}", {"status": status})
    async with database.read() as session:
        await _theirs(session, artist_id, visitor)
        rows = await listings.reversals(session, part.slice, seller_id=str(artist_id), status=status)
    return part.page(rows, lambda row: show(ReversalResponse, row))


@get(
    "/artists/{artist_id:uuid}/nettings",
    operation_id="listArtistsNettings",
    tags=[TAG],
    summary="List what was kept of an artist's sales",
    opt=needs(Permission.SELL),
    dependencies=paged(listings.NETTING_SORTS),
    responses=answers(
        200, Page[NettingResponse], "A page, newest first.", page_of(NETTING_EXAMPLE),
        *SELLING_PROBLEMS, *LIST_PROBLEMS,
    ),
)  # fmt: skip
async def list_artists_nettings(
    artist_id: FromPath[UUID],
    page_request: NamedDependency[PageRequest],
    database: NamedDependency[Database],
    visitor: NamedDependency[Visitor],
) -> Page[NettingResponse]:
    """The artist's part of what buyers got back that could not be taken back: kept of later sales, line by line."""
    part = page_request.of(f"nettings of {artist_id}", {})
    async with database.read() as session:
        await _theirs(session, artist_id, visitor)
        rows = await listings.nettings(session, part.slice, seller_id=str(artist_id))
        refs = await listings.order_refs(session, rows)
    return part.page(rows, lambda row: shown(row, refs))


def _sale(sale: Sale) -> SaleResponse:
    return show(
        SaleResponse,
        sale.line,
        kind=ItemKind(sale.line.kind),
        currency=sale.order.currency,
        fee_minor=sale.fee_minor,
        share_minor=sale.share_minor,
        paid_at=sale.order.paid_at,
    )
