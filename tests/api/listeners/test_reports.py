"""Reports and what moderators make of them: decided together, hidden and restored, all concerned told."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.api.listeners.conftest import Hall
from tests.client import UNKNOWN_ID
from tests.factories import artist, person, release, tracks
from tests.pseudo_language import Pseudo
from tests.statements import counted
from veza.kit.messages import CATALOGUES

JUDGE = {"roles": ("moderator",)}


async def _reported(hall: Hall, who: UUID, kind: str, subject: Any, **more: Any) -> Any:
    wanted = {"subject_kind": kind, "subject_id": str(subject), "reason": "spam", **more}
    return await hall.post("/reports", wanted, by=who)


async def _decided(hall: Hall, report: Any, decision: str, *, expect: int = 200, **how: Any) -> Any:
    said = {"decision": decision, "reason": "because of the rules"}
    return await hall.post(f"/moderation/reports/{report['id']}/decision", said, expect=expect, **(how or JUDGE))


async def test_reporting_twice_is_one_report(any_hall: Hall) -> None:
    mara, ben = await person(any_hall.database), await person(any_hall.database, "Ben")
    (track,) = await tracks(any_hall.database, "Loud")
    made = await asyncio.gather(*(_reported(any_hall, mara, "track", track) for _ in range(4)))
    assert len({one["id"] for one in made}) == 1
    assert made[0]["label"] == "Loud"
    await _reported(any_hall, ben, "track", track)
    queue = await any_hall.walk("/moderation/reports", limit=1, **JUDGE)
    assert [(one["reporter_id"], one["open_count"]) for one in queue] == [(str(mara), 2), (str(ben), 2)]


async def test_what_is_hidden_leaves_the_public_and_comes_back(any_hall: Hall) -> None:
    database = any_hall.database
    mara, anna = await person(database), await person(database, "Anna's manager")
    singer = await artist(database, run_by=anna)
    album, (track,) = await release(database, singer, "a")
    playlist = await any_hall.post("/playlists", {"title": "Mine", "is_public": True}, by=anna)
    await any_hall.post(f"/playlists/{playlist['id']}/items", {"track_ids": [str(track)]}, by=anna)
    comment = await any_hall.post("/comments", {"track_id": str(track), "text": "x"}, by=anna)
    await any_hall.call("PUT", f"/me/follows/{singer}", by=mara)

    async def public() -> tuple[int, ...]:
        items = await any_hall.walk(f"/playlists/{playlist['id']}/items", by=anna)
        comments = await any_hall.send("GET", "/comments", track=str(track))
        return (
            len(await any_hall.walk("/playlists")),
            sum(item["track"] is not None for item in items),
            len(comments.json().get("items", [])),
            len(await any_hall.walk("/me/feed", by=mara)),
            len(await any_hall.walk("/me/follows", by=mara)),
        )

    assert await public() == (1, 1, 1, 1, 1)
    subjects = {
        "playlist": (playlist["id"], (0, 1, 1, 1, 1)),
        "comment": (comment["id"], (1, 1, 0, 1, 1)),
        "track": (track, (1, 0, 0, 1, 1)),
        "release": (album, (1, 0, 0, 0, 1)),
        "artist": (singer, (1, 0, 0, 0, 0)),
    }
    for kind, (subject, left) in subjects.items():
        report = await _reported(any_hall, mara, kind, subject)
        hidden = await _decided(any_hall, report, "hide")
        assert (hidden["status"], hidden["is_hidden"]) == ("upheld", True), kind
        assert await public() == left, kind
        wanted = {"subject_kind": kind, "subject_id": str(subject), "reason": "spam"}
        await any_hall.refused("POST", "/reports", wanted, status=404, kind="not-found", by=mara)
        restored = await _decided(any_hall, report, "restore")
        assert (restored["status"], restored["decision"], restored["is_hidden"]) == ("dismissed", "restore", False)
        assert await public() == (1, 1, 1, 1, 1), kind
        await any_hall.refused(
            "POST",
            f"/moderation/reports/{report['id']}/decision",
            {"decision": "restore", "reason": "again"},
            status=409,
            kind="conflict",
            **JUDGE,
        )
    told = await any_hall.walk("/me/notices", by=anna)
    assert [one["decision"] for one in told] == ["restore", "hide"] * 5
    assert {one["reason"] for one in told} == {"because of the rules"}


async def test_reports_of_one_thing_are_decided_together_and_each_reporter_sees_it(any_hall: Hall) -> None:
    database = any_hall.database
    people = [await person(database, name) for name in ("Mara", "Ben", "Zoë")]
    track, other = await tracks(database, "a", "b")
    made = [await _reported(any_hall, who, "track", track) for who in people]
    apart = await _reported(any_hall, people[0], "track", other)
    await _decided(any_hall, made[1], "warn")
    for who in people:
        mine = {one["id"]: one for one in await any_hall.walk("/me/reports", by=who)}
        assert {one["status"] for one in mine.values() if one["id"] != apart["id"]} == {"upheld"}
    assert (await any_hall.get(f"/moderation/reports/{apart['id']}", **JUDGE))["status"] == "open"
    (entry,) = await any_hall.walk("/moderation/log", **JUDGE)
    assert (entry["decision"], entry["reports_count"], entry["by"]) == ("warn", 3, "operator")
    said = {"decision": "hide", "reason": "again"}
    path = f"/moderation/reports/{made[0]['id']}/decision"
    await any_hall.refused("POST", path, {**said, "decision": "dismiss"}, status=409, kind="decided-already", **JUDGE)


async def test_two_moderators_at_the_same_instant_make_one_decision(any_hall: Hall) -> None:
    database = any_hall.database
    mara = await person(database)
    judges = [await person(database, name) for name in ("Kim", "Lou")]
    (track,) = await tracks(database, "a")
    report = await _reported(any_hall, mara, "track", track)
    path = f"/moderation/reports/{report['id']}/decision"
    answers = await asyncio.gather(
        *(
            any_hall.send("POST", path, {"decision": what, "reason": "why"}, by=who, roles=("moderator",))
            for who, what in zip(judges, ("dismiss", "warn"), strict=True)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409], [answer.text for answer in answers]
    assert len(await any_hall.walk("/moderation/log", **JUDGE)) == 1


async def test_who_takes_a_report_has_it_for_an_hour(any_hall: Hall) -> None:
    database = any_hall.database
    mara, kim, lou = [await person(database, name) for name in ("Mara", "Kim", "Lou")]
    (track,) = await tracks(database, "a")
    report = await _reported(any_hall, mara, "track", track)
    path = f"/moderation/reports/{report['id']}"
    judge = {"roles": ("moderator",)}
    taken = await any_hall.post(f"{path}/claim", expect=200, by=kim, **judge)
    assert taken["claimed_by"] == f"person {kim}"
    for method, rest, body in (
        ("POST", "/claim", None),
        ("DELETE", "/claim", None),
        ("POST", "/decision", {"decision": "hide", "reason": "why"}),
    ):
        await any_hall.refused(method, path + rest, body, status=409, kind="report-claimed", by=lou, **judge)
    any_hall.clock.advance(timedelta(hours=1))
    await any_hall.post(f"{path}/claim", expect=200, by=lou, **judge)
    assert (await any_hall.call("DELETE", f"{path}/claim", by=lou, **judge))["claimed_by"] is None
    await _decided(any_hall, report, "dismiss", by=kim, **judge)
    await any_hall.refused("POST", f"{path}/claim", status=409, kind="decided-already", by=kim, **judge)


async def test_what_was_read_in_one_language_is_changed_in_it(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """The history's reasons are in the tag: what was read in another language is read again, never mistaken."""
    monkeypatch.setitem(CATALOGUES, "fr", Pseudo())
    kim = await person(hall.database, "Kim")
    (track,) = await tracks(hall.database, "a")
    path = f"/moderation/reports/{(await _reported(hall, kim, 'track', track))['id']}"
    asked: dict[str, Any] = {"by": kim, **JUDGE}
    french, english = {"Accept-Language": "fr"}, {"Accept-Language": "en"}
    shown = await hall.send("GET", path, headers=french, **asked)
    assert shown.json()["history"][0]["because"].startswith("⟦")
    read = {"If-Match": shown.headers["etag"]}
    other = await hall.send("POST", f"{path}/claim", headers={**english, **read}, **asked)
    assert other.status_code == 412
    done = await hall.send("POST", f"{path}/claim", headers={**french, **read}, **asked)
    assert (done.status_code, done.headers["vary"]) == (200, "Accept-Language")


