"""The label opens: its people, artists with connected accounts, releases with covers, and their prices."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from veza.accounts import passwords, people
from veza.catalog.artists import ArtistWanted, find_artist, open_artist
from veza.catalog.covers import set_cover
from veza.catalog.publishing import publish, schedule, withdraw
from veza.catalog.releases import ReleaseWanted, create_release
from veza.catalog.room import record_cover
from veza.catalog.tracks import TrackWanted, add_tracks
from veza.kit.database import Session
from veza.library.grants import ItemKind
from veza.market import products
from veza.market.products import PriceWanted, Pricing
from veza.money import sellers
from veza.ops.demo.covers import cover_of
from veza.ops.demo.roster import LABEL, LISTENERS, ROSTER, Act, Record
from veza.ops.demo.stage import Label, OnShelf, Rooms

PASSWORD = "demo-listener-demo"  # noqa: S105  (printed in the README: it opens nothing but the demo)
HOST = "demo.example"
SOON = timedelta(days=21)


def address_of(name: str) -> str:
    """The e-mail address a demo account signs in with."""
    return f"{name}@{HOST}"


async def open_label(rooms: Rooms, label: Label) -> None:
    """Everything there is before the first sale."""
    hashed = await rooms.accounts.passwords.hash(PASSWORD)
    async with rooms.database.write("demo") as session:
        for name in (LABEL, *LISTENERS):
            label.people[name] = await _person(session, name, hashed)
    for act in ROSTER:
        await _open(rooms, label, act)
        for record in act.records:
            await _release(rooms, label, act, record)


async def _person(session: Session, name: str, hashed: str) -> UUID:
    added = await people.add(session, address_of(name), name)
    if added is None:
        raise LookupError(f"there is an account {address_of(name)} already")
    await passwords.replace(session, added, hashed)
    await people.confirm(session, added)
    return added


async def _open(rooms: Rooms, label: Label, act: Act) -> None:
    wanted = ArtistWanted(act.name, act.country, act.currency, act.bio, act.tags)
    owner = label.people[LABEL]
    async with rooms.database.write(f"person {owner}") as session:
        artist = await open_artist(session, owner, wanted, currencies=rooms.catalog.currencies)
        await rooms.catalog.on_first_artist(session, owner)
    label.artists[act.name] = artist.id
    row, _link = await sellers.onboard(
        rooms.database, rooms.money.gateway, str(artist.id), act.name, act.country,
        return_url=rooms.market.base_url, actor="demo",
    )  # fmt: skip
    label.accounts[act.name] = str(row.stripe_account_id)
    rooms.sandbox.complete_onboarding(label.accounts[act.name], act.name)


async def _release(rooms: Rooms, label: Label, act: Act, record: Record) -> None:
    picture = await rooms.catalog.keep_picture(cover_of(f"{act.name} {record.title}"))
    owner = label.people[LABEL]
    async with rooms.database.write(f"person {owner}") as session:
        artist = await find_artist(session, label.artists[act.name])
        release = await create_release(
            session,
            artist,
            ReleaseWanted(
                record.title, record.kind, licence=record.licence, tags=act.tags, release_date=date(record.year, 3, 1)
            ),
        )
        songs = [
            TrackWanted(song.title, explicit=song.explicit, tags=act.tags, duration_ms=song.seconds * 1000)
            for song in record.songs
        ]
        made = await add_tracks(session, release, songs)
        label.tracks[record.title] = [track.id for track in made]
        await set_cover(session, release, await record_cover(session, artist.id, picture))
        if record.status == "scheduled":
            await schedule(session, release, session.now + SOON)
        elif record.status != "draft":
            await publish(session, release)
        price = PriceWanted(Pricing(record.pricing), record.price_minor, act.currency)
        product = await products.create(
            session, artist, ItemKind.RELEASE, release.id, price, on_sale=True, rules=rooms.market
        )
        label.shelf[record.title] = OnShelf(release.id, product.id, record.price_minor, act.currency, act.name)
        if record.status == "withdrawn":
            await withdraw(session, release)
