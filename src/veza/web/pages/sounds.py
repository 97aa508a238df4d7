"""A track in the studio: its title and credits, and its sound: what was sent, what became of it, and a form for a file.

The form is a plain one and works without scripting: the file is stored while it arrives.
"""

from __future__ import annotations

from uuid import UUID

from litestar import Response
from litestar.di import NamedDependency

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.catalog import acting, listings, tracks
from veza.catalog.artists import find_artist
from veza.http.idempotency import Reply
from veza.http.received_forms import received_sound
from veza.http.requests import DoorRequest
from veza.ingest import originals, uploads
from veza.ingest.audio_versions import UnknownVersion, find_version, versions_of
from veza.ingest.facade import Ingest
from veza.ingest.uploads import Upload
from veza.kit.database import Session
from veza.kit.listing import Slice
from veza.kit.messages import gettext
from veza.library.grants import ItemKind
from veza.market import item_prices
from veza.market.rules import MarketRules
from veza.web.answers import Form, See, Shown
from veza.web.declared import form, page
from veza.web.pages.editor import keep_price
from veza.web.processing import progress_of
from veza.web.site import Site
from veza.web.waves import Waves

_SOUND = "/studio/tracks/{track_id:uuid}"
UPLOADS = 10
ACTS = {"retry": originals.try_again, "cancel": originals.cancel, "restore": originals.restore}


@page(_SOUND, permission=Permission.PUBLISH)
async def sound_page(
    session: Session, track_id: UUID, identity: Identity, ingest: NamedDependency[Ingest],
    waves: NamedDependency[Waves], rules: NamedDependency[MarketRules], form: Form,
) -> Shown:  # fmt: skip
    """A track for its artist's people; while something is on its way the page looks again by itself."""
    track = await listings.seen_track(session, track_id, identity)
    artist = await acting.artist_for(session, track.artist_id, identity)
    versions = list(reversed(await versions_of(session, track_id)))
    newest = Slice(uploads.SORTS["newest"], UPLOADS, None)
    sent = await uploads.uploads_of(session, artist.id, newest, track_id=track_id)
    open_uploads = [one for one in sent if one.status in ("receiving", "received", "refused")]
    return Shown(
        "sound.html",
        track=track,
        artist=artist,
        versions=versions,
        restorable={one.id for one in versions if one.is_restorable(session.now)},
        uploads=open_uploads,
        progress=await progress_of(session, track_id),
        wave=await waves.of_track(session, track),
        looks_again=any(one.is_on_its_way for one in versions) or any(one.status == "received" for one in open_uploads),
        space=await ingest.space_of(session, artist.id),
        key=session.new_id(),
        product=await item_prices.of_item(session, ItemKind.TRACK, track_id),
        fee_bps=rules.fee_bps if artist.fee_bps is None else artist.fee_bps,
        credits="\n".join(f"{one['part']}: {one['name']}" for one in track.credits),
    )


@form(_SOUND, permission=Permission.PUBLISH, shows=sound_page)
async def keep_track(session: Session, track_id: UUID, identity: Identity, form: Form) -> See:
    """What was typed about the track."""
    _, row = await acting.track_to_change(session, track_id, identity)
    isrc = form.value("isrc").strip()
    changes = {
        "title": form.value("title"),
        "credits": _credits(form.value("credits")),
        "isrc": isrc or None,
        "explicit": form.value("explicit") == "yes",
    }
    await tracks.edit_track(session, row, changes)
    return See(f"/studio/tracks/{track_id}", gettext("It is kept."))


@form(f"{_SOUND}/price", permission=Permission.SELL, shows=sound_page)
async def price_track(
    session: Session, track_id: UUID, identity: Identity, rules: NamedDependency[MarketRules], form: Form
) -> See:
    """The price of the track by itself."""
    _, row = await acting.track_to_change(session, track_id, identity)
    await keep_price(session, await find_artist(session, row.artist_id), ItemKind.TRACK, track_id, form, rules)
    return See(f"/studio/tracks/{track_id}", gettext("The price is set."))


@form(f"{_SOUND}/sound", permission=Permission.PUBLISH, shows=sound_page, has_file=True)
async def send_sound(
    request: DoorRequest, track_id: UUID, identity: Identity, ingest: NamedDependency[Ingest],
    site: NamedDependency[Site],
) -> Response[bytes]:  # fmt: skip
    """The file of the form, stored while it arrives; a second click sends it once."""
    key = request.query_params.get("key", "")[:255] or f"sound of {track_id}"

    def reply(_row: Upload) -> Reply:
        return Reply(303, None, f"/studio/tracks/{track_id}")

    await received_sound(request, ingest, identity, track_id, key, reply)
    said = gettext("The file has come. Its sound is made now; you may leave this page.")
    return site.redirect(request, See(f"/studio/tracks/{track_id}", said))


@form(f"{_SOUND}/versions/{{version_id:uuid}}", permission=Permission.PUBLISH, shows=sound_page)
async def act_on_version(session: Session, track_id: UUID, version_id: UUID, identity: Identity, form: Form) -> See:
    """Try a failed file again, take one back, or play an earlier one."""
    await acting.track_to_change(session, track_id, identity)
    version = await find_version(session, version_id)
    act = ACTS.get(form.value("act"))
    if version.track_id != track_id or act is None:
        raise UnknownVersion(version_id)
    await act(session, version)
    return See(f"/studio/tracks/{track_id}")


@form(f"{_SOUND}/remove", permission=Permission.PUBLISH, shows=sound_page)
async def remove_track(session: Session, track_id: UUID, identity: Identity) -> See:
    """Take the track out of its draft, with its sound."""
    release, row = await acting.track_to_change(session, track_id, identity)
    await tracks.remove_track(session, release, row)
    return See(f"/studio/releases/{release.id}", gettext("The track is gone."))


def _credits(written: str) -> list[tuple[str, str]]:
    """(name, role) of each line such as “guitar: Ben”."""
    found: list[tuple[str, str]] = []
    for line in written.splitlines():
        role, _, name = line.partition(":")
        if line.strip():
            found.append((name.strip(), role.strip()))
    return found
