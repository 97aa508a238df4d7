"""What is hidden, withdrawn or gone is in no count, can be reported by no person, and is named by no report for longer
than moderators need it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.api.listeners.conftest import Hall
from tests.factories import artist, change, person, release
from veza.accounts.identity import OPERATOR
from veza.accounts.people import DELETED_NAME
from veza.app.personal_data import on_person_deleted
from veza.app.subjects import SUBJECTS
from veza.catalog.acting import release_to_change
from veza.catalog.artists import Artist
from veza.catalog.deleting import delete_release
from veza.catalog.releases import Release
from veza.community import playlists
from veza.community.comments import Comment
from veza.kit import outbox
from veza.kit.subscriptions import Subscriptions
from veza.moderation import decisions, reporting, reports
from veza.moderation.log import Decision
from veza.moderation.reports import Report
from veza.moderation.subjects import SubjectKind

JUDGE = ("moderator",)


async def test_no_count_tells_of_what_not_everybody_may_see(any_hall: Hall) -> None:
    database = any_hall.database
    mara = await person(database)
    singer = await artist(database, run_by=await person(database, "Anna"))
    album, (track,) = await release(database, singer, "a")
    await any_hall.call("PUT", f"/me/follows/{singer}", by=mara)
    await any_hall.call("PUT", f"/me/likes/tracks/{track}", by=mara)
    await any_hall.call("PUT", f"/me/likes/releases/{album}", by=mara)
    await any_hall.post("/comments", {"track_id": str(track), "text": "x"}, by=mara)

    async def counted() -> list[Any]:
        asked = (
            ("/like-counts", {"id": str(track)}),
            ("/like-counts", {"id": str(album), "kind": "release"}),
            ("/follower-counts", {"id": str(singer)}),
            ("/comment-counts", {"id": str(track)}),
        )
        found = [(await any_hall.get(path, by=mara, **how))["items"][0] for path, how in asked]
        return [(one["count"], one.get("is_mine", one["count"] > 0)) for one in found]

    seen, nothing = (1, True), (0, False)
    hidden = {"hidden_at": any_hall.clock.now()}
    assert await counted() == [seen] * 4
    for model, row, closed in ((Release, album, {"status": "withdrawn"}), (Release, album, hidden)):
        await change(database, model, row, **closed)
        assert await counted() == [nothing, nothing, seen, nothing]
        await change(database, model, row, status="published", hidden_at=None)
    await change(database, Artist, singer, **hidden)
    assert await counted() == [nothing] * 4
    await change(database, Artist, singer, hidden_at=None)
    decided = {"subject_kind": "track", "subject_id": str(track), "decision": "hide", "reason": "because"}
    await any_hall.post("/moderation/decisions", decided, roles=JUDGE)
    assert await counted() == [nothing, seen, seen, nothing]
    answer = await any_hall.call("DELETE", f"/me/likes/tracks/{track}", by=mara)
    assert (answer["is_liked"], answer["likes"]) == (False, 0)


async def test_a_reply_to_what_was_hidden_is_shown_to_no_reader(any_hall: Hall) -> None:
    database = any_hall.database
    mara, ben = await person(database), await person(database, "Ben")
    _, (track,) = await release(database, await artist(database), "a")
    said = {"track_id": str(track), "text": "x"}
    first = await any_hall.post("/comments", said, by=mara)
    reply = await any_hall.post("/comments", {**said, "text": "secret", "reply_to": first["id"]}, by=mara)
    await change(database, Comment, UUID(first["id"]), hidden_at=any_hall.clock.now(), hidden_by="artist")
    wanted = {"subject_kind": "comment", "subject_id": reply["id"], "reason": "spam"}
    answer = await any_hall.send("POST", "/reports", wanted, by=ben)
    assert (answer.status_code, "secret" in answer.text) == (404, False)
    for method, path, body in (
        ("PATCH", "", {"text": "y"}),
        ("DELETE", "", None),
        ("PUT", "/hidden", None),
    ):
        where = f"/comments/{reply['id']}{path}"
        await any_hall.refused(method, where, body, status=404, kind="not-found", by=ben)
    async with database.read() as session:
        assert await SUBJECTS["comment"].hidden(session, [UUID(reply["id"])]) == {UUID(reply["id"])}
    await any_hall.call("DELETE", f"/comments/{reply['id']}", by=mara)


async def _label(hall: Hall, report_id: UUID) -> tuple[str, str]:
    async with hall.database.read() as session:
        row = await reports.find(session, report_id)
        return row.status, row.label


async def _reported(hall: Hall, who: UUID, kind: SubjectKind, subject_id: UUID) -> UUID:
    async with hall.database.write("test") as session:
        return (await reporting.report(session, SUBJECTS, who, kind, subject_id, "abuse", "what Mara wrote")).id


async def _decided(hall: Hall, report_id: UUID, decision: Decision) -> None:
    async with hall.database.write("judge") as session:
        await decisions.decide_report(session, SUBJECTS, report_id, decision, "because")


@pytest.mark.parametrize("kind", ["comment", "playlist", "release", "track"])
async def test_what_was_taken_back_is_evidence_until_it_is_decided(any_hall: Hall, kind: SubjectKind) -> None:
    database = any_hall.database
    mara, ben = await person(database), await person(database, "Ben")
    singer = await artist(database, run_by=mara)
    album, (track,) = await release(database, singer, "a")
    subject = {"release": album, "track": track}.get(kind)
    if kind == "comment":
        said = await any_hall.post("/comments", {"track_id": str(track), "text": "rude"}, by=mara)
        subject = UUID(said["id"])
    if kind == "playlist":
        made = await any_hall.post("/playlists", {"title": "rude", "is_public": True}, by=mara)
        subject = UUID(made["id"])
    assert subject is not None
    before = await _reported(any_hall, ben, kind, subject)
    label = (await _label(any_hall, before))[1]
    assert label
    await _decided(any_hall, before, "dismiss")
    after = await _reported(any_hall, ben, kind, subject)
    assert await _label(any_hall, before) == ("dismissed", label)
    if kind in ("release", "track"):
        await change(database, Release, album, status="draft", published_at=None)
        async with database.write() as session:
            await delete_release(session, await release_to_change(session, album, OPERATOR))
    else:
        await any_hall.call("DELETE", f"/{kind}s/{subject}", by=mara)
    assert await _label(any_hall, before) == ("dismissed", "")
    assert await _label(any_hall, after) == ("open", label)
    await _decided(any_hall, after, "dismiss")
    assert await _label(any_hall, after) == ("dismissed", "")


async def _account_gone(hall: Hall, person_id: UUID) -> None:
    hall.database.subscriptions = Subscriptions(inside={"person.deleted": (on_person_deleted,)})
    async with hall.database.write("test") as session:
        await outbox.publish(session, "person.deleted", {"person_id": str(person_id)})


async def test_no_report_names_an_account_that_is_gone_even_while_it_is_open(any_hall: Hall) -> None:
    database = any_hall.database
    mara, ben = await person(database), await person(database, "Ben")
    _, (track,) = await release(database, await artist(database), "a")
    comment = UUID((await any_hall.post("/comments", {"track_id": str(track), "text": "rude"}, by=mara))["id"])
    async with database.write() as session:
        kept, gone = [
            (await playlists.create(session, mara, "Mara's", description="", is_public=True, is_collaborative=False)).id
            for _ in range(2)
        ]
    about: list[tuple[SubjectKind, UUID]] = [
        ("person", mara), ("comment", comment), ("playlist", kept), ("playlist", gone), ("person", ben),
    ]  # fmt: skip
    made = [await _reported(any_hall, ben, kind, subject) for kind, subject in about]
    async with database.write() as session:
        await playlists.edit(session, gone, mara, 1, is_public=False)
    await _account_gone(any_hall, mara)
    assert [await _label(any_hall, one) for one in made] == [
        ("open", DELETED_NAME), ("open", ""), ("open", "Mara's"), ("open", ""), ("open", "Ben"),
    ]  # fmt: skip


async def test_what_a_reporter_wrote_goes_with_their_account_once_it_is_decided(any_hall: Hall) -> None:
    mara, ben = await person(any_hall.database), await person(any_hall.database, "Ben")
    singer = await artist(any_hall.database)
    decided = await _reported(any_hall, mara, "person", ben)
    await _decided(any_hall, decided, "warn")
    waiting = await _reported(any_hall, mara, "artist", singer)
    await _account_gone(any_hall, mara)

    async def texts() -> list[str]:
        async with any_hall.database.read() as session:
            return [(await session.get_one(Report, one)).text for one in (decided, waiting)]

    assert await texts() == ["", "what Mara wrote"]
    await _decided(any_hall, waiting, "dismiss")
    assert await texts() == ["", ""]
