"""Downloads of tracks through the door: who gets one, how it is handed out, and what closes its link."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import mutagen
import pytest

from tests import factories
from tests.api.streaming.counter import Counter, owner_headers
from tests.api.visitors import visiting
from tests.client import UNKNOWN_ID
from tests.tampering import changed
from veza.accounts.permissions import Role
from veza.catalog.artists import Artist
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.kit.database import Database
from veza.kit.messages import gettext
from veza.library.grants import CauseKind, ItemKind, revoke


async def refunded(database: Database, cause_id: UUID) -> None:
    async with database.write("test") as session:
        await revoke(session, CauseKind.ORDER_LINE, [cause_id], because=gettext("refunded"))


async def bought(counter: Counter, *titles: str, **columns: Any) -> tuple[UUID, list[UUID], dict[str, str], UUID]:
    """A release with sound, its tracks, the headers of who owns it, and the grant's cause."""
    release_id, track_ids = await counter.label.album(*titles, **columns)
    person_id = await factories.person(counter.label.database)
    cause_id = await counter.label.give(release_id, person_id=person_id)
    return release_id, track_ids, owner_headers(person_id), cause_id


async def test_the_first_to_ask_waits_and_the_next_ones_get_it(counter: Counter) -> None:
    _, (track_id,), owner, _ = await bought(counter, "Zimní slunce")
    path = f"/tracks/{track_id}/downloads"
    asked = await counter.post(path, {"format": "flac"}, by=owner, expect=202)
    assert (asked["status"], asked["link"], asked["size_bytes"]) == ("waiting", None, None)
    assert (await counter.get(f"{path}/flac", by=owner))["status"] == "waiting"
    shown = await counter.made(track_id, owner)
    again = await counter.post(path, {"format": "flac"}, by=owner, expect=200)
    assert again["size_bytes"] == shown["size_bytes"]
    answer = await counter.fetch(again["link"])
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) == shown["size_bytes"] == len(answer.content)
    assert answer.headers["content-type"] == "audio/flac"
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"01 Zimni slunce.flac\"; filename*=UTF-8''01%20Zimn%C3%AD%20slunce.flac"
    )
    assert mutagen.File(io.BytesIO(answer.content))["title"] == ["Zimní slunce"]


@pytest.mark.parametrize(
    ("wanted", "media_type", "suffix"),
    [
        ("wav", "audio/wav", "wav"), ("alac", "audio/mp4", "m4a"), ("mp3_320", "audio/mpeg", "mp3"),
        ("mp3_v0", "audio/mpeg", "mp3"), ("aac", "audio/mp4", "m4a"), ("opus", "audio/ogg", "opus"),
    ],
)  # fmt: skip
async def test_every_format_is_handed_out_as_what_it_is(
    sqlite_counter: Counter, wanted: str, media_type: str, suffix: str
) -> None:
    counter = sqlite_counter
    _, (track_id,), owner, _ = await bought(counter, "Led")
    shown = await counter.made(track_id, owner, wanted)
    answer = await counter.fetch(shown["link"])
    assert answer.headers["content-type"] == media_type
    assert shown["file_name"] == unquote(shown["link"].rpartition("/")[2]) == f"01 Led.{suffix}"
    assert mutagen.File(io.BytesIO(answer.content)) is not None


async def test_ranges_heads_and_conditions_are_answered(counter: Counter) -> None:
    _, (track_id,), owner, _ = await bought(counter, "Led")
    link = (await counter.made(track_id, owner))["link"]
    whole = await counter.fetch(link)
    size, etag = len(whole.content), whole.headers["etag"]
    head = await counter.client.head(link)
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(size), b"")
    part = await counter.fetch(link, Range="bytes=1000-1999", If_Range=etag)
    assert (part.status_code, part.content) == (206, whole.content[1000:2000])
    assert part.headers["content-range"] == f"bytes 1000-1999/{size}"
    assert part.headers["content-disposition"] == whole.headers["content-disposition"]
    assert (await counter.fetch(link, Range="bytes=-5")).content == whole.content[-5:]
    assert (await counter.fetch(link, Range="bytes=0-9", If_Range='"another"')).status_code == 200
    assert (await counter.fetch(link, Range=f"bytes={size}-")).status_code == 416
    assert (await counter.fetch(link, If_None_Match=etag)).status_code == 304
    assert (await counter.fetch(link, If_Match='"another"')).status_code == 412


WHO = ("anonymous", "listener", "owner", "track owner", "refunded", "artist", "other artist", "moderator", "admin")


