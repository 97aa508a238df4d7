"""What one owns: a wall of it, the files of one release beside it, and codes that add to it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar.di import NamedDependency

from veza.accounts.identity import Identity
from veza.accounts.people import clean_email
from veza.accounts.permissions import Permission
from veza.audio.download_formats import DownloadFormat
from veza.catalog import listings
from veza.http.endpoints import Language
from veza.http.requests import DoorRequest
from veza.kit.database import Database, Session
from veza.kit.field_faults import FieldChecks, FieldFault
from veza.kit.messages import gettext
from veza.library import shelf
from veza.library.grants import ItemKind
from veza.market import code_claims, codes
from veza.market.rules import MarketRules
from veza.streaming import asking, release_asking
from veza.streaming.asking import Holder
from veza.streaming.downloads import Download
from veza.streaming.facade import Streaming
from veza.streaming.lost_files import evict_lost, lost_of
from veza.web.answers import Form, See, Shown
from veza.web.declared import form, page
from veza.web.library_files import FORMATS, OwnedRelease, owned_release
from veza.web.pages.turning import next_address, page_of

ON_A_PAGE = 48
LOOK_SECONDS = 3
"""Between two looks of a page on which a file is being made."""
MOST_LOOKS = 400
"""Twenty minutes; after that a reader looks again by hand."""
_KINDS = {one.value for one in ItemKind}


class UnknownFormat(FieldFault):
    """The form names no format that there is."""


@page("/library", permission=Permission.OWN_ACCOUNT)
async def library_page(session: Session, request: DoorRequest, identity: Identity) -> Shown:
    """All releases that a person owns, and in grey the refunded ones."""
    return Shown("library.html", **await _wall(session, request, identity), chosen=None, look_again=None)


@page("/library/{release_id:uuid}", permission=Permission.OWN_ACCOUNT)
async def release_files_page(
    session: Session, request: DoorRequest, release_id: UUID, identity: Identity, form: Form,
    streaming: NamedDependency[Streaming], rules: NamedDependency[MarketRules],
) -> Shown:  # fmt: skip
    """The files of one release beside the wall, in the format that the address names; while one is being made, the
    page looks again by itself."""
    wanted = None
    with suppress(ValueError):
        wanted = DownloadFormat(form.value("format", request.query_params.get("format", "")))
    chosen = await owned_release(session, identity.person, release_id, wanted, streaming.links, rules)
    return Shown(
        "library.html",
        **await _wall(session, request, identity),
        chosen=chosen,
        formats=FORMATS,
        look_again=_look_again(chosen, request.query_params.get("look", "")),
        look_seconds=LOOK_SECONDS,
    )


@form("/library/{release_id:uuid}/files", permission=Permission.OWN_ACCOUNT, shows=release_files_page)
async def ask_for_files(
    release_id: UUID, identity: Identity, form: Form, database: NamedDependency[Database],
    streaming: NamedDependency[Streaming],
) -> See:  # fmt: skip
    """Have one track made in a format, or all of them; what is there already is only looked for in the store."""
    checks, holder = FieldChecks(), Holder(identity.person)
    wanted, track_id = DownloadFormat.FLAC, None
    with checks.field("format"):
        wanted, track_id = _format(form.value("format")), form.id_of("track")
        if track_id is None and form.value("track"):
            raise UnknownFormat(gettext("there is no such track"))
    checks.demand()

    async def ask(session: Session) -> list[Download]:
        if track_id is not None:
            return [await asking.ask_for_track(session, holder, track_id, wanted)]
        return list((await release_asking.ask_for_release(session, holder, release_id, wanted)).downloads)

    async with database.write(identity.actor) as session:
        asked = await ask(session)
    lost = await lost_of(streaming.objects, asked)
    if lost:
        async with database.write(identity.actor) as session:
            await evict_lost(session, lost)
            await ask(session)
    return See(f"/library/{release_id}?{urlencode({'format': wanted.value})}#files")


@page("/redeem", permission=Permission.BUY)
def redeem_page(session: Session, request: DoorRequest) -> Shown:
    """The form for a download code, which may come in the address (`code`)."""
    return Shown("redeem.html", code=request.query_params.get("code", "")[:100], key=str(session.new_id()))


@form("/redeem", permission=Permission.BUY, shows=redeem_page, keyed=True)
async def redeem(
    session: Session, identity: Identity, form: Form, language: Language, rules: NamedDependency[MarketRules]
) -> See:
    """Gives the person what the code is for; a visitor is mailed a link to it."""
    code = form.value("code")[:100]
    if identity.person_id is not None:
        batch = await codes.redeem(session, identity.person_id, code)
        return See(f"/library/{batch.release_id}", gettext("It is in your library."))
    checks, email = FieldChecks(), ""
    with checks.field("email"):
        email = clean_email(form.value("email"))
    checks.demand()
    await code_claims.redeem_for(session, email, code, rules, language)
    return See("/redeem", gettext("A link to it is on its way to {email}.", email=email))


async def _wall(session: Session, request: DoorRequest, identity: Identity) -> dict[str, Any]:
    kind = request.query_params.get("kind")
    kind = kind if kind in _KINDS else None
    asked = page_of(request, shelf.SORTS, ON_A_PAGE).of(f"library {kind}")
    rows = await shelf.owned_by(session, identity.person, asked.slice, kind=kind, with_revoked=True)
    shown = asked.filled(rows, lambda row: row)
    return {
        "things": shown.items,
        "cards": await listings.release_cards(session, {row.release_id for row in shown.items}),
        "kind": kind,
        "more": next_address(request, shown.next_cursor),
    }


def _format(written: str) -> DownloadFormat:
    try:
        return DownloadFormat(written)
    except ValueError:
        raise UnknownFormat(gettext("choose a format")) from None


def _look_again(chosen: OwnedRelease, looked: str) -> str | None:
    """The address to look at next; None where nothing is being made, and after the last look."""
    looks = int(looked) if looked.isascii() and looked.isdecimal() and len(looked) < 4 else 0
    if not chosen.is_being_made or chosen.wanted is None or looks >= MOST_LOOKS:
        return None
    return f"/library/{chosen.card.id}?{urlencode({'format': chosen.wanted.value, 'look': looks + 1})}"
