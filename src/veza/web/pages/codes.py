"""Download codes in the studio: batches with how much of each is used, and a new one, whose codes are shown once."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from urllib.parse import quote
from uuid import UUID

from litestar.di import NamedDependency

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.catalog import acting, titles
from veza.catalog.artists import Artist
from veza.catalog.text_fields import BadValue
from veza.http.idempotency import Reply
from veza.http.requests import DoorRequest
from veza.kit.database import Database, Session
from veza.kit.field_faults import FieldChecks
from veza.kit.ids import id_of
from veza.kit.messages import gettext
from veza.library.grants import ItemKind
from veza.market import codes, listings
from veza.market.codes import MOST_IN_BATCH, CodeBatch, UnknownBatch
from veza.web.answers import Form, See, Shown
from veza.web.declared import form, idempotent_of_form, page
from veza.web.pages.turning import next_address, page_of
from veza.web.site import Site

_CODES = "/studio/{artist_id:uuid}/codes"
BATCHES = 30


@page(_CODES, permission=Permission.SELL)
async def codes_page(session: Session, request: DoorRequest, artist_id: UUID, identity: Identity, form: Form) -> Shown:
    """Every batch, the newest first, and a form for another."""
    artist = await acting.artist_for(session, artist_id, identity)
    asked = page_of(request, listings.BATCH_SORTS, BATCHES).of(f"studio codes {artist_id}")
    shown = asked.filled(await listings.batches(session, asked.slice, artist_id), lambda one: one)
    return Shown(
        "codes.html",
        artist=artist,
        batches=shown.items,
        more=next_address(request, shown.next_cursor),
        titles=await titles.named(session, {one.batch.item_id for one in shown.items}),
        choices=await titles.of_artist(session, artist_id),
        most=MOST_IN_BATCH,
        key=session.new_id(),
    )


@form(_CODES, permission=Permission.SELL, shows=codes_page)
async def make_codes(
    request: DoorRequest, artist_id: UUID, identity: Identity, form: Form, database: NamedDependency[Database],
    site: NamedDependency[Site],
) -> Shown | See:  # fmt: skip
    """A new batch, whose page shows the codes this once: only their hashes are kept."""
    kind, count = _checked(form)
    made: list[tuple[Artist, CodeBatch, Sequence[str], str]] = []

    async def work(session: Session) -> Reply:
        artist = await acting.artist_for(session, artist_id, identity)
        item_id = id_of(form.value("item").partition(" ")[2]) or UUID(int=0)
        batch, new = await codes.make(session, artist, kind, item_id, count, form.value("note"))
        made.append((artist, batch, new, (await titles.named(session, [item_id]))[item_id]))
        return Reply(303, None, f"/studio/{artist_id}/codes")

    await idempotent_of_form(database, request, form.given).run(work)
    if not made:
        said = gettext("This batch is made; its codes were shown once. If they are lost, revoke it and make another.")
        return See(f"/studio/{artist_id}/codes", said)
    artist, batch, new, title = made[0]
    address = f"{site.base_url}/redeem"
    return Shown(
        "codes_made.html", artist=artist, batch=batch, codes=new, title=title, address=address,
        file=_file(new, title, address), file_name=f"codes-{batch.created_at:%Y-%m-%d}-{batch.size}.csv",
    )  # fmt: skip


@form(f"{_CODES}/{{batch_id:uuid}}/revoke", permission=Permission.SELL, shows=codes_page)
async def revoke_codes(session: Session, artist_id: UUID, batch_id: UUID, identity: Identity) -> See:
    """What is unused gives nothing from now on."""
    await acting.artist_for(session, artist_id, identity)
    batch = await codes.find(session, batch_id)
    if batch.artist_id != artist_id:
        raise UnknownBatch(batch_id)
    await codes.revoke(session, batch)
    return See(f"/studio/{artist_id}/codes", gettext("The codes of “{note}” are revoked.", note=batch.note))


def _checked(form: Form) -> tuple[ItemKind, int]:
    """Kind and number of a form; raises what is wrong with both."""
    kind, count, checks = ItemKind.RELEASE, 0, FieldChecks()
    with checks.field("item"):
        written = form.value("item").partition(" ")[0]
        if written not in list(ItemKind):
            raise BadValue(gettext("choose what the codes give"))
        kind = ItemKind(written)
    with checks.field("count"):
        number = form.value("count").strip()
        count = int(number) if number.isascii() and number.isdecimal() and len(number) < 6 else 0
        if not 1 <= count <= MOST_IN_BATCH:
            raise BadValue(gettext("a batch has 1 to {most} codes", most=MOST_IN_BATCH))
    checks.demand()
    return kind, count


def _file(new: Sequence[str], title: str, address: str) -> str:
    """The codes as a CSV file within a link: the server keeps none that it could send later."""
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow(("code", "title", "redeem at"))
    rows.writerows((code, title, f"{address}?code={code}") for code in new)
    return f"data:text/csv;charset=utf-8,{quote(written.getvalue())}"
