"""An artist's page: the name as a poster, and every record that is out."""

from __future__ import annotations

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.catalog import acting, listings, slugs, visibility
from veza.community import follows
from veza.http.requests import DoorRequest
from veza.kit.database import Session
from veza.kit.messages import gettext
from veza.library import access
from veza.library.grants import ItemKind
from veza.market import products
from veza.web.answers import Form, See, Shown
from veza.web.declared import form, page
from veza.web.pages.turning import next_address, page_of
from veza.web.sharing_tags import shared_artist

RECORDS = 24


@page("/artists/{artist:str}", permission=Permission.BROWSE)
async def artist_page(session: Session, request: DoorRequest, artist: str, identity: Identity) -> Shown | See:
    """One artist. A former slug leads to the present one."""
    row = await acting.seen_artist(session, artist, identity)
    if artist != row.slug and slugs.as_id(artist) is None:
        return See(f"/artists/{row.slug}")
    asked = page_of(request, listings.RELEASE_SORTS, RECORDS).of(f"artist {row.id}")
    found = await listings.releases(session, asked.slice, artist=row.id)
    shown = asked.filled(found, lambda one: one)
    person, shown_ids = identity.person_id, [one.id for one in shown.items]
    return Shown(
        "artist.html",
        is_public=person is None,
        artist=row,
        acts=await acting.acts_for(session, row.id, identity),
        releases=shown.items,
        prices=await products.on_sale(session, ItemKind.RELEASE, shown_ids),
        audible=await access.audible(session, shown_ids),
        more=next_address(request, shown.next_cursor),
        is_shared=visibility.artist_is_public(row),
        shared=shared_artist(row, found),
        followers=(await follows.counts(session, [row.id]))[row.id],
        follows=person is not None and bool(await follows.followed(session, person, [row.id])),
    )


@form("/artists/{artist:str}/follow", permission=Permission.LISTEN, shows=artist_page)
async def follow_artist(session: Session, artist: str, identity: Identity, form: Form) -> See:
    """Follow the artist, or no longer."""
    row = await acting.seen_artist(session, artist, identity)
    if form.value("follows") == "yes":
        await follows.follow(session, identity.person, row.id)
        return See(f"/artists/{row.slug}", gettext("You follow {artist} now.", artist=row.name))
    await follows.unfollow(session, identity.person, row.id)
    return See(f"/artists/{row.slug}")
