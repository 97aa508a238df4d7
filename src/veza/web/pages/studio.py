"""The studio: the artists one acts for, and each artist's records."""

from __future__ import annotations

from uuid import UUID

from litestar.di import NamedDependency

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.catalog import acting, artists, listings, releases
from veza.catalog.artists import ArtistDraft
from veza.catalog.facade import Catalog
from veza.catalog.releases import ReleaseDraft
from veza.http.language import language_of
from veza.http.requests import DoorRequest
from veza.ingest import uploads
from veza.ingest.facade import Ingest
from veza.ingest.upload_space import MOST_PENDING
from veza.ingest.uploaded_drafts import MOST_FILES
from veza.kit import codes
from veza.kit.database import Session
from veza.kit.listing import Slice
from veza.kit.messages import gettext
from veza.library.grants import ItemKind
from veza.market import products
from veza.web.answers import Form, See, Shown
from veza.web.declared import form, page
from veza.web.pages.turning import next_address, page_of
from veza.web.words import KINDS

ARTISTS, RECORDS, UPLOADS = 50, 24, 50


@page("/studio", permission=Permission.OWN_ACCOUNT)
async def studio_page(
    session: Session, request: DoorRequest, identity: Identity, catalog: NamedDependency[Catalog], form: Form
) -> Shown | See:
    """One's artists, and a form for another; with one artist alone, that one's first page unless `all` is asked for."""
    mine = Slice(listings.ARTIST_SORTS["newest"], ARTISTS, None)
    rows = await listings.artists(session, mine, member=identity.person)
    if len(rows) == 1 and not form.given and not request.query_params.get("all"):
        return See(f"/studio/{rows[0].id}")
    countries, currencies = codes.countries_in(language_of(request)), [(one, one) for one in catalog.currencies]
    bio_most = artists.BIO_MOST
    return Shown("studio.html", artists=rows, countries=countries, currencies=currencies, bio_most=bio_most)


@form("/studio", permission=Permission.BECOME_ARTIST, shows=studio_page, keyed=True)
async def open_artist(session: Session, identity: Identity, catalog: NamedDependency[Catalog], form: Form) -> See:
    """Open a page for an artist, whose owner one is."""
    wanted = ArtistDraft(form.value("name"), form.value("country"), form.value("currency"), form.value("bio"), ())
    row = await artists.open_artist(
        session, identity.person, wanted, currencies=catalog.currencies, limits=catalog.limits
    )
    await catalog.on_first_artist(session, identity.person)
    return See(f"/studio/{row.id}", gettext("The page of {artist} is open.", artist=row.name))


@page("/studio/{artist_id:uuid}/records", permission=Permission.OWN_ACCOUNT)
async def records_page(
    session: Session, request: DoorRequest, artist_id: UUID, identity: Identity, ingest: NamedDependency[Ingest]
) -> Shown:
    """Every record of an artist, with what is on its way."""
    artist = await acting.artist_for(session, artist_id, identity)
    on_its_way = Slice(uploads.SORTS["newest"], UPLOADS, None)
    asked = page_of(request, listings.OWN_RELEASE_SORTS, RECORDS).of(f"studio {artist_id}")
    rows = await listings.releases_of(session, artist_id, asked.slice, public_only=False)
    shown = asked.filled(rows, lambda one: one)
    return Shown(
        "records.html",
        artist=artist,
        releases=shown.items,
        prices=await products.on_sale(session, ItemKind.RELEASE, [one.id for one in shown.items]),
        more=next_address(request, shown.next_cursor),
        uploads=await uploads.uploads_of(session, artist_id, on_its_way, has_ended=False),
        kinds=KINDS,
        space=await ingest.space_of(session, artist_id),
        most_files=MOST_PENDING,
        most_in_a_zip=MOST_FILES,
    )


@form("/studio/{artist_id:uuid}/releases", permission=Permission.PUBLISH, shows=records_page, keyed=True)
async def begin_release(session: Session, artist_id: UUID, identity: Identity, form: Form) -> See:
    """A new draft, to be filled in the editor."""
    artist = await acting.artist_to_change(session, str(artist_id), identity)
    row = await releases.create_release(session, artist, ReleaseDraft(form.value("title"), form.value("kind", "album")))
    return See(f"/studio/releases/{row.id}")
