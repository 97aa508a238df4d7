"""What has no sound is not published; what was published before stays, and a track added later waits for its sound."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from tests import factories
from tests.api.catalog.conftest import Shelf
from veza.catalog.publishing import MOST_NAMED, publish
from veza.catalog.releases import Release
from veza.catalog.track_audio import AudioState, CurrentAudio, set_audio
from veza.catalog.tracks import Track
from veza.kit import worker
from veza.kit.mail import Mail
from veza.kit.messages import from_json, render

A_SECOND = CurrentAudio(uuid4(), 44_100, 44_100)


async def say(shelf: Shelf, track: str, state: AudioState) -> None:
    current = A_SECOND if state is AudioState.READY else None
    async with shelf.catalog.database.write("audio worker") as session:
        assert await set_audio(session, UUID(track), state, current)


async def silent(shelf: Shelf, *states: AudioState) -> dict[str, Any]:
    """A draft with a track in each of these states."""
    draft = await shelf.release(*(f"Song {number}" for number in range(1, len(states) + 1)))
    for track, state in zip(draft["tracks"], states, strict=True):
        await say(shelf, track["id"], state)
    return draft


async def status_of(shelf: Shelf, draft: dict[str, Any]) -> str:
    return str((await shelf.get(f"/releases/{draft['id']}", by=shelf.anna))["status"])


async def test_a_release_is_refused_with_the_tracks_that_cannot_be_heard(shelf: Shelf) -> None:
    draft = await silent(shelf, AudioState.READY, AudioState.NONE, AudioState.PROCESSING, AudioState.FAILED)
    path, at = f"/releases/{draft['id']}", (shelf.clock.now() + timedelta(days=1)).isoformat()
    for move, body in (("publish", {}), ("schedule", {"publish_at": at})):
        said = await shelf.refused("POST", f"{path}/{move}", body, 422, "not-complete", by=shelf.anna)
        assert said == (
            "release “Blue Hours” cannot be published yet: 2. “Song 2” has no sound yet, "
            "3. “Song 3” is being processed, 4. “Song 4” could not be processed"
        )
    for track in draft["tracks"]:
        await say(shelf, track["id"], AudioState.READY)
    await shelf.call("POST", f"{path}/publish", {}, by=shelf.anna, expect=200)


async def test_of_many_tracks_without_sound_the_first_are_named(shelf: Shelf) -> None:
    draft = await silent(shelf, *[AudioState.NONE] * (MOST_NAMED + 3))
    said = await shelf.refused("POST", f"/releases/{draft['id']}/publish", {}, 422, "not-complete", by=shelf.anna)
    assert said.count("has no sound yet") == MOST_NAMED
    assert said.endswith(", 3 more tracks")


async def test_what_was_published_without_sound_is_withdrawn_and_published_again(shelf: Shelf) -> None:
    draft = await silent(shelf, AudioState.NONE)
    async with shelf.catalog.database.write("demo") as session:
        await publish(session, await session.get_one(Release, UUID(draft["id"])), sound_follows=True)
    path = f"/releases/{draft['id']}"
    await shelf.call("POST", f"{path}/withdraw", {}, by=shelf.anna, expect=200)
    await shelf.call("POST", f"{path}/publish", {}, by=shelf.anna, expect=200)
    listed = await shelf.get("/tracks", release=draft["id"])
    assert [(one["title"], one["audio_state"]) for one in listed["items"]] == [("Song 1", "none")]


async def test_a_track_added_to_a_published_release_is_listed_once_it_can_be_heard(shelf: Shelf) -> None:
    draft = await shelf.release("Song 1", publish=True)
    path = f"/releases/{draft['id']}"
    shelf.clock.advance(timedelta(hours=1))
    added = await shelf.call("POST", f"{path}/tracks", {"title": "Bonus", "tags": ["dub"]}, by=shelf.anna)

    async def listed(**filters: str) -> list[str]:
        return [one["title"] for one in (await shelf.get("/tracks", **filters))["items"]]

    for state in (AudioState.NONE, AudioState.PROCESSING):
        await say(shelf, added["id"], state)
        assert await listed(release=draft["id"]) == ["Song 1"]
    await shelf.call("POST", f"{path}/withdraw", {}, by=shelf.anna, expect=200)
    await shelf.call("POST", f"{path}/publish", {}, by=shelf.anna, expect=200)
    assert await listed(release=draft["id"]) == ["Song 1"]
    await say(shelf, added["id"], AudioState.READY)
    assert set(await listed(release=draft["id"])) == {"Song 1", "Bonus"}
    assert await listed(tag="dub") == ["Bonus"]
    async with shelf.catalog.database.read() as session:
        dates = set(await session.scalars(select(Track.listed_at).where(Track.release_id == UUID(draft["id"]))))
    assert len(dates) == 1, "a track is as old in lists as its release"


async def test_a_track_of_a_draft_is_not_listed_when_it_can_be_heard(shelf: Shelf) -> None:
    draft = await silent(shelf, AudioState.READY)
    assert (await shelf.get("/tracks", release=draft["id"]))["items"] == []


async def test_a_scheduled_release_that_is_not_ready_becomes_a_draft_and_its_artist_is_told(shelf: Shelf) -> None:
    other = await factories.person(shelf.catalog.database, "Lena", confirmed=False)
    await shelf.join(other)
    draft = await shelf.release("Song 1")
    at = (shelf.clock.now() + timedelta(days=1)).isoformat()
    path = f"/releases/{draft['id']}"
    await shelf.call("POST", f"{path}/schedule", {"publish_at": at}, by=shelf.anna, expect=200)
    await shelf.call("POST", f"{path}/tracks", {"title": "Late"}, by=shelf.anna)
    shelf.clock.advance(timedelta(days=1))
    await worker.run_once(shelf.catalog.publisher)
    assert await status_of(shelf, draft) == "draft"
    async with shelf.catalog.database.read() as session:
        mails = (await session.scalars(select(Mail))).all()
        box = session.box
    assert [one.to for one in mails] == ["anna@example.org"]
    subject, text = (render(from_json(box.open(sealed)), "en") for sealed in (mails[0].subject, mails[0].text))
    assert subject == "“Blue Hours” was not published"
    assert "cannot be published yet: 2. “Late” has no sound yet" in text
    assert "It is a draft again" in text
