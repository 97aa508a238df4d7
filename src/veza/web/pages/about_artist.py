"""What an artist's people say on the artist's page: name, words, tags, country, and for owners the currency."""

from __future__ import annotations

from uuid import UUID

from litestar.di import NamedDependency

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.catalog import acting, artists
from veza.catalog.facade import Catalog
from veza.http.language import language_of
from veza.http.requests import DoorRequest
from veza.kit import codes
from veza.kit.database import Session
from veza.kit.messages import gettext
from veza.web.answers import Form, See, Shown
from veza.web.declared import form, page

_ABOUT = "/studio/{artist_id:uuid}/about"


@page(_ABOUT, permission=Permission.PUBLISH)
async def about_artist_page(
    session: Session, request: DoorRequest, artist_id: UUID, identity: Identity, catalog: NamedDependency[Catalog],
    form: Form,
) -> Shown:  # fmt: skip
    """A form with what the artist's page says now."""
    artist = await acting.artist_for(session, artist_id, identity)
    return Shown(
        "about_artist.html",
        artist=artist,
        read=artists.state_of(artist),
        bio_most=artists.BIO_MOST,
        countries=codes.countries_in(language_of(request)),
        currencies=[(one, one) for one in catalog.currencies],
        is_owner=await acting.acts_as_owner(session, artist, identity),
    )


@form(_ABOUT, permission=Permission.PUBLISH, shows=about_artist_page)
async def keep_artist(
    session: Session, artist_id: UUID, identity: Identity, catalog: NamedDependency[Catalog], form: Form
) -> See:
    """A new name makes a new address, and the former one leads there; only an owner changes the currency."""
    row = await acting.artist_to_change(session, str(artist_id), identity)
    currency = form.value("currency", row.currency)
    if currency != row.currency:
        await acting.demand(session, row, identity, as_owner=True)
    changes = {
        "name": form.value("name"),
        "bio": form.value("bio"),
        "tags": form.several("tags"),
        "country": form.value("country", row.country),
        "currency": currency,
    }
    await artists.edit_artist(session, row, changes, currencies=catalog.currencies, read=form.value("version") or None)
    return See(f"/studio/{artist_id}/about", gettext("It is kept."))
