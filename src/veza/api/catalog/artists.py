"""Artists: open one, list them, look at one by its slug, change it, set the platform's part."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Response
from litestar.params import QueryParameter
from msgspec import UNSET, Meta, Struct, UnsetType

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.api.catalog.shapes import (
    MOVED,
    ArtistRef,
    Name,
    NameFilter,
    Prose,
    TagFilter,
    Tags,
    given,
    moved,
    searched,
)
from veza.api.operations import listing, read, write
from veza.api.shapes import CurrencyCode, show
from veza.catalog import acting, artists, listings, slugs
from veza.catalog.artists import Artist, ArtistDraft
from veza.catalog.facade import Catalog
from veza.http.errors.catalog import BAD_VALUE, TOO_MANY
from veza.http.paging import Page, PageRequest
from veza.http.problems import BAD_AMOUNT, CONFLICT, FORBIDDEN, NOT_FOUND, Problem
from veza.http.words import COUNTRY
from veza.kit.database import Session
from veza.kit.messages import gettext

TAG = "artists"
Country = Annotated[str, Meta(pattern=COUNTRY, description="ISO 3166, such as DE.")]


class NewArtist(Struct, forbid_unknown_fields=True):
    """An artist to be opened; who opens it becomes its owner."""

    name: Name
    country: Country
    currency: CurrencyCode
    bio: Prose = ""
    tags: Tags = []


class ArtistChanges(Struct, forbid_unknown_fields=True):
    """What is to change; what is not named stays."""

    name: Name | UnsetType = UNSET
    country: Country | UnsetType = UNSET
    currency: CurrencyCode | UnsetType = UNSET
    bio: Prose | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET


class ArtistResponse(Struct, frozen=True):
    """An artist's public page; prices are set in `currency`, those set before a change of it keep theirs."""

    id: UUID
    slug: str
    name: str
    bio: str
    country: str
    currency: str
    tags: list[str]
    created_at: datetime


class ArtistFee(Struct, forbid_unknown_fields=True):
    """The platform's part of this artist's sales in basis points; null: as configured for all."""

    fee_bps: Annotated[int | None, Meta(description="0 to 10000, or null.")]


ARTIST_EXAMPLE: dict[str, Any] = {
    "id": "01890000-0000-7000-8000-0000000000a1",
    "slug": "dzana-kovac",
    "name": "Džana Kovač",
    "bio": "Sings at night.",
    "country": "BA",
    "currency": "EUR",
    "tags": ["folk"],
    "created_at": "2026-01-02T10:30:00Z",
}
NEW_EXAMPLE = {name: ARTIST_EXAMPLE[name] for name in ("name", "country", "currency", "bio", "tags")}


async def _artist_to_edit(session: Session, artist: ArtistRef, identity: Identity) -> ArtistResponse:
    return show(ArtistResponse, await acting.artist_to_change(session, artist, identity))


async def _fee_to_edit(session: Session, artist: ArtistRef, identity: Identity) -> ArtistFee:
    return show(ArtistFee, await acting.artist_to_change(session, artist, identity))


@write.post(
    "/artists",
    operation="createArtist",
    summary="Open an artist",
    permission=Permission.BECOME_ARTIST,
    body=NEW_EXAMPLE,
    gives=(201, ArtistResponse, "The artist; you are its owner.", ARTIST_EXAMPLE),
    location="/api/v1/artists/{shown.slug}",
    problems=(BAD_VALUE, BAD_AMOUNT, TOO_MANY, CONFLICT),
)
async def create_artist(session: Session, data: NewArtist, identity: Identity, catalog: Catalog) -> ArtistResponse:
    """Opens an artist's page in your name. It needs a confirmed e-mail address. Two artists may have the same name;
    their slugs differ."""
    person_id = identity.person
    if not identity.is_confirmed:
        raise Problem(FORBIDDEN, gettext("confirm your e-mail address first: then you may open an artist"))
    wanted = ArtistDraft(data.name, data.country, data.currency, data.bio, data.tags)
    row = await artists.open_artist(session, person_id, wanted, currencies=catalog.currencies, limits=catalog.limits)
    await catalog.on_first_artist(session, person_id)
    return show(ArtistResponse, row)


