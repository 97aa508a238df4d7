"""What an artist's people see of their money: sales, transfers, reversals, what is coming, what they owe."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Response
from litestar.params import QueryParameter
from msgspec import Struct

from veza.accounts import reauthentication
from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.api.accounts.proofs import ProofHeader
from veza.api.market.filters import OfCurrency, OfKind, OfRelease, currency_of
from veza.api.money.nettings import NETTING_EXAMPLE, NettingResponse, shown
from veza.api.money.sellers import DETAIL_EXAMPLE as SELLER_EXAMPLE
from veza.api.money.sellers import ONBOARDING_EXAMPLE, SellerOnboarding, Standing, onboarding
from veza.api.money.transfers import TRANSFER_EXAMPLE, ReversalResponse, ReversalStatus, TransferResponse
from veza.api.money.transfers import Status as TransferStatus
from veza.api.operations import listing, read, write
from veza.api.shapes import Url, show
from veza.catalog import acting
from veza.http.errors.accounts import PROOF_NEEDED
from veza.http.errors.money import PROVIDER_REFUSED, PROVIDER_UNAVAILABLE
from veza.http.idempotency import Idempotent
from veza.http.paging import Page, PageRequest
from veza.http.problems import NOT_FOUND
from veza.kit.database import Session
from veza.library.grants import ItemKind
from veza.market import sales
from veza.market.rules import MarketRules
from veza.market.sales import Sale
from veza.money import balances, listings
from veza.money import sellers as paid_sellers
from veza.money.facade import Money
from veza.money.sellers import Seller

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


@write.post(
    "/artists/{artist_id:uuid}/onboarding",
    operation="onboardArtist",
    summary="Get ready to be paid",
    permission=Permission.SELL,
    body={"return_url": "https://example.org/studio"},
    gives=(201, SellerOnboarding, "A link to the provider's form.", ONBOARDING_EXAMPLE),
    problems=(NOT_FOUND, PROOF_NEEDED, PROVIDER_REFUSED, PROVIDER_UNAVAILABLE),
)
async def onboard_artist(
    artist_id: UUID,
    data: OnboardingRequest,
    idempotent: Idempotent,
    identity: Identity,
    money: Money,
    rules: MarketRules,
    proof: ProofHeader = None,
) -> Response[SellerOnboarding]:
    """For owners, who show afresh that it is them: the form says where the money goes. Opens the artist's account at
    the payment provider, once, and makes a fresh link to its form. What was sold before is paid out once the provider
    lets the account be paid."""

    async def register(session: Session) -> Seller:
        artist = await acting.artist_for(session, artist_id, identity, as_owner=True)
        await reauthentication.spend(session, identity.person_id, proof)
        return await paid_sellers.register(session, str(artist.id), artist.name, artist.country)

    back = data.return_url or f"{rules.base_url}/studio/{artist_id}"
    return await onboarding(idempotent, money, register, back, actor=identity.actor)


@read(
    "/artists/{artist_id:uuid}/payouts",
    operation="showPayouts",
    summary="Show where an artist's money stands",
    permission=Permission.SELL,
    gives=(Payouts, "By currency.", PAYOUTS_EXAMPLE),
    problems=(NOT_FOUND,),
)
async def show_payouts(session: Session, artist_id: UUID, identity: Identity) -> Payouts:
    """What is coming, what was sent and taken back, and what is owed, in each currency."""
    await acting.artist_for(session, artist_id, identity)
    seller = await paid_sellers.seller(session, str(artist_id))
    sums = await balances.of_seller(session, str(artist_id))
    active = seller is not None and seller.transfers_active
    return Payouts(seller is not None, active, [show(Standing, one) for one in sums])


@listing(
    "/artists/{artist_id:uuid}/sales",
    operation="listSales",
    summary="List an artist's sales",
    permission=Permission.SELL,
    sorts=sales.SORTS,
    gives=(SaleResponse, "A page, newest first.", SALE_EXAMPLE),
    problems=(NOT_FOUND,),
)
async def list_sales(
    session: Session,
    artist_id: UUID,
    page_request: PageRequest,
    identity: Identity,
    currency: OfCurrency = None,
    kind: OfKind = None,
    release: OfRelease = None,
) -> Page[SaleResponse]:
    """What was paid for, line by line, with the platform's fee and the artist's share. Buyers are not named."""
    filters: dict[str, Any] = {"currency": currency_of(currency), "kind": kind, "release_id": release}
    page = page_request.of(f"sales of {artist_id}", filters)
    await acting.artist_for(session, artist_id, identity)
    rows = await sales.of_artist(session, artist_id, page.slice, **filters)
    return page.filled(rows, _sale)


@listing(
    "/artists/{artist_id:uuid}/transfers",
    operation="listArtistsTransfers",
    summary="List what an artist was sent",
    permission=Permission.SELL,
    sorts=listings.TRANSFER_SORTS,
    gives=(TransferResponse, "A page, newest first.", TRANSFER_EXAMPLE),
    problems=(NOT_FOUND,),
)
async def list_artists_transfers(
    session: Session,
    artist_id: UUID,
    page_request: PageRequest,
    identity: Identity,
    status: Annotated[TransferStatus | None, QueryParameter(description="Only in this state.")] = None,
) -> Page[TransferResponse]:
    """The artist's shares, sent or on their way, and what of each was taken back."""
    page = page_request.of(f"transfers of {artist_id}", {"status": status})
    await acting.artist_for(session, artist_id, identity)
    rows = await listings.transfers(session, page.slice, seller_id=str(artist_id), status=status)
    return page.filled(rows, lambda row: show(TransferResponse, row))


@listing(
    "/artists/{artist_id:uuid}/reversals",
    operation="listArtistsReversals",
    summary="List what was taken back from an artist",
    permission=Permission.SELL,
    sorts=listings.REVERSAL_SORTS,
    gives=(ReversalResponse, "A page, newest first.", REVERSAL_EXAMPLE),
    problems=(NOT_FOUND,),
)
async def list_artists_reversals(
    session: Session,
    artist_id: UUID,
    page_request: PageRequest,
    identity: Identity,
    status: Annotated[ReversalStatus | None, QueryParameter(description="Only in this state.")] = None,
) -> Page[ReversalResponse]:
    """The artist's part of what buyers got back: done, under way, or owed."""
    page = page_request.of(f"reversals of {artist_id}", {"status": status})
    await acting.artist_for(session, artist_id, identity)
    rows = await listings.reversals(session, page.slice, seller_id=str(artist_id), status=status)
    return page.filled(rows, lambda row: show(ReversalResponse, row))


@listing(
    "/artists/{artist_id:uuid}/nettings",
    operation="listArtistsNettings",
    summary="List what was kept of an artist's sales",
    permission=Permission.SELL,
    sorts=listings.NETTING_SORTS,
    gives=(NettingResponse, "A page, newest first.", NETTING_EXAMPLE),
    problems=(NOT_FOUND,),
)
async def list_artists_nettings(
    session: Session, artist_id: UUID, page_request: PageRequest, identity: Identity
) -> Page[NettingResponse]:
    """The artist's part of what buyers got back that could not be taken back: kept of later sales, line by line."""
    page = page_request.of(f"nettings of {artist_id}", {})
    await acting.artist_for(session, artist_id, identity)
    rows = await listings.nettings(session, page.slice, seller_id=str(artist_id))
    refs = await listings.order_refs(session, rows)
    return page.filled(rows, lambda row: shown(row, refs))


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