async def visitors(counter: Counter, release_id: UUID, track_id: UUID) -> dict[str, dict[str, str]]:
    """Who comes → their headers."""
    database, label = counter.label.database, counter.label
    people = {who: await factories.person(database) for who in WHO}
    await label.give(release_id, person_id=people["owner"])
    await label.give(release_id, ItemKind.TRACK, track_id, person_id=people["track owner"])
    await refunded(database, await label.give(release_id, person_id=people["refunded"]))
    await factories.member(database, label.artist_id, people["artist"])
    await factories.artist(database, "Other", run_by=people["other artist"])
    roles = {"artist": "artist", "other artist": "artist", "moderator": "moderator", "admin": "admin"}
    headers = {who: visiting(person_id, *([roles[who]] if who in roles else [])) for who, person_id in people.items()}
    return {**headers, "anonymous": {}}


HIDDEN = "hidden"
ALLOWED = {
    "published": {"owner", "track owner", "artist"},
    "withdrawn": {"owner", "track owner", "artist"},
    "draft": {"owner", "track owner", "artist"},
    "scheduled": {"owner", "track owner", "artist"},
    HIDDEN: {"artist"},
}
"""Who may download a track of a release in each state; a grant outlives the release's."""


@pytest.mark.parametrize("state", ALLOWED)
async def test_who_may_download_in_each_state(sqlite_counter: Counter, state: str) -> None:
    counter, database = sqlite_counter, sqlite_counter.label.database
    release_id, (track_id,) = await counter.label.album("Led")
    who = await visitors(counter, release_id, track_id)
    await counter.made(track_id, who["owner"])
    if state == HIDDEN:
        await factories.change(database, Release, release_id, hidden_at=counter.clock.now())
    else:
        await factories.change(database, Release, release_id, status=state)
    found = {}
    for name, headers in who.items():
        answer = await counter.send("POST", f"/tracks/{track_id}/downloads", {"format": "flac"}, by=headers)
        looked = await counter.send("GET", f"/tracks/{track_id}/downloads/flac", by=headers)
        assert looked.status_code == answer.status_code, name
        found[name] = answer.status_code
        if answer.status_code == 200:
            assert (await counter.fetch(answer.json()["link"])).status_code == 200
    refused = 403 if state == "published" else 404
    expected = {name: 200 if name in ALLOWED[state] else refused for name in WHO}
    assert found == {**expected, "anonymous": 401 if state == "published" else 404}


async def test_a_refund_closes_the_link(counter: Counter) -> None:
    _, (track_id,), owner, cause_id = await bought(counter, "Led")
    link = (await counter.made(track_id, owner))["link"]
    assert (await counter.fetch(link)).status_code == 200
    await refunded(counter.label.database, cause_id)
    answer = await counter.fetch(link, Range="bytes=0-9")
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:veza:problem:forbidden")


@pytest.mark.parametrize("model", [Release, Artist])
async def test_a_moderators_hiding_closes_the_link(sqlite_counter: Counter, model: Any) -> None:
    counter = sqlite_counter
    release_id, (track_id,), owner, _ = await bought(counter, "Led")
    link = (await counter.made(track_id, owner))["link"]
    hidden = release_id if model is Release else counter.label.artist_id
    await factories.change(counter.label.database, model, hidden, hidden_at=counter.clock.now())
    assert (await counter.fetch(link)).status_code == 404


async def test_a_link_ends_after_a_day_and_a_new_one_is_to_be_had(counter: Counter) -> None:
    _, (track_id,), owner, _ = await bought(counter, "Led")
    shown = await counter.made(track_id, owner)
    counter.clock.advance(timedelta(hours=23, minutes=59))
    assert (await counter.fetch(shown["link"])).status_code == 200
    counter.clock.advance(timedelta(minutes=2))
    ended = await counter.fetch(shown["link"])
    assert (ended.status_code, ended.json()["type"]) == (410, "urn:veza:problem:link-expired")
    path = f"/tracks/{track_id}/downloads"
    assert (await counter.get(f"{path}/flac", by=owner))["link"] is None
    again = await counter.post(path, {"format": "flac"}, by=owner, expect=200)
    assert (await counter.fetch(again["link"])).status_code == 200


async def test_a_tampered_link_leads_nowhere(counter: Counter) -> None:
    _, (track_id,), owner, _ = await bought(counter, "Led")
    link = (await counter.made(track_id, owner))["link"]
    _, _, token, name = link.split("/")
    value, _, signature = token.rpartition(".")
    for odd in (
        value,
        f"{value}.{signature[:-1]}",
        f"{changed(value, -1)}.{signature}",
        f"{value}A.{signature}",
        "1",
        "…",
    ):
        answer = await counter.fetch(f"/downloads/{odd}/{name}")
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:veza:problem:not-found"), odd
    assert (await counter.fetch(f"/downloads/{token}/another%20name.exe")).status_code == 200
    assert "01 Led.flac" in (await counter.fetch(f"/downloads/{token}/x")).headers["content-disposition"]