@listing(
    "/artists",
    operation="listArtists",
    summary="List artists",
    permission=Permission.BROWSE,
    sorts=listings.ARTIST_SORTS,
    gives=(ArtistResponse, "A page.", ARTIST_EXAMPLE),
)
async def list_artists(
    session: Session,
    page_request: PageRequest,
    identity: Identity,
    text: NameFilter = None,
    tag: TagFilter = None,
    mine: Annotated[bool, QueryParameter(description="Only artists you may act for; needs signing in.")] = False,
) -> Page[ArtistResponse]:
    """All artists, or those one may act for oneself (`mine=true`)."""
    filters = {"text": searched(text), "tag": tag.lower() if tag else None, "member": identity.person if mine else None}
    page = page_request.of("artists", filters)
    rows = await listings.artists(session, page.slice, **filters)
    return page.filled(rows, lambda row: show(ArtistResponse, row))


@read(
    "/artists/{artist:str}",
    operation="showArtist",
    summary="Show an artist",
    permission=Permission.BROWSE,
    gives=(ArtistResponse, "The artist.", ARTIST_EXAMPLE),
    problems=(NOT_FOUND,),
    answers_too={308: MOVED},
)
async def show_artist(session: Session, artist: ArtistRef, identity: Identity) -> Response[ArtistResponse]:
    """One artist by its slug or id. A slug it had before a rename answers 308 with the address of today."""
    row = await acting.seen_artist(session, artist, identity)
    if artist != row.slug and slugs.as_id(artist) is None:
        return moved(f"/api/v1/artists/{row.slug}")
    return Response(show(ArtistResponse, row))


@write.patch(
    "/artists/{artist:str}",
    operation="editArtist",
    summary="Change an artist",
    permission=Permission.PUBLISH,
    edits=_artist_to_edit,
    body={"name": "Džana K."},
    gives=(200, ArtistResponse, "The artist as it is now.", ARTIST_EXAMPLE),
    problems=(BAD_VALUE, BAD_AMOUNT, NOT_FOUND, CONFLICT),
)
async def edit_artist(
    session: Session, artist: ArtistRef, data: ArtistChanges, identity: Identity, catalog: Catalog
) -> ArtistResponse:
    """Changes what is named. A new name makes a new slug, the former one leads there for ever. Only an
    owner changes the currency, in which the artist is paid."""
    row = await acting.artist_to_change(session, artist, identity)
    if data.currency is not UNSET and data.currency.upper() != row.currency:
        await acting.demand(session, row, identity, as_owner=True)
    await artists.edit_artist(session, row, given(data), currencies=catalog.currencies)
    return show(ArtistResponse, row)


@read(
    "/artists/{artist:str}/fee",
    operation="showArtistFee",
    summary="Show the platform's part",
    permission=Permission.PUBLISH,
    gives=(ArtistFee, "The fee.", {"fee_bps": 800}),
    problems=(NOT_FOUND,),
)
async def show_fee(session: Session, artist: ArtistRef, identity: Identity) -> ArtistFee:
    """What the platform takes of this artist's sales, for the artist's people and administrators."""
    row = await acting.seen_artist(session, artist, identity)
    await acting.demand(session, row, identity)
    return show(ArtistFee, row)


@write.put(
    "/artists/{artist:str}/fee",
    operation="setArtistFee",
    summary="Set the platform's part",
    permission=Permission.PEOPLE,
    edits=_fee_to_edit,
    body={"fee_bps": 800},
    gives=(200, ArtistFee, "The fee as it is now.", {"fee_bps": 800}),
    problems=(BAD_VALUE, NOT_FOUND),
)
async def set_fee(session: Session, artist: ArtistRef, data: ArtistFee, identity: Identity) -> ArtistFee:
    """Sets what the platform takes of this artist's sales from now on; sales made keep theirs."""
    row: Artist = await acting.artist_to_change(session, artist, identity)
    await artists.set_fee(session, row, data.fee_bps)
    return show(ArtistFee, row)
