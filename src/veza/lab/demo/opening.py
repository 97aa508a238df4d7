"""The label opens: its people, artists with connected accounts, releases and their prices; covers come later
(`release_covers`)."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from veza.accounts import passwords, people, roles
from veza.accounts.identity import actor_of
from veza.accounts.permissions import Role
from veza.catalog.artists import Artist, ArtistDraft, find_artist, open_artist
from veza.catalog.publishing import publish, schedule, withdraw
from veza.catalog.releases import ReleaseDraft, create_release
from veza.catalog.track_drafts import TrackDraft
from veza.catalog.tracks import add_tracks
from veza.kit.database import Session
from veza.lab.demo.music.pieces import first_heard
from veza.lab.demo.roster import SONG_MINOR, Act
from veza.lab.demo.stage import Label, Modules
from veza.library.grants import ItemKind
from veza.market import products
from veza.market.products import PriceDraft, Pricing
from veza.money import sellers

PASSWORD = "demo-listener-demo"  # noqa: S105  (printed in the README: it opens nothing but the demo)
HOST = "demo.example"
OWNER, OPERATOR, MODERATOR, LISTENER = "label", "operator", "moderator", "listener"
SOON = timedelta(days=21)


def address_of(name: str) -> str:
    """The e-mail address a demo account signs in with."""
    return f"{name}@{HOST}"


async def open_label(modules: Modules, label: Label) -> None:
    """Make all that exists before the first sale."""
    await _people(modules, label)
    for number, act in enumerate(label.roster.acts):
        await _open(modules, label, act)
        for place in range(len(act.records)):
            await _release(modules, label, (number, place))


async def _people(modules: Modules, label: Label) -> None:
    """`label@` runs all eight, `operator@` the site; `moderator@` judges reports, `listener-1@` to `-6@` buy."""
    hashed = await modules.accounts.passwords.hash(PASSWORD, "demo")
    async with modules.database.write("demo") as session:
        label.owner = await _person(session, OWNER, "The label", hashed)
        operator = await _person(session, OPERATOR, "The operator", hashed)
        await roles.give(session, operator, Role.ADMIN, by="demo")
        label.moderator = await _person(session, MODERATOR, "The moderator", hashed)
        await roles.give(session, label.moderator, Role.MODERATOR, by="demo")
        for number, name in enumerate(label.roster.listeners, 1):
            label.listeners.append(await _person(session, f"{LISTENER}-{number}", name, hashed))


async def _person(session: Session, mailbox: str, name: str, hashed: str) -> UUID:
    added = await people.add(session, address_of(mailbox), name)
    if added is None:
        raise LookupError(f"there is an account {address_of(mailbox)} already")
    await passwords.replace(session, added, hashed)
    await people.confirm(session, added)
    return added


async def _open(modules: Modules, label: Label, act: Act) -> None:
    wanted = ArtistDraft(act.name, act.country, act.currency, act.bio, act.tags)
    async with modules.database.write(actor_of(label.owner)) as session:
        artist = await open_artist(
            session, label.owner, wanted, currencies=modules.catalog.currencies, limits=modules.catalog.limits
        )
        await modules.catalog.on_first_artist(session, label.owner)
    label.artists.append(artist.id)
    row, _link = await sellers.onboard(
        modules.database, modules.money.gateway, str(artist.id), act.name, act.country,
        return_url=f"{modules.market.base_url}/studio/{artist.id}", actor="demo",
    )  # fmt: skip
    label.accounts.append(str(row.stripe_account_id))
    modules.sandbox.complete_onboarding(label.accounts[-1], act.name)


async def _release(modules: Modules, label: Label, where: tuple[int, int]) -> None:
    act, record = label.roster.acts[where[0]], label.roster.record(where)
    async with modules.database.write(actor_of(label.owner)) as session:
        artist = await find_artist(session, label.artists[where[0]])
        day = date(record.year, label.dice.randint(1, 12), label.dice.randint(1, 28)) if record.year else None
        wanted = ReleaseDraft(
            record.title, record.kind, licence=record.licence, tags=act.tags, release_date=day,
            heard_by="everybody" if _is_open_to_everybody(label, where) else "owners",
        )  # fmt: skip
        release = await create_release(session, artist, wanted)
        songs = [
            TrackDraft(song.title, explicit=song.explicit, tags=act.tags, duration_ms=song.seconds * 1000)
            for song in record.songs
        ]
        label.releases[where] = release.id
        label.tracks[where] = [
            track.id for track in await add_tracks(session, release, songs, limits=modules.catalog.limits)
        ]
        if record.status == "scheduled":
            await schedule(session, release, session.now + SOON, sound_follows=True)
        elif record.status != "draft":
            await publish(session, release, sound_follows=True)  # behind the running site (`demo.sounds`)
        await _priced(modules, session, label, artist, where)
        if record.status == "withdrawn":
            await withdraw(session, release)


def _is_open_to_everybody(label: Label, where: tuple[int, int]) -> bool:
    """Free releases are heard in full without buying them, and so is the one whose sound is made first: a visitor hears
    it with its first rung, while a preview is made last."""
    return label.roster.record(where).pricing == "free" or where == first_heard(label.seed, label.roster)[0]


async def _priced(modules: Modules, session: Session, label: Label, artist: Artist, where: tuple[int, int]) -> None:
    """Put the release on sale and, if its songs are sold singly, each song."""
    record, currency = label.roster.record(where), artist.currency
    wanted: list[tuple[int | None, ItemKind, UUID, PriceDraft]] = []
    whole = PriceDraft(Pricing(record.pricing), record.price_minor, currency)
    wanted.append((None, ItemKind.RELEASE, label.releases[where], whole))
    for number, song in enumerate(record.songs):
        if song.is_sold:
            single = PriceDraft(Pricing.FIXED, SONG_MINOR, currency)
            wanted.append((number, ItemKind.TRACK, label.tracks[where][number], single))
    for place, kind, item_id, price in wanted:
        made = await products.create(session, artist, kind, item_id, price, on_sale=True, rules=modules.market)
        label.products[*where, place] = made.id