async def test_a_report_can_be_reopened_unless_another_is_open(any_hall: Hall) -> None:
    mara, (track,) = await person(any_hall.database), await tracks(any_hall.database, "a")
    report = await _reported(any_hall, mara, "track", track)
    await _decided(any_hall, report, "dismiss")
    reopened = await _decided(any_hall, report, "reopen")
    assert [change["target"] for change in reopened["history"]] == ["open", "dismissed", "open"]
    again = {"decision": "reopen", "reason": "again"}
    path = f"/moderation/reports/{report['id']}/decision"
    await any_hall.refused("POST", path, again, status=409, kind="conflict", **JUDGE)
    await _decided(any_hall, report, "dismiss")
    newer = await _reported(any_hall, mara, "track", track)
    assert newer["id"] != report["id"]
    await any_hall.refused("POST", path, again, status=409, kind="conflict", **JUDGE)


async def test_a_person_is_warned_not_hidden(hall: Hall) -> None:
    mara, ben = await person(hall.database), await person(hall.database, "Ben")
    report = await _reported(hall, mara, "person", ben, reason="abuse", text="  writes\nto everybody  ")
    assert (report["label"], report["text"]) == ("Ben", "writes\nto everybody")
    path, said = f"/moderation/reports/{report['id']}/decision", {"decision": "hide", "reason": "rude"}
    await hall.refused("POST", path, said, status=422, kind="cannot-hide", **JUDGE)
    await _decided(hall, report, "warn")
    (told,) = await hall.walk("/me/notices", by=ben)
    assert (told["decision"], told["label"], told["read_at"]) == ("warn", "Ben", None)
    read = f"/me/notices/{told['id']}/read"
    await hall.refused("PUT", read, status=404, kind="not-found", by=mara)
    first = await hall.call("PUT", read, by=ben)
    hall.clock.advance(timedelta(minutes=1))
    assert await hall.call("PUT", read, by=ben) == first


