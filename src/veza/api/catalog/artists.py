"""Artists: open one, list them, look at one by its slug, change it, set the platform's part."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Response, get, patch, post, put
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, QueryParameter
from msgspec import UNSET, Meta, Struct, UnsetType

from veza.accounts.permissions import Permission
from veza.api.catalog.problems import BAD_VALUE, TOO_MANY
from veza.api.catalog.shapes import (
    MOVED,
    ArtistRef,
    Name,
    NameFilter,
    Prose,
    TagFilter,
    Tags,
    asker_of,
    given,
    moved,
    searched,
)
from veza.api.editing import editing
from veza.api.idempotency import IDEMPOTENT_DEPENDENCY, Idempotent, Reply
from veza.api.pagination import Page, PageRequest, paged
from veza.api.problems import BAD_AMOUNT, CONFLICT, FORBIDDEN, NOT_FOUND, Problem
from veza.api.shapes import EDIT_PROBLEMS, LIST_PROBLEMS, WRITE_PROBLEMS, CurrencyCode, answers, page_of, show
from veza.api.visitors import Visitor, needs
from veza.catalog import artists, listings, slugs
from veza.catalog.artists import Artist, ArtistDraft
from veza.catalog.facade import Catalog
from veza.http.words import COUNTRY
from veza.kit.database import Session

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
    """An artist as everybody sees it; prices are set in `currency`, those set before it was changed keep theirs."""

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


async def _artist_to_edit(session: Session, path: Mapping[str, Any], visitor: Visitor) -> ArtistResponse:
    return show(ArtistResponse, await artists.artist_to_change(session, path["artist"], asker_of(visitor)))


async def _fee_to_edit(session: Session, path: Mapping[str, Any], visitor: Visitor) -> ArtistFee:
    return show(ArtistFee, await artists.artist_to_change(session, path["artist"], asker_of(visitor)))


@post(
    "/artists",
    opt=needs(Permission.BECOME_ARTIST),
    operation_id="createArtist",
    tags=[TAG],
    summary="Open an artist",
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(
        201, ArtistResponse, "The artist; you are its owner.", ARTIST_EXAMPLE,
        BAD_VALUE, BAD_AMOUNT, TOO_MANY, FORBIDDEN, CONFLICT, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def create_artist(
    data: Annotated[NewArtist, BodyKwarg(examples=[Example(value=NEW_EXAMPLE)])],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
    catalog: NamedDependency[Catalog],
) -> Response[ArtistResponse]:
    """Opens an artist's page in your name. It needs a confirmed e-mail address. Two artists may have the same name;
    their slugs differ."""
    person_id = visitor.person
    if not visitor.is_confirmed:
        raise Problem(FORBIDDEN, "confirm your e-mail address first: then you may open an artist")
    wanted = ArtistDraft(data.name, data.country, data.currency, data.bio, data.tags)

    async def work(session: Session) -> Reply:
        row = await artists.open_artist(
            session, person_id, wanted, currencies=catalog.currencies, limits=catalog.limits
        )
        await catalog.on_first_artist(session, person_id)
        return Reply(201, show(ArtistResponse, row), location=f"/api/v1/artists/{row.slug}")

    return await idempotent.run(work)


@get(
    "/artists",
    opt=needs(Permission.BROWSE),
    operation_id="listArtists",
    tags=[TAG],
    summary="List artists",
    dependencies=paged(listings.ARTIST_SORTS),
    responses=answers(200, Page[ArtistResponse], "A page.", page_of(ARTIST_EXAMPLE), *LIST_PROBLEMS),
)
async def list_artists(
    page_request: NamedDependency[PageRequest],
    visitor: NamedDependency[Visitor],
    catalog: NamedDependency[Catalog],
    text: NameFilter = None,
    tag: TagFilter = None,
    mine: Annotated[bool, QueryParameter(description="Only artists you may act for; needs signing in.")] = False,
) -> Page[ArtistResponse]:
    """All artists, or those one may act for oneself (`mine=true`)."""
    filters = {"text": searched(text), "tag": tag.lower() if tag else None, "member": visitor.person if mine else None}
    part = page_request.of("artists", filters)
    async with catalog.database.read() as session:
        rows = await listings.artists(session, part.slice, **filters)
    return part.page(rows, lambda row: show(ArtistResponse, row))


@get(
    "/artists/{artist:str}",
    opt=needs(Permission.BROWSE),
    operation_id="showArtist",
    tags=[TAG],
    summary="Show an artist",
    responses={**answers(200, ArtistResponse, "The artist.", ARTIST_EXAMPLE, NOT_FOUND), 308: MOVED},
)
async def show_artist(
    artist: ArtistRef, visitor: NamedDependency[Visitor], catalog: NamedDependency[Catalog]
) -> Response[ArtistResponse]:
    """One artist by its slug or id. A slug it had before a rename answers 308 with the address of today."""
    async with catalog.database.read() as session:
        row = await artists.seen_artist(session, artist, asker_of(visitor))
    if artist != row.slug and slugs.as_id(artist) is None:
        return moved(f"/api/v1/artists/{row.slug}")
    return Response(show(ArtistResponse, row))


@patch(
    "/artists/{artist:str}",
    opt=needs(Permission.PUBLISH),
    operation_id="editArtist",
    tags=[TAG],
    summary="Change an artist",
    dependencies=editing(_artist_to_edit),
    responses=answers(
        200, ArtistResponse, "The artist as it is now.", ARTIST_EXAMPLE,
        BAD_VALUE, BAD_AMOUNT, NOT_FOUND, FORBIDDEN, CONFLICT, *EDIT_PROBLEMS,
    ),
)  # fmt: skip
async def edit_artist(
    artist: ArtistRef,
    data: Annotated[ArtistChanges, BodyKwarg(examples=[Example(value={"name": "Džana K."})])],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
    catalog: NamedDependency[Catalog],
) -> Response[ArtistResponse]:
    """Changes what is named. A new name makes a new slug, the former one leads there for ever. Only an
    owner changes the currency, in which the artist is paid."""

    async def work(session: Session) -> Reply:
        asker = asker_of(visitor)
        row = await artists.artist_to_change(session, artist, asker)
        if data.currency is not UNSET and data.currency.upper() != row.currency:
            await artists.demand(session, row, asker, as_owner=True)
        await artists.edit_artist(session, row, given(data), currencies=catalog.currencies)
        return Reply(200, show(ArtistResponse, row))

    return await idempotent.run(work)


@get(
    "/artists/{artist:str}/fee",
    opt=needs(Permission.PUBLISH),
    operation_id="showArtistFee",
    tags=[TAG],
    summary="Show the platform's part",
    responses=answers(200, ArtistFee, "The fee.", {"fee_bps": 800}, NOT_FOUND, FORBIDDEN),
)
async def show_fee(
    artist: ArtistRef, visitor: NamedDependency[Visitor], catalog: NamedDependency[Catalog]
) -> ArtistFee:
    """What the platform takes of this artist's sales, for the artist's people and administrators."""
    asker = asker_of(visitor)
    async with catalog.database.read() as session:
        row = await artists.seen_artist(session, artist, asker)
        await artists.demand(session, row, asker)
    return show(ArtistFee, row)


@put(
    "/artists/{artist:str}/fee",
    opt=needs(Permission.PEOPLE),
    operation_id="setArtistFee",
    tags=[TAG],
    summary="Set the platform's part",
    dependencies=editing(_fee_to_edit),
    responses=answers(
        200, ArtistFee, "The fee as it is now.", {"fee_bps": 800}, BAD_VALUE, NOT_FOUND, FORBIDDEN, *EDIT_PROBLEMS
    ),
)
async def set_fee(
    artist: ArtistRef,
    data: Annotated[ArtistFee, BodyKwarg(examples=[Example(value={"fee_bps": 800})])],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
) -> Response[ArtistFee]:
    """Sets what the platform takes of this artist's sales from now on; sales made keep theirs."""

    async def work(session: Session) -> Reply:
        row: Artist = await artists.artist_to_change(session, artist, asker_of(visitor))
        await artists.set_fee(session, row, data.fee_bps)
        return Reply(200, show(ArtistFee, row))

    return await idempotent.run(work)
