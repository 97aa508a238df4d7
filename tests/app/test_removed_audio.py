"""Deleting a draft or a track removes its sound: the event is of the deletion's transaction, the files go after it, and
a store that does not answer is asked again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from tests import factories
from tests.sounding import give_sound
from veza.app.subscriptions import subscriptions
from veza.catalog import deleting, tracks
from veza.catalog.releases import Release
from veza.community.notices import Notices
from veza.ingest.audio_versions import AudioVersion
from veza.kit import outbox
from veza.kit.clock import ManualClock
from veza.kit.database import Database, Session
from veza.kit.messages import gettext
from veza.kit.objects import Objects, ObjectsUnavailable
from veza.kit.outbox import RETRY_AFTER, OutboxEvent
from veza.market.rules import MarketRules
from veza.streaming.downloads import Download


@dataclass
class Shelf:
    """A draft with two tracks, each with sound and a download, in a database with every subscription."""

    database: Database
    objects: Objects
    release: UUID
    tracks: list[UUID]
    versions: list[UUID]

    async def delete_draft(self, session: Session) -> None:
        await deleting.delete_release(session, await session.get_one(Release, self.release))

    async def remove_first(self, session: Session) -> None:
        release = await session.get_one(Release, self.release)
        await tracks.remove_track(session, release, await tracks.find_track(session, self.tracks[0]))

    async def events(self) -> list[OutboxEvent]:
        async with self.database.read() as session:
            return list((await session.scalars(select(OutboxEvent).where(OutboxEvent.topic == tracks.REMOVED))).all())

    async def keys(self) -> list[str]:
        return [one.key async for one in self.objects.listing()]

    async def named(self) -> tuple[list[UUID], list[UUID]]:
        """The tracks that a version names, and those that a download names."""
        async with self.database.read() as session:
            versions = await session.scalars(select(AudioVersion.track_id).order_by(AudioVersion.id))
            downloads = await session.scalars(select(Download.track_id).order_by(Download.id))
            return list(versions), list(downloads)

    async def original_of(self, version_id: UUID) -> str:
        async with self.database.read() as session:
            return (await session.get_one(AudioVersion, version_id)).original_key


@pytest.fixture
async def shelf(database: Database, tmp_path: Path) -> Shelf:
    objects = Objects.in_folder(tmp_path / "objects")
    artist = await factories.artist(database)
    release, ids = await factories.release(database, artist, "Dawn", "Dusk", status="draft")
    versions = [await give_sound(database, objects, one) for one in ids]
    for track_id, version_id in zip(ids, versions, strict=True):
        await _add_download(database, objects, track_id, version_id)
    database.subscriptions = subscriptions(_rules(), objects)
    return Shelf(database, objects, release, ids, versions)


def _rules() -> MarketRules:
    async def send_mail(*_: object) -> None:
        """No mail is sent of a deletion."""

    return MarketRules(("EUR",), 1_000, "https://veza.test", send_mail, Notices("https://veza.test", "a secret"))


async def _add_download(database: Database, objects: Objects, track_id: UUID, version_id: UUID) -> None:
    async with database.write() as session:
        row_id = session.new_id()
        key = f"downloads/{row_id}/1/track.mp3"
        row = Download(
            id=row_id, track_id=track_id, version_id=version_id, format="mp3", facts_hash="0" * 64, facts={},
            status="ready", key=key, size_bytes=4, created_at=session.now, ready_at=session.now,
            last_used_at=session.now,
        )  # fmt: skip
        session.add(row)
    await objects.put(key, b"song")


async def test_a_deleted_draft_leaves_no_file_and_no_row(shelf: Shelf) -> None:
    before = await shelf.keys()
    assert {key.partition("/")[0] for key in before} == {"audio", "downloads", "originals"}
    async with shelf.database.write() as session:
        await shelf.delete_draft(session)
    (event,) = await shelf.events()
    assert sorted(event.payload["track_ids"]) == sorted(str(one) for one in shelf.tracks)
    assert await shelf.keys() == before  # no network call while the transaction is open
    assert await outbox.deliver_once(shelf.database) == 1
    assert await shelf.keys() == []
    assert await shelf.named() == ([], [])


async def test_a_deleted_track_takes_its_own_files_alone(shelf: Shelf) -> None:
    stays = await shelf.original_of(shelf.versions[1])
    async with shelf.database.write() as session:
        await shelf.remove_first(session)
    (event,) = await shelf.events()
    assert event.payload == {"track_ids": [str(shelf.tracks[0])]}
    await outbox.deliver_once(shelf.database)
    assert await shelf.named() == ([shelf.tracks[1]], [shelf.tracks[1]])
    keys = await shelf.keys()
    assert [key for key in keys if key.startswith("originals/")] == [stays]
    assert {key.split("/")[1] for key in keys if key.startswith("audio/")} == {str(shelf.versions[1])}
    assert len([key for key in keys if key.startswith("downloads/")]) == 1


@pytest.mark.parametrize("act", [Shelf.delete_draft, Shelf.remove_first], ids=["draft", "track"])
async def test_a_deletion_that_is_rolled_back_has_no_event_and_every_file(
    shelf: Shelf, act: Callable[[Shelf, Session], Awaitable[None]]
) -> None:
    before = await shelf.keys()

    async def fail_after_it() -> None:
        async with shelf.database.write() as session:
            await act(shelf, session)
            raise RuntimeError("undone")

    with pytest.raises(RuntimeError, match="undone"):
        await fail_after_it()
    assert await shelf.events() == []
    assert await outbox.deliver_once(shelf.database) == 0
    assert await shelf.keys() == before
    async with shelf.database.read() as session:
        assert [one.id for one in await tracks.tracks_of(session, shelf.release)] == shelf.tracks


async def test_a_store_that_is_gone_once_is_asked_again(
    shelf: Shelf, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes in the middle of the work: the rows of what is still stored stay, and name it."""
    remove, removed = shelf.objects.remove, list[str]()

    async def gone_after_one(key: str) -> None:
        if removed:
            raise ObjectsUnavailable(gettext("remove an object"), OSError("no route"))
        removed.append(key)
        await remove(key)

    async with shelf.database.write() as session:
        await shelf.delete_draft(session)
    with monkeypatch.context() as patched:
        patched.setattr(shelf.objects, "remove", gone_after_one)
        assert await outbox.deliver_once(shelf.database) == 0
    (event,) = await shelf.events()
    assert (event.attempts, event.delivered_at) == (1, None)
    assert str(event.error).startswith("ObjectsUnavailable: ")
    assert len(removed) == 1
    versions, downloads = await shelf.named()
    assert (sorted(versions), downloads) == (sorted(shelf.tracks), [shelf.tracks[1]])
    assert await outbox.deliver_once(shelf.database) == 0  # not due yet
    clock.advance(RETRY_AFTER + timedelta(seconds=1))
    assert await outbox.deliver_once(shelf.database) == 1
    (event,) = await shelf.events()
    assert event.delivered_at is not None
    assert await shelf.keys() == []
    assert await shelf.named() == ([], [])


async def test_an_event_that_is_heard_twice_removes_nothing_else(shelf: Shelf) -> None:
    async with shelf.database.write() as session:
        await shelf.remove_first(session)
    await outbox.deliver_once(shelf.database)
    left = await shelf.keys()
    (event,) = await shelf.events()
    async with shelf.database.write() as session:
        await outbox.publish(session, tracks.REMOVED, dict(event.payload))
    assert await outbox.deliver_once(shelf.database) == 1
    assert await shelf.keys() == left
