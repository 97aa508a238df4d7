"""The one place that answers who owns what, and who may hear or download it; revoking takes exactly one thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update

from tests import factories
from veza.accounts.identity import Identity
from veza.accounts.permissions import Role
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.catalog.visibility import HiddenTrack
from veza.kit.database import Database, Session
from veza.kit.listing import start_of
from veza.kit.messages import gettext
from veza.library import access, grants, shelf
from veza.library.grants import CauseKind, Given, Grant, GrantChange, ItemKind
from veza.moderation.reports import Report

ALL, PREVIEW, NOTHING = (True, True, True), (False, True, False), (False, False, False)


@dataclass
class Scene:
    """An artist with one release of two tracks, one of their people, and a listener."""

    database: Database
    member: UUID
    listener: UUID
    artist: UUID
    release: UUID
    tracks: list[UUID]

    async def give(self, kind: ItemKind, item: UUID, *, cause: UUID | None = None, claim: UUID | None = None) -> UUID:
        async with self.database.write() as session:
            by = cause or session.new_id()
            holder = {"claim_id": claim} if claim else {"person_id": self.listener}
            given = Given(kind, item, self.release, CauseKind.ORDER_LINE, by, **holder)
            await grants.give(session, given, because=gettext("bought"))
        return by

    async def may(self, person: UUID | None, track: int = 0) -> tuple[bool, bool, bool]:
        async with self.database.read() as session:
            row = await session.get_one(Track, self.tracks[track])
            found = await access.may(session, person, row)
        return found.stream, found.preview, found.download

    async def change(self, what: Any) -> Any:
        async with self.database.write() as session:
            return await what(session)

    async def history(self, cause: UUID) -> list[str]:
        """What happened to the grants of an order's line, oldest first."""
        changes = select(GrantChange.what).join(Grant, Grant.id == GrantChange.grant_id).order_by(GrantChange.id)
        async with self.database.read() as session:
            return list(await session.scalars(changes.where(Grant.cause_id == cause)))


@pytest.fixture
async def scene(database: Database) -> Scene:
    member, listener = await factories.person(database), await factories.person(database)
    artist = await factories.artist(database)
    await factories.member(database, artist, member)
    return Scene(database, member, listener, artist, *await factories.release(database, artist, "Track 1", "Track 2"))


async def test_what_is_published_is_previewed_and_its_own_people_may_everything(scene: Scene) -> None:
    assert await scene.may(None) == PREVIEW
    assert await scene.may(scene.listener) == PREVIEW
    assert await scene.may(scene.member) == ALL


async def test_owning_a_release_is_owning_its_tracks_and_a_track_is_that_track_alone(scene: Scene) -> None:
    await scene.give(ItemKind.TRACK, scene.tracks[0])
    assert [await scene.may(scene.listener, track) for track in (0, 1)] == [ALL, PREVIEW]
    await scene.give(ItemKind.RELEASE, scene.release)
    assert [await scene.may(scene.listener, track) for track in (0, 1)] == [ALL, ALL]
    async with scene.database.read() as session:
        assert await access.owns(session, scene.listener, ItemKind.TRACK, scene.tracks[1])
        assert await access.owns(session, scene.listener, ItemKind.RELEASE, scene.release)
        assert not await access.owns(session, scene.member, ItemKind.RELEASE, scene.release)


@pytest.mark.parametrize(
    ("values", "owner", "stranger"),
    [
        ({"status": "withdrawn"}, ALL, NOTHING),
        ({"status": "draft"}, ALL, NOTHING),
        ({"hidden": True}, NOTHING, NOTHING),
    ],
)
async def test_owners_keep_what_is_withdrawn_and_no_listener_hears_what_is_hidden(
    scene: Scene, values: dict[str, Any], owner: Any, stranger: Any
) -> None:
    await scene.give(ItemKind.RELEASE, scene.release)

    async def change(session: Session) -> None:
        facts = {"hidden_at": session.now} if "hidden" in values else values
        await session.execute(update(Release).where(Release.id == scene.release).values(**facts))

    await scene.change(change)
    assert (await scene.may(scene.listener), await scene.may(None)) == (owner, stranger)
    assert await scene.may(scene.member) == ALL


async def test_no_listener_hears_a_track_that_was_hidden_and_the_others_stay(scene: Scene) -> None:
    await scene.give(ItemKind.RELEASE, scene.release)

    async def hide(session: Session) -> None:
        await session.execute(insert(HiddenTrack), {"track_id": scene.tracks[0], "hidden_at": session.now})

    await scene.change(hide)
    assert [await scene.may(scene.listener, which) for which in (0, 1)] == [NOTHING, ALL]


