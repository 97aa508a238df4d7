"""A track's page: its wave across the window, and what was said at its moments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar.di import NamedDependency

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.audio.manifest import PREVIEW_SECONDS
from veza.catalog import acting, listings, visibility
from veza.community import comment_lists, comments, likes, playlist_items, playlist_lists, playlists
from veza.http.requests import DoorRequest
from veza.kit.database import Session
from veza.kit.field_faults import FieldFault
from veza.kit.listing import start_of
from veza.kit.messages import gettext
from veza.library.grants import ItemKind
from veza.market import products
from veza.market.rules import MarketRules
from veza.streaming.hearing import Part
from veza.web.answers import Form, See, Shown
from veza.web.buying import buy_box, is_owned, offer_of
from veza.web.declared import form, page
from veza.web.moments import pins, ticks
from veza.web.pages.releases import hears_of
from veza.web.pages.turning import is_later, next_address, page_of
from veza.web.processing import progress_of
from veza.web.sharing_tags import shared_track
from veza.web.waves import Waves

COMMENTS = 200
MINE = start_of(playlist_lists.SORTS, 200)
_BY_MOMENT = {"moment": comment_lists.SORTS["moment"]}
NEW = "new"
"""Instead of a playlist's id: one that is begun with this track."""


@page("/tracks/{track_id:uuid}", permission=Permission.BROWSE)
async def track_page(
    session: Session, request: DoorRequest, track_id: UUID, identity: Identity, waves: NamedDependency[Waves],
    rules: NamedDependency[MarketRules], form: Form,
) -> Shown:  # fmt: skip
    """One track, as far as its reader may see and hear it."""
    track = await listings.seen_track(session, track_id, identity)
    alone = await products.on_sale(session, ItemKind.TRACK, [track_id])
    whole = await products.on_sale(session, ItemKind.RELEASE, [track.release_id])
    offer = await offer_of(session, alone.get(track_id) or whole.get(track.release_id))
    person = identity.person_id
    is_public = visibility.card_is_public(track)
    acts = person is not None and await acting.acts_for(session, track.artist_id, identity)
    hears = (await hears_of(session, track.release_id, [track], identity)).get(track_id)
    seconds = (track.duration_ms or 0) / 1000
    asked = page_of(request, _BY_MOMENT, COMMENTS).of(f"said about {track_id}", {"even_hidden": acts})
    rows = await comment_lists.of_track(session, track_id, asked.slice, even_hidden=acts)
    said = asked.filled(rows, lambda one: one)
    more = next_address(request, said.next_cursor)
    return Shown(
        "track.html",
        is_public=person is None and is_public,
        is_shared=is_public,
        track=track,
        wave=await waves.of_track(session, track),
        ticks=ticks(track.duration_ms or 0),
        hears=hears,
        heard_seconds=min(seconds, PREVIEW_SECONDS) if hears == Part.PREVIEW else seconds,
        progress=await progress_of(session, track_id) if track.audio_state == "processing" else None,
        **_threads(said.items, track.duration_ms or 0),
        more=f"{more}#said" if more else None,
        first=f"/tracks/{track_id}#said" if is_later(request) else None,
        acts=acts,
        editable_until=comments.EDITABLE,
        liked=person is not None and bool(await likes.liked(session, person, "track", [track_id])),
        playlists=await playlist_lists.of_person(session, person, MINE) if person is not None else (),
        key=str(session.new_id()),
        owned=await is_owned(session, person, offer),
        whole_too=whole.get(track.release_id) if track_id in alone else None,
        shared=shared_track(track),
        **buy_box(offer, rules, form),
    )


@form("/tracks/{track_id:uuid}/comments", permission=Permission.SAY, shows=track_page, keyed=True)
async def say_at(session: Session, track_id: UUID, identity: Identity, form: Form) -> See:
    """Say something at a moment of the track."""
    await comments.write(session, identity.person, track_id, at_ms_of(form.value("at")), form.value("text"))
    return See(f"/tracks/{track_id}#said")


@form("/tracks/{track_id:uuid}/like", permission=Permission.LISTEN, shows=track_page)
async def like_track(session: Session, track_id: UUID, identity: Identity, form: Form) -> See:
    """Like the track, or no longer."""
    is_liked = form.value("liked") == "yes"
    await likes.set_liked(session, identity.person, "track", track_id, likes=is_liked)
    return See(f"/tracks/{track_id}")


@form("/tracks/{track_id:uuid}/playlists", permission=Permission.LISTEN, shows=track_page, keyed=True)
async def put_on_playlist(session: Session, track_id: UUID, identity: Identity, form: Form) -> See:
    """On a playlist of one's own, or on a new one."""
    wanted = form.value("playlist")
    if wanted == NEW:
        row = await playlists.create(
            session, identity.person, form.value("title"), description="", is_public=False, is_collaborative=False
        )
    else:
        if (playlist_id := form.id_of("playlist")) is None:
            raise playlists.UnknownPlaylist(wanted[:40])
        row = await playlists.lock_to_edit(session, playlist_id, identity.person)
    await playlist_items.add(session, row.id, identity.person, [track_id])
    return See(f"/tracks/{track_id}", gettext("It is on “{title}”.", title=row.title))


def _threads(rows: Sequence[Any], length_ms: int) -> dict[str, Any]:
    """Comments, the replies to each, and what hangs below the wave; an empty place stands where a reply hangs on it,
    and a reply by itself where its comment ended the page before."""
    replies: dict[UUID, list[Any]] = {}
    here = {one.id for one in rows if one.parent_id is None}
    for one in rows:
        if one.parent_id in here and not one.is_deleted:
            replies.setdefault(one.parent_id, []).append(one)
    first = [one for one in rows if one.parent_id not in here and (not one.is_deleted or one.id in replies)]
    hanging = [one for one in first if not (one.is_deleted or one.is_hidden)]
    return {"comments": first, "replies": replies, "pins": pins(hanging, length_ms)}


def at_ms_of(written: str) -> int:
    """A moment as players write it (“1:43”), in ms. Raises BadTime."""
    parts = written.strip().split(":")
    if not 1 <= len(parts) <= 3 or not all(part.isascii() and part.isdecimal() and len(part) <= 5 for part in parts):
        raise BadTime(gettext("a moment is written as minutes and seconds, such as 1:43"))
    seconds = 0
    for part in parts:
        seconds = 60 * seconds + int(part)
    return 1000 * seconds


class BadTime(FieldFault):
    """What was typed is no moment of a track."""