async def test_a_borrowed_link_lives_by_the_right_of_who_it_was_made_for(counter: Counter) -> None:
    release_id, (track_id,), owner, cause_id = await bought(counter, "Led")
    link = (await counter.made(track_id, owner))["link"]
    other = await factories.person(counter.label.database)
    await counter.label.give(release_id, person_id=other)
    assert (await counter.client.get(link, headers=owner_headers(other))).status_code == 200
    await refunded(counter.label.database, cause_id)
    assert (await counter.client.get(link, headers=owner_headers(other))).status_code == 403


async def test_a_format_that_is_none_and_a_track_that_is_none_are_refused(counter: Counter) -> None:
    _, (track_id,), owner, _ = await bought(counter, "Led", how="MP3 CBR")
    path = f"/tracks/{track_id}/downloads"
    await counter.refused("POST", path, {"format": "mp4"}, 400, "invalid-request", by=owner)
    await counter.refused("GET", f"{path}/mp4", None, 400, "invalid-request", by=owner)
    said = await counter.refused("POST", path, {"format": "flac"}, 409, "format-not-offered", by=owner)
    assert said.endswith("take mp3_320, mp3_v0, aac, opus")
    await counter.refused("GET", f"{path}/opus", None, 404, "not-found", by=owner)
    offered = await counter.get(path, by=owner)
    assert offered["formats"] == ["mp3_320", "mp3_v0", "aac", "opus"]
    await counter.refused("POST", f"/tracks/{UNKNOWN_ID}/downloads", {"format": "aac"}, 404, "not-found", by=owner)
    _, (silent,) = await counter.label.release("Ticho")
    artist = visiting(counter.label.person_id, "artist")
    await counter.refused("POST", f"/tracks/{silent}/downloads", {"format": "aac"}, 409, "no-sound-yet", by=artist)


async def test_the_artists_people_get_the_original_as_it_was_sent(counter: Counter) -> None:
    _, (track_id,), owner, _ = await bought(counter, "Led", how="WAV float")
    artist = visiting(counter.label.person_id, "artist")
    shown = await counter.get(f"/tracks/{track_id}/original", by=artist)
    answer = await counter.fetch(shown["link"])
    (key,) = await counter.label.stored("originals")
    assert answer.content == await counter.label.objects.get(key)
    assert (shown["file_name"], shown["size_bytes"]) == ("Take 1.wav", len(answer.content))
    for other in (owner, visiting(await factories.person(counter.label.database), "artist")):
        answer = await counter.send("GET", f"/tracks/{track_id}/original", by=other)
        assert answer.status_code in (403, 404)


async def test_a_member_who_leaves_loses_the_original(counter: Counter) -> None:
    database = counter.label.database
    (_, (track_id,)), person_id = (
        await counter.label.album("Led"),
        await factories.person(database, roles=[Role.ARTIST]),
    )
    await factories.member(database, counter.label.artist_id, person_id)
    link = (await counter.get(f"/tracks/{track_id}/original", by=visiting(person_id, "artist")))["link"]
    assert (await counter.fetch(link)).status_code == 200
    await factories.leave(database, counter.label.artist_id, person_id)
    assert (await counter.fetch(link)).status_code == 404


async def test_names_are_right_whatever_the_title(sqlite_counter: Counter) -> None:
    counter = sqlite_counter
    titles = ["a.b.c…", "AC/DC", "🎧🌊", "שלום", "x" * 400, 'say "hi" 100%\\']
    _, track_ids, owner, _ = await bought(counter, *titles)
    expected = ["01 a.b.c….flac", "02 AC_DC.flac", "03 🎧🌊.flac", "04 שלום.flac", f"05 {'x' * 247}.flac",
                "06 say _hi_ 100%_.flac"]  # fmt: skip
    for track_id, name in zip(track_ids, expected, strict=True):
        await factories.change(counter.label.database, Track, track_id, isrc=None)
        shown = await counter.made(track_id, owner)
        answer = await counter.fetch(shown["link"])
        assert shown["file_name"] == name
        disposition = answer.headers["content-disposition"]
        assert unquote(disposition.partition("filename*=UTF-8''")[2]) == name
        assert disposition.isascii()
