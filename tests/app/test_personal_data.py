"""What Veza keeps of a listener is exported whole, and goes with the account as far as others did not build on it."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID

import pytest

from tests.factories import artist, person, release
from veza.app.personal_data import listening_of, on_person_deleted
from veza.app.subjects import SUBJECTS
from veza.catalog import members
from veza.catalog.artists import find_artist
from veza.catalog.limits import Limits
from veza.community import (
    comment_lists,
    comments,
    follows,
    likes,
    playlist_items,
    playlist_lists,
    playlist_people,
    playlists,
)
from veza.community.comments import Comment
from veza.community.playlists import UnknownPlaylist
from veza.kit import outbox
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.listing import start_of
from veza.kit.subscriptions import Subscriptions
from veza.moderation import decisions, reporting, reports


class Life:
    """What one person did, with the ids it left."""

    mara: UUID
    ben: UUID
    track: UUID
    public: UUID
    private: UUID
    shared: UUID
    comment: UUID
    taken_back: UUID
    report: UUID


@pytest.fixture
async def life(database: Database, clock: ManualClock) -> Life:
    database.subscriptions = Subscriptions(inside={"person.deleted": (on_person_deleted,)})
    life = Life()
    life.mara, life.ben = await person(database), await person(database, "Ben")
    anna = await artist(database)
    album, (life.track,) = await release(database, anna, "a")
    async with database.write("a test") as session:
        made = {}
        for name, owner, is_public in (
            ("public", life.mara, True),
            ("private", life.mara, False),
            ("shared", life.ben, False),
        ):
            row = await playlists.create(
                session, owner, name, description="", is_public=is_public, is_collaborative=True
            )
            made[name] = row.id
        life.public, life.private, life.shared = made["public"], made["private"], made["shared"]
        await playlist_people.invite(session, life.shared, life.ben, life.mara)
        await playlist_people.invite(session, life.private, life.mara, life.ben)
        for one in made.values():
            await playlist_items.add(session, one, life.mara, [life.track])
        await playlists.renew_link(session, life.public, life.mara)
        await follows.follow(session, life.mara, anna)
        await likes.like(session, life.mara, "track", life.track)
        await likes.like(session, life.mara, "release", album)
        life.comment = (await comments.write(session, life.mara, life.track, 0, "hello")).id
        await comments.write(session, life.ben, life.track, 0, "hi", reply_to=life.comment)
        life.taken_back = (await comments.write(session, life.mara, life.track, 5, "oops")).id
        await comments.remove(session, life.taken_back, life.mara)
        life.report = (await reporting.report(session, SUBJECTS, life.mara, "person", life.ben, "abuse", "rude")).id
        await decisions.decide(session, SUBJECTS, "comment", life.comment, "hide", "too loud")
        await decisions.decide(session, SUBJECTS, "comment", life.comment, "restore", "not at all")
    clock.advance(timedelta(days=1))
    return life


async def test_an_account_that_goes_takes_along_what_was_its_own(database: Database, life: Life) -> None:
    async with database.write("a test") as session:
        await outbox.publish(session, "person.deleted", {"person_id": str(life.mara)})
    async with database.read() as session:
        nothing = {name: [] for name in await listening_of(session, life.mara)}
        assert await listening_of(session, life.mara) == nothing
        for gone in (life.private, life.shared):
            with pytest.raises(UnknownPlaylist):
                await playlists.seen_by_person(session, gone, life.mara)
        (public,) = await playlist_lists.public(session, start_of(playlist_lists.SORTS, 10))
        assert (public.owner_id, public.owner_name, public.has_link) == (None, "deleted account", False)
        assert len(await playlist_items.available(session, life.public)) == 1
        (item,) = await playlist_items.listed(session, life.shared, start_of(playlist_items.SORTS, 10))
        assert item.added_by is None
        first, reply = await comment_lists.of_track(session, life.track, start_of(comment_lists.SORTS, 10))
        assert (first.author, first.text, first.is_deleted, first.person_id) == ("deleted account", "", True, None)
        assert (reply.author, reply.text) == ("Ben", "hi")
        assert await session.get(Comment, life.taken_back) is None
        assert (await likes.counts(session, "track", [life.track]))[life.track] == 0
        report = await reports.find(session, life.report)
        assert (report.reporter_id, report.text, report.status) == (None, "rude", "open")


async def test_no_other_persons_things_change(database: Database, life: Life) -> None:
    async with database.read() as session:
        before = await listening_of(session, life.ben)
    async with database.write("a test") as session:
        await outbox.publish(session, "person.deleted", {"person_id": str(life.mara)})
    async with database.read() as session:
        after = await listening_of(session, life.ben)
    left = [one for one in before["playlists_of_others"] if one["playlist_id"] != str(life.private)]
    assert after == {**before, "playlists_of_others": left}


async def test_the_export_is_whole_and_plain_json(database: Database, life: Life) -> None:
    async with database.read() as session:
        exported = json.loads(json.dumps(await listening_of(session, life.mara)))
    assert [(one["title"], one["track_ids"]) for one in exported["playlists"]] == [
        ("public", [str(life.track)]),
        ("private", [str(life.track)]),
    ]
    assert [one["playlist_id"] for one in exported["playlists_of_others"]] == [str(life.shared)]
    assert {one["kind"] for one in exported["likes"]} == {"track", "release"}
    assert len(exported["follows"]) == 1
    assert [one["text"] for one in exported["comments"]] == ["hello"]
    assert [(one["label"], one["text"]) for one in exported["reports"]] == [("Ben", "rude")]
    assert [one["reason"] for one in exported["notices"]] == ["too loud", "not at all"]


async def test_an_owner_whose_account_went_is_no_owner_any_more(database: Database, life: Life) -> None:
    artist_id = await artist(database, run_by=life.ben)
    async with database.write("a test") as session:
        row = await find_artist(session, artist_id)
        await members.add_member(session, row, life.mara, "owner", limits=Limits())
    async with database.write("a test") as session:
        await outbox.publish(session, "person.deleted", {"person_id": str(life.mara)})
    async with database.write("a test") as session:
        assert [one.person_id for one in await members.members_of(session, artist_id)] == [life.ben]
        with pytest.raises(members.LastOwner):
            await members.remove_member(session, await find_artist(session, artist_id), life.ben)


async def test_an_account_that_alone_owns_artists_cannot_end_and_they_are_named(database: Database, life: Life) -> None:
    alone = [await artist(database, run_by=life.mara) for _ in range(2)]
    shared = await artist(database, run_by=life.mara)
    async with database.write("a test") as session:
        await members.add_member(session, await find_artist(session, shared), life.ben, "owner", limits=Limits())
        names = sorted([(await find_artist(session, one)).name for one in alone])
    with pytest.raises(members.LastOwner) as refused:
        async with database.write("a test") as session:
            await outbox.publish(session, "person.deleted", {"person_id": str(life.mara)})
    assert str(refused.value) == f"{', '.join(names)} need an owner: make another person one first"
    async with database.read() as session:
        for one in (*alone, shared):
            assert life.mara in [member.person_id for member in await members.members_of(session, one)]