@pytest.mark.parametrize(
    ("status", "ground", "judged"),
    [
        ("published", None, [0, 1]),
        ("withdrawn", None, [0, 1]),
        ("draft", None, []),
        ("scheduled", None, []),
        ("draft", "report of a track", [0]),
        ("draft", "report of the release", [0, 1]),
        ("draft", "dismissed report", []),
        ("draft", "hidden track", [0]),
        ("scheduled", "hidden release", [0, 1]),
    ],
)
async def test_moderators_judge_what_was_released_hidden_or_reported_and_no_mere_draft(
    scene: Scene, status: str, ground: str | None, judged: list[int]
) -> None:
    async with scene.database.write() as session:
        await session.execute(update(Release).values(status=status))
        match ground:
            case "report of a track" | "dismissed report":
                session.add(factories.report(session, "track", scene.tracks[0]))
            case "report of the release":
                session.add(factories.report(session, "release", scene.release))
            case "hidden track":
                session.add(HiddenTrack(track_id=scene.tracks[0], hidden_at=session.now))
            case "hidden release":
                await session.execute(update(Release).values(hidden_at=session.now))
        await session.flush()
        if ground == "dismissed report":
            await session.execute(update(Report).values(status="dismissed"))
        moderator, listener = (
            Identity(scene.listener, frozenset({role}), "x") for role in (Role.MODERATOR, Role.LISTENER)
        )
        assert await access.judged_by(session, moderator, scene.release) == {scene.tracks[which] for which in judged}
        assert await access.judged_by(session, listener, scene.release) == set()


@pytest.mark.parametrize(
    ("release", "track", "is_audible"),
    [
        ({}, {}, True),
        ({"has_preview": False}, {}, False),
        ({"has_preview": False, "heard_by": "everybody"}, {}, True),
        ({}, {"audio_state": "processing"}, False),
        ({"status": "withdrawn"}, {}, False),
    ],
)
async def test_a_card_plays_where_a_visitor_hears_something(
    scene: Scene, release: dict[str, Any], track: dict[str, Any], is_audible: bool
) -> None:
    async with scene.database.write() as session:
        await session.execute(update(Release).values(status="published", heard_by="owners", has_preview=True))
        await session.execute(update(Track).values(audio_state="ready"))
        for model, values in ((Release, release), (Track, track)):
            if values:
                await session.execute(update(model).values(**values))
        assert await access.audible(session, [scene.release]) == ({scene.release} if is_audible else set())
        assert await access.audible(session, []) == set()


async def test_revoking_takes_what_one_cause_gave_and_restoring_gives_that_back(scene: Scene) -> None:
    first = await scene.give(ItemKind.RELEASE, scene.release)
    second = await scene.give(ItemKind.RELEASE, scene.release)

    async def revoke(session: Session) -> int:
        return await grants.revoke(session, CauseKind.ORDER_LINE, [first], because=gettext("refunded"))

    async def restore(session: Session) -> int:
        return await grants.restore(session, CauseKind.ORDER_LINE, [first, second], because=gettext("it failed"))

    assert [await scene.change(revoke), await scene.change(revoke)] == [1, 0]
    assert await scene.may(scene.listener) == ALL  # by the second

    async def revoke_second(session: Session) -> int:
        return await grants.revoke(session, CauseKind.ORDER_LINE, [second], because=gettext("refunded"))

    await scene.change(revoke_second)
    assert await scene.may(scene.listener) == PREVIEW
    assert [await scene.change(restore), await scene.change(restore)] == [2, 0]
    assert await scene.may(scene.listener) == ALL

    assert await scene.history(first) == ["given", "revoked", "restored"]


async def test_the_same_cause_gives_once(scene: Scene) -> None:
    cause = await scene.give(ItemKind.TRACK, scene.tracks[0])
    await scene.give(ItemKind.TRACK, scene.tracks[0], cause=cause)
    async with scene.database.read() as session:
        assert [one.title for one in await shelf.owned_by(session, scene.listener, start_of(shelf.SORTS, 10))] == [
            "Track 1"
        ]


async def test_what_an_anonymous_order_gave_has_no_owner_until_it_is_claimed(scene: Scene) -> None:
    claim = scene.artist  # any id: the library does not look behind it
    cause = await scene.give(ItemKind.RELEASE, scene.release, claim=claim)
    assert await scene.may(None) == PREVIEW

    async def take(session: Session) -> int:
        return await grants.claim(session, [claim], scene.listener, because=gettext("claimed"))

    assert [await scene.change(take), await scene.change(take)] == [1, 0]
    assert await scene.may(scene.listener) == ALL

    assert await scene.history(cause) == ["given", "claimed"]