async def test_a_moderator_decides_without_a_report(any_hall: Hall) -> None:
    mara, (track,) = await person(any_hall.database), await tracks(any_hall.database, "a")
    comment = await any_hall.post("/comments", {"track_id": str(track), "text": "x"}, by=mara)
    about = {"subject_kind": "comment", "subject_id": comment["id"], "reason": "rude"}
    entry = await any_hall.post("/moderation/decisions", {**about, "decision": "hide"}, **JUDGE)
    assert (entry["decision"], entry["reports_count"]) == ("hide", 0)
    assert await any_hall.walk("/comments", track=str(track)) == []
    log = await any_hall.walk("/moderation/log", kind="comment", subject=comment["id"], **JUDGE)
    assert [one["id"] for one in log] == [entry["id"]]
    gone = {**about, "subject_id": str(uuid4()), "decision": "hide"}
    await any_hall.refused("POST", "/moderation/decisions", gone, status=404, kind="not-found", **JUDGE)
    nothing = {**about, "decision": "dismiss"}
    await any_hall.refused("POST", "/moderation/decisions", nothing, status=409, kind="decided-already", **JUDGE)


async def test_what_a_moderator_hid_the_artist_does_not_show_again(hall: Hall) -> None:
    database = hall.database
    mara, anna = await person(database), await person(database, "Anna's manager")
    _, (track,) = await release(database, await artist(database, run_by=anna), "a")
    comment = await hall.post("/comments", {"track_id": str(track), "text": "x"}, by=mara)
    await _decided(hall, await _reported(hall, anna, "comment", comment["id"]), "hide")
    said = await hall.refused("DELETE", f"/comments/{comment['id']}/hidden", status=403, kind="forbidden", by=anna)
    assert "a moderator hid this" in said


@pytest.mark.parametrize("path", ["/moderation/reports", "/moderation/log", f"/moderation/reports/{UNKNOWN_ID}"])
async def test_the_queue_is_for_moderators(hall: Hall, path: str) -> None:
    mara = await person(hall.database)
    await hall.refused("GET", path, status=403, kind="forbidden", by=mara)
    await hall.refused("GET", path, status=401, kind="unauthorized")


@pytest.mark.parametrize("kind", ["artist", "release", "track", "comment", "playlist", "person"])
async def test_what_is_not_there_is_not_reported(hall: Hall, kind: str) -> None:
    wanted = {"subject_kind": kind, "subject_id": str(uuid4()), "reason": "spam"}
    await hall.refused("POST", "/reports", wanted, status=404, kind="not-found", by=await person(hall.database))


async def test_the_queue_is_filtered_by_status_and_kind(any_hall: Hall) -> None:
    mara, ben = await person(any_hall.database), await person(any_hall.database, "Ben")
    (track,) = await tracks(any_hall.database, "a")
    one = await _reported(any_hall, mara, "track", track)
    other = await _reported(any_hall, mara, "person", ben)
    await _decided(any_hall, one, "dismiss")
    for filters, found in (
        ({"status": "open"}, [other]),
        ({"kind": "track"}, [one]),
        ({"status": "upheld"}, []),
        ({}, [one, other]),
    ):
        queue = await any_hall.walk("/moderation/reports", limit=1, **filters, **JUDGE)
        assert [row["id"] for row in queue] == [row["id"] for row in found]


async def test_longer_lists_take_no_more_queries(any_hall: Hall) -> None:
    mara, said = await person(any_hall.database), []
    for _ in range(2):
        (track,) = await tracks(any_hall.database, "a")
        await _reported(any_hall, mara, "track", track)
        about = {"subject_kind": "person", "subject_id": str(mara), "decision": "warn", "reason": "why"}
        await any_hall.post("/moderation/decisions", about, expect=409, **JUDGE)
        await _reported(any_hall, mara, "person", mara)
        await any_hall.post("/moderation/decisions", about, **JUDGE)
        with counted(any_hall.database) as statements:
            for path in ("/me/reports", "/me/notices", "/moderation/reports", "/moderation/log"):
                await any_hall.get(path, by=mara, roles=("moderator",))
        said.append(len(statements))
    assert said[0] == said[1] == 4
