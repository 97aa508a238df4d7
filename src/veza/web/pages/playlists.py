"""Playlists: one's own and public ones, one of them in order, and all that may be changed of it."""

from __future__ import annotations

from uuid import UUID

from litestar.di import NamedDependency

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.catalog import listings
from veza.community import playlist_items, playlist_lists, playlists
from veza.http.requests import DoorRequest
from veza.kit.database import Session
from veza.kit.listing import start_of
from veza.kit.messages import gettext
from veza.library import access
from veza.web.answers import Form, See, Shown
from veza.web.declared import form, page
from veza.web.pages.releases import parts_of
from veza.web.pages.turning import next_address, page_of
from veza.web.waves import Waves

MINE, OTHERS, ITEMS = 200, 24, 100
LONGEST_LINK = 100
_ONE = "/playlists/{playlist_id:uuid}"


@page("/playlists", permission=Permission.BROWSE)
async def playlists_page(session: Session, request: DoorRequest, identity: Identity, form: Form) -> Shown:
    """One's own first, then what others keep in public."""
    person = identity.person_id
    asked = page_of(request, playlist_lists.SORTS, OTHERS).of("playlists")
    shown = asked.filled(await playlist_lists.public(session, asked.slice), lambda row: row)
    mine = await playlist_lists.of_person(session, person, start_of(playlist_lists.SORTS, MINE)) if person else ()
    return Shown(
        "playlists.html", mine=mine, public=[row for row in shown.items if person is None or row.owner_id != person],
        more=next_address(request, shown.next_cursor), key=str(session.new_id()),
    )  # fmt: skip


@form("/playlists", permission=Permission.LISTEN, shows=playlists_page, keyed=True)
async def begin_playlist(session: Session, identity: Identity, form: Form) -> See:
    """A new one, private and empty."""
    row = await playlists.create(
        session, identity.person, form.value("title"), description="", is_public=False, is_collaborative=False
    )
    return See(
        f"/playlists/{row.id}", gettext("“{title}” is begun: put tracks on it from their pages.", title=row.title)
    )


@page(_ONE, permission=Permission.BROWSE)
async def playlist_page(
    session: Session, request: DoorRequest, playlist_id: UUID, identity: Identity, waves: NamedDependency[Waves],
    form: Form,
) -> Shown:  # fmt: skip
    """One playlist in order, if its reader may see it: it is public, theirs, kept with them, or opened by its link."""
    return await _shown(session, request, playlist_id, identity, waves)


@form(f"{_ONE}/details", permission=Permission.LISTEN, shows=playlist_page)
async def keep_details(session: Session, playlist_id: UUID, identity: Identity, form: Form) -> See:
    """What it is called, and who sees it."""
    version = form.value("version")
    await playlists.edit(
        session,
        playlist_id,
        identity.person,
        int(version) if version.isascii() and version.isdecimal() and len(version) < 10 else None,
        title=form.value("title"),
        description=form.value("description"),
        is_public=form.value("is_public") == "yes",
        is_collaborative=None,
    )
    return See(f"/playlists/{playlist_id}", gettext("It is kept."))


@form(f"{_ONE}/items/{{item_id:uuid}}/step", permission=Permission.LISTEN, shows=playlist_page)
async def step_item(session: Session, playlist_id: UUID, item_id: UUID, identity: Identity, form: Form) -> See:
    """One place up or down."""
    down = form.value("way") == "down"
    await playlist_items.step(session, playlist_id, identity.person, item_id, down=down)
    return See(f"/playlists/{playlist_id}")


@form(f"{_ONE}/items/{{item_id:uuid}}/remove", permission=Permission.LISTEN, shows=playlist_page)
async def remove_item(session: Session, playlist_id: UUID, item_id: UUID, identity: Identity) -> See:
    """Off the playlist; the same track elsewhere on it stays."""
    await playlist_items.remove(session, playlist_id, identity.person, item_id)
    return See(f"/playlists/{playlist_id}", gettext("It is off the playlist."))


@form(f"{_ONE}/link", permission=Permission.LISTEN, shows=playlist_page)
async def renew_link(
    session: Session, request: DoorRequest, playlist_id: UUID, identity: Identity, waves: NamedDependency[Waves],
    form: Form,
) -> Shown | See:  # fmt: skip
    """A link that opens it, shown by this answer alone; or none from now on."""
    if form.value("link") == "none":
        await playlists.revoke_link(session, playlist_id, identity.person)
        return See(f"/playlists/{playlist_id}", gettext("The link opens nothing any more."))
    token = await playlists.renew_link(session, playlist_id, identity.person)
    return await _shown(session, request, playlist_id, identity, waves, token=token)


@form(f"{_ONE}/delete", permission=Permission.LISTEN, shows=playlist_page)
async def delete_playlist(session: Session, playlist_id: UUID, identity: Identity) -> See:
    """It goes; its tracks stay what they are."""
    title = (await playlists.lock_own(session, playlist_id, identity.person)).title
    await playlists.remove(session, playlist_id, identity.person)
    return See("/playlists", gettext("The playlist “{title}” is deleted.", title=title))


async def _shown(
    session: Session,
    request: DoorRequest,
    playlist_id: UUID,
    identity: Identity,
    waves: Waves,
    token: str | None = None,
) -> Shown:
    person, link = identity.person_id, request.query_params.get("link", "")[:LONGEST_LINK] or None
    found = await playlists.see(session, playlist_id, identity, link=link)
    asked = page_of(request, playlist_items.SORTS, ITEMS).of(f"items of {playlist_id}")
    items = asked.filled(await playlist_items.listed(session, playlist_id, asked.slice), lambda row: row)
    cards = await listings.track_cards(session, [row.track_id for row in items.items if row.is_available])
    may = await access.may_these(session, person, list(cards))
    return Shown(
        "playlist.html",
        playlist=await playlist_lists.shown(session, playlist_id),
        items=items.items,
        cards=cards,
        hears=parts_of(cards.values(), may),
        waves=await waves.of_rows(session, cards.values()),
        more=next_address(request, items.next_cursor),
        is_mine=person is not None and found.owner_id == person,
        may_edit=await playlists.may_edit(session, found, person),
        token=token,
    )
