"""The index follows in the same transaction: what is public is found at once, what is not any more is gone at once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.factories import member, person
from tests.search.shop import OWNER, follow, hide, ids_found, publish, rename_artist, restore, write_draft
from tests.waiting import until_locked_out
from veza.accounts import deletion, people, suspension
from veza.app.personal_data import on_person_deleted
from veza.catalog import deleting, members, publishing
from veza.catalog.artists import Artist
from veza.catalog.limits import Limits
from veza.catalog.publishing import ReleasePublisher
from veza.catalog.releases import Release, edit_release
from veza.catalog.track_audio import AudioState, CurrentAudio, set_audio
from veza.catalog.track_drafts import TrackDraft
from veza.catalog.tracks import Track, add_tracks, edit_track
from veza.community import playlists
from veza.community.notices import Notices
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.subscriptions import Subscriptions
from veza.library.grants import ItemKind
from veza.market import products
from veza.market.products import PriceChange, PriceDraft, Pricing
from veza.market.rules import MarketRules
from veza.search import index, keeping
from veza.search.tables import SearchDoc


async def test_a_published_release_is_found_with_its_tracks_and_artist(shop: Database) -> None:
    made = await publish(shop)
    assert await ids_found(shop, "zorblax") == {made.artist, made.release, *made.tracks}
    assert await ids_found(shop, "quuxmor") == {made.release, *made.tracks}
    assert await ids_found(shop, "wibblefen zorblax") == {made.tracks[0]}


async def test_a_draft_is_not_found_and_its_artist_is(shop: Database) -> None:
    made = await write_draft(shop, "Zorblax", "Quuxmoor", ["Wibblefen"])
    assert await ids_found(shop, "zorblax") == {made.artist}
    assert await ids_found(shop, "wibblefen") == set()
    async with shop.write() as session:
        await deleting.delete_release(session, await session.get_one(Release, made.release))
    assert await ids_found(shop, "quuxmoor") == set()


async def test_a_scheduled_release_is_found_when_its_time_has_come(shop: Database, clock: ManualClock) -> None:
    made = await write_draft(shop, "Zorblax", "Quuxmoor", ["Wibblefen"])
    async with shop.write() as session:
        release = await session.get_one(Release, made.release)
        await publishing.schedule(session, release, session.now + timedelta(hours=1), sound_follows=True)
        for track in await session.scalars(select(Track.id)):
            await set_audio(session, track, AudioState.READY, CurrentAudio(UUID(int=1), 1, 1))
    assert await ids_found(shop, "quuxmoor") == set()
    clock.advance(timedelta(hours=2))
    publisher = ReleasePublisher(shop)
    for claim in await publisher.claim(10):
        await publisher.work(claim)
    assert await ids_found(shop, "quuxmoor") == {made.release, *made.tracks}


async def test_a_withdrawn_release_is_gone_at_once_and_back_when_it_is_published_again(shop: Database) -> None:
    made = await publish(shop)
    async with shop.write() as session:
        await publishing.withdraw(session, await session.get_one(Release, made.release))
    assert await ids_found(shop, "quuxmoor") == set()
    assert await ids_found(shop, "zorblax") == {made.artist}
    async with shop.write() as session:
        await publishing.publish(session, await session.get_one(Release, made.release), sound_follows=True)
    assert await ids_found(shop, "quuxmoor") == {made.release, *made.tracks}


async def test_what_is_undone_leaves_the_index_as_it_was(shop: Database) -> None:
    made = await publish(shop)
    with pytest.raises(ZeroDivisionError):
        await _withdraw_and_fail(shop, made.release)
    assert await ids_found(shop, "quuxmoor") == {made.release, *made.tracks}


async def _withdraw_and_fail(shop: Database, release_id: UUID) -> None:
    async with shop.write() as session:
        await publishing.withdraw(session, await session.get_one(Release, release_id))
        await session.finish()
        raise ZeroDivisionError


async def test_what_a_moderator_hides_is_gone_at_once_and_restored_it_is_back(shop: Database) -> None:
    made = await publish(shop)
    everything = {made.artist, made.release, *made.tracks}
    await hide(shop, "track", made.tracks[0])
    assert await ids_found(shop, "zorblax") == everything - {made.tracks[0]}
    await restore(shop, "track", made.tracks[0])
    assert await ids_found(shop, "zorblax") == everything
    await hide(shop, "release", made.release)
    assert await ids_found(shop, "zorblax") == {made.artist}
    await restore(shop, "release", made.release)
    assert await ids_found(shop, "zorblax") == everything
    await hide(shop, "artist", made.artist)
    assert await ids_found(shop, "zorblax") == set()
    await restore(shop, "artist", made.artist)
    assert await ids_found(shop, "zorblax") == everything


async def test_a_hidden_track_stays_hidden_when_its_release_is_restored(shop: Database) -> None:
    made = await publish(shop)
    await hide(shop, "track", made.tracks[0])
    await hide(shop, "release", made.release)
    await restore(shop, "release", made.release)
    assert await ids_found(shop, "zorblax") == {made.artist, made.release, made.tracks[1]}


async def test_a_renamed_artist_is_found_by_the_new_name_at_once_and_its_works_soon(shop: Database) -> None:
    made = await publish(shop)
    await rename_artist(shop, made.artist, name="Fnordwick")
    assert made.artist in await ids_found(shop, "fnordwick")
    await follow(shop)
    assert await ids_found(shop, "fnordwick") == {made.artist, made.release, *made.tracks}
    assert await ids_found(shop, "zorblax") == set()


async def test_a_renamed_release_and_track_are_found_by_the_new_names(shop: Database) -> None:
    made = await publish(shop)
    async with shop.write() as session:
        await edit_release(session, await session.get_one(Release, made.release), None, {"title": "Glimfeather"})
        await edit_track(session, await session.get_one(Track, made.tracks[0]), {"title": "Hexenbrook"})
    await follow(shop)
    assert await ids_found(shop, "glimfeather") == {made.release, *made.tracks}
    assert await ids_found(shop, "hexenbrook") == {made.tracks[0]}
    assert await ids_found(shop, "quuxmoor") == await ids_found(shop, "wibblefen") == set()


async def test_tags_and_languages_narrow_as_they_are_now(shop: Database) -> None:
    made = await publish(shop, tags=["dub"], language="fr")
    assert await ids_found(shop, "quuxmoor", facets=["#dub"]) == {made.release}
    assert await ids_found(shop, "", facets=["%fr"]) == {made.release, *made.tracks}
    assert await ids_found(shop, "", facets=["#skronk"]) == {made.artist}
    async with shop.write() as session:
        await edit_release(session, await session.get_one(Release, made.release), None, {"tags": ["hip hop"]})
    assert await ids_found(shop, "quuxmoor", facets=["#dub"]) == set()
    assert await ids_found(shop, "quuxmoor", facets=["#hip␣hop"]) == {made.release}


async def test_a_price_narrows_while_it_is_on_sale(shop: Database) -> None:
    rules = MarketRules(("EUR",), 1_000, "https://veza.test", _no_mail, Notices("https://veza.test", "a secret"))
    made = await publish(shop)
    async with shop.write() as session:
        artist = await session.get_one(Artist, made.artist)
        price = PriceDraft(Pricing.FIXED, 700, "EUR")
        product = await products.create(
            session, artist, ItemKind.RELEASE, made.release, price, on_sale=True, rules=rules
        )  # fmt: skip
    assert await ids_found(shop, "", facets=["$eur:5-10"]) == {made.release}
    async with shop.write() as session:
        product = await products.lock(session, product.id)
        artist = await session.get_one(Artist, made.artist)
        await products.change(session, product, artist, PriceChange(price_minor=2500), on_sale=True, rules=rules)
    assert await ids_found(shop, "", facets=["$eur:20-"]) == {made.release}
    async with shop.write() as session:
        product, artist = await products.lock(session, product.id), await session.get_one(Artist, made.artist)
        await products.change(session, product, artist, PriceChange(), on_sale=False, rules=rules)
    assert await ids_found(shop, "", facets=["$eur:20-"]) == set()


async def _no_mail(*_: object) -> None:
    """Mails are not looked at."""


async def test_a_track_added_later_is_found_once_it_can_be_heard(shop: Database, clock: ManualClock) -> None:
    made = await publish(shop)
    clock.advance(timedelta(days=1))
    async with shop.write() as session:
        release = await session.get_one(Release, made.release)
        (late,) = await add_tracks(session, release, [TrackDraft("Latecomer")], limits=Limits())
    assert await ids_found(shop, "latecomer") == set()
    async with shop.write() as session:
        await set_audio(session, late.id, AudioState.READY, CurrentAudio(UUID(int=1), 1, 1))
    assert await ids_found(shop, "latecomer") == {late.id}


async def test_only_public_playlists_are_found(shop: Database) -> None:
    owner = await person(shop, "Mara")
    async with shop.write() as session:
        made = await playlists.create(
            session, owner, "Murkwood Mix", description="", is_public=True, is_collaborative=False
        )
        secret = await playlists.create(
            session, owner, "Murkwood Secret", description="", is_public=False, is_collaborative=False
        )
    assert await ids_found(shop, "murkwood") == {made.id}
    await hide(shop, "playlist", made.id)
    assert await ids_found(shop, "murkwood") == set()
    await restore(shop, "playlist", made.id)
    async with shop.write() as session:
        await playlists.edit(session, secret.id, owner, None, is_public=True, title="Murkwood Open")
    assert await ids_found(shop, "murkwood") == {made.id, secret.id}
    async with shop.write() as session:
        await playlists.edit(session, made.id, owner, None, is_public=False)
        await playlists.remove(session, secret.id, owner)
    assert await ids_found(shop, "murkwood") == set()


async def test_people_are_found_when_they_want_to_be_or_run_a_public_artist(shop: Database) -> None:
    listener = await person(shop, "Brindlequist")
    assert await ids_found(shop, "brindlequist") == set()
    async with shop.write() as session:
        await people.choose_findable(session, listener, True)
    assert await ids_found(shop, "brindlequist") == {listener}
    async with shop.write() as session:
        await people.rename(session, listener, "Tumblegate")
    assert await ids_found(shop, "brindlequist") == set()
    assert await ids_found(shop, "tumblegate") == {listener}

    made = await publish(shop)
    assert made.owner in await ids_found(shop, OWNER)
    async with shop.write() as session:
        await people.choose_findable(session, made.owner, False)
    assert made.owner not in await ids_found(shop, OWNER)


async def test_people_of_an_artist_come_and_go_with_it(shop: Database) -> None:
    made, other = await publish(shop), await person(shop, "Pondersleeve")
    async with shop.write() as session:
        artist = await session.get_one(Artist, made.artist)
        await members.add_member(session, artist, other, limits=Limits())
    assert await ids_found(shop, "pondersleeve") == {other}
    await hide(shop, "artist", made.artist)
    assert await ids_found(shop, "pondersleeve") == set()
    await restore(shop, "artist", made.artist)
    assert await ids_found(shop, "pondersleeve") == {other}
    async with shop.write() as session:
        await members.remove_member(session, await session.get_one(Artist, made.artist), other)
    assert await ids_found(shop, "pondersleeve") == set()


async def test_a_suspended_person_is_gone_at_once_and_back_when_it_is_lifted(shop: Database) -> None:
    made = await publish(shop)
    async with shop.write() as session:
        await suspension.suspend(session, made.owner, "spam")
    assert made.owner not in await ids_found(shop, OWNER)
    assert made.artist in await ids_found(shop, "zorblax")
    async with shop.write() as session:
        await suspension.lift(session, made.owner)
    assert made.owner in await ids_found(shop, OWNER)


async def test_a_deleted_person_is_gone_at_once(database_url: str, clock: ManualClock) -> None:
    inside = keeping.search_subscriptions()
    heard = {**inside, deletion.TOPIC: (on_person_deleted, *inside[deletion.TOPIC])}
    shop = Database.open(database_url, clock=clock, subscriptions=Subscriptions(inside=heard))
    made, other = await publish(shop), await person(shop, "Other")
    await member(shop, made.artist, other, "owner")
    async with shop.write() as session:
        await people.choose_findable(session, made.owner, True)
    assert made.owner in await ids_found(shop, OWNER)
    async with shop.write() as session:
        await deletion.delete(session, "https://veza.test", made.owner)
    assert made.owner not in await ids_found(shop, OWNER)
    assert made.artist in await ids_found(shop, "zorblax")
    await shop.close()


async def test_a_track_hidden_while_it_is_written_anew_does_not_come_back(
    postgres_url: str, clock: ManualClock
) -> None:  # fmt: skip
    heard = Subscriptions(inside=keeping.search_subscriptions())
    shop = Database.open(postgres_url, clock=clock, subscriptions=heard)
    made = await publish(shop)
    is_written, may_commit = asyncio.Event(), asyncio.Event()

    async def write_anew() -> None:
        async with shop.write() as session:
            await keeping.refresh(session, [("track", made.tracks[0])])
            is_written.set()
            await may_commit.wait()

    writing = asyncio.create_task(write_anew())
    await is_written.wait()
    hiding = asyncio.create_task(hide(shop, "track", made.tracks[0]))
    await until_locked_out(shop)
    may_commit.set()
    await asyncio.gather(writing, hiding)
    async with shop.read() as session:
        wanted = select(SearchDoc.about_id).where(SearchDoc.about_id == made.tracks[0])
        assert await session.scalar(wanted) is None
    await shop.close()


async def test_what_is_written_anew_stays_where_its_plays_have_put_it(shop: Database) -> None:
    made = await publish(shop)
    async with shop.write() as session:
        await index.move(session, {made.tracks[0]: 30})
    async with shop.write() as session:
        await edit_track(session, await session.get_one(Track, made.tracks[0]), {"title": "Renamed"})
    async with shop.write() as session:
        assert await index.move(session, {made.tracks[0]: 30}) == 0
