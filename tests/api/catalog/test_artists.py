"""Artists: opened with a confirmed address, found by every slug they ever had, run by several people."""

from __future__ import annotations

import asyncio

import pytest

from tests.api.catalog.conftest import ARTIST, Shelf
from tests.api.visitors import visiting
from tests.client import UNKNOWN_ID
from veza.accounts import audit
from veza.catalog.limits import Limits
from veza.http.paging import encode_cursor
from veza.kit.listing import start_of


async def test_an_opened_artist_has_an_owner_and_a_readable_slug(any_shelf: Shelf) -> None:
    artist = any_shelf.artist
    assert artist["slug"] == "dzana-kovac"
    assert any_shelf.became_artists == [any_shelf.anna]
    members = await any_shelf.call("GET", "/artists/dzana-kovac/members", by=any_shelf.anna)
    assert [(one["name"], one["part"]) for one in members["items"]] == [("Anna", "owner")]
    assert await any_shelf.call("GET", f"/artists/{artist['id']}") == artist


async def test_opening_an_artist_needs_a_person_with_a_confirmed_address(shelf: Shelf) -> None:
    await shelf.refused("POST", "/artists", ARTIST, 401, "unauthorized")
    unsure = visiting(shelf.ben, confirmed=False)
    assert "confirm" in await shelf.refused("POST", "/artists", ARTIST, 403, "forbidden", by=unsure)
    await shelf.call("POST", "/artists", ARTIST, by=visiting(shelf.ben))


@pytest.mark.parametrize(
    ("changes", "status", "kind", "sentence"),
    [
        ({"name": "   "}, 422, "bad-value", "name is empty"),
        ({"name": "a\u202eb"}, 422, "bad-value", "U+202E"),
        ({"name": "\u200b\u200d"}, 422, "bad-value", "nothing in it that can be seen"),
        ({"name": "x" * 201}, 422, "bad-value", "at most 200 characters, this one has 201"),
        ({"name": "a\nb"}, 400, "invalid-request", "name"),
        ({"bio": "bell\x07"}, 422, "bad-value", "U+0007"),
        ({"bio": "x" * 5001}, 422, "bad-value", "at most 5000"),
        ({"country": "BIH"}, 400, "invalid-request", "country"),
        ({"country": "UK"}, 422, "bad-value", "“UK” is no country; write GB for United Kingdom"),
        ({"country": "ZZ"}, 422, "bad-value", "such as DE"),
        ({"currency": "SEK"}, 422, "bad-value", "only in EUR, USD, GBP"),
        ({"currency": "QQQ"}, 422, "bad-amount", "not a currency"),
        ({"tags": [str(number) for number in range(21)]}, 422, "bad-value", "at most 20 tags"),
        ({"tags": ["x" * 41]}, 422, "bad-value", "at most 40"),
        ({"fee_bps": 1}, 400, "invalid-request", "fee_bps"),
    ],
)
async def test_an_artist_that_makes_no_sense_is_refused(
    shelf: Shelf, changes: dict[str, object], status: int, kind: str, sentence: str
) -> None:
    assert sentence in await shelf.refused("POST", "/artists", {**ARTIST, **changes}, status, kind, by=shelf.ben)
    assert len(await shelf.walk("/artists")) == 1


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("شجر", "shjr"),
        ("Ногу свело!", "nogu-svelo"),
        ("e\u0301toile", "etoile"),
        ("x" * 200, "x" * 80),
        ("Sigur Rós – live", "sigur-ros-live"),
    ],
)
async def test_names_in_every_script_have_a_readable_slug(shelf: Shelf, name: str, slug: str) -> None:
    made = await shelf.call("POST", "/artists", {**ARTIST, "name": name}, by=shelf.ben)
    assert made["slug"] == slug
    await shelf.call("GET", f"/artists/{slug}")


async def test_a_name_nothing_is_left_of_has_a_part_of_its_id(shelf: Shelf) -> None:
    for name in ("🎧🎶", "!!!", "550e8400-e29b-41d4-a716-446655440000"):
        made = await shelf.call("POST", "/artists", {**ARTIST, "name": name}, by=shelf.ben)
        assert made["slug"] == made["id"].replace("-", "")[-12:]
        assert made["name"] == name


async def test_artists_of_one_name_are_told_apart(any_shelf: Shelf) -> None:
    answers = await asyncio.gather(*(any_shelf.send("POST", "/artists", ARTIST, by=any_shelf.ben) for _ in range(4)))
    assert [answer.status_code for answer in answers] == [201] * 4
    assert {answer.json()["slug"] for answer in answers} == {f"dzana-kovac-{number}" for number in (2, 3, 4, 5)}


async def test_a_former_slug_leads_to_the_new_one_and_is_no_other_artists(any_shelf: Shelf) -> None:
    artist = any_shelf.artist["id"]
    renamed = await any_shelf.call("PATCH", f"/artists/{artist}", {"name": "Džana"}, by=any_shelf.anna)
    assert renamed["slug"] == "dzana"
    old = await any_shelf.send("GET", "/artists/dzana-kovac")
    assert (old.status_code, old.headers["location"]) == (308, "/api/v1/artists/dzana")
    other = await any_shelf.call("POST", "/artists", ARTIST, by=any_shelf.ben)
    assert other["slug"] == "dzana-kovac-2"
    back = await any_shelf.call("PATCH", "/artists/dzana", {"name": "Džana Kovač"}, by=any_shelf.anna)
    assert back["slug"] == "dzana-kovac"
    assert (await any_shelf.send("GET", "/artists/dzana")).headers["location"] == "/api/v1/artists/dzana-kovac"


async def test_two_people_renaming_at_once_both_succeed_and_every_slug_leads_there(any_shelf: Shelf) -> None:
    path = f"/artists/{any_shelf.artist['id']}"
    await any_shelf.join(any_shelf.ben)
    answers = await asyncio.gather(
        any_shelf.send("PATCH", path, {"name": "One"}, by=any_shelf.anna),
        any_shelf.send("PATCH", path, {"name": "Two"}, by=any_shelf.ben),
    )
    assert [answer.status_code for answer in answers] == [200, 200]
    now = await any_shelf.call("GET", path)
    for slug in {"dzana-kovac", "one", "two"} - {now["slug"]}:
        assert (await any_shelf.send("GET", f"/artists/{slug}")).headers["location"].endswith(now["slug"])


async def test_two_artists_taking_one_name_at_once_both_get_one(any_shelf: Shelf) -> None:
    other = await any_shelf.call("POST", "/artists", {**ARTIST, "name": "Ben"}, by=any_shelf.ben)
    answers = await asyncio.gather(
        any_shelf.send("PATCH", f"/artists/{any_shelf.artist['id']}", {"name": "Moon"}, by=any_shelf.anna),
        any_shelf.send("PATCH", f"/artists/{other['id']}", {"name": "Moon"}, by=any_shelf.ben),
    )
    assert {answer.json()["slug"] for answer in answers} == {"moon", "moon-2"}


async def test_only_its_people_change_an_artist(shelf: Shelf) -> None:
    path = f"/artists/{shelf.artist['id']}"
    seen = ("", "/members", "/invitations")
    before = [await shelf.call("GET", path + rest, by=shelf.anna) for rest in seen]
    for method, where, body in (
        ("PATCH", path, {"bio": "mine"}),
        ("GET", f"{path}/members", None),
        ("GET", f"{path}/fee", None),
        ("POST", f"{path}/invitations", {"email": "ben@example.org"}),
        ("GET", f"{path}/invitations", None),
        ("DELETE", f"{path}/invitations/{UNKNOWN_ID}", None),
        ("POST", f"{path}/members", {"person_id": str(shelf.ben)}),
    ):
        await shelf.refused(method, where, body, 403, "forbidden", by=shelf.ben)
        await shelf.refused(method, where, body, 401, "unauthorized")
    assert [await shelf.call("GET", path + rest, by=shelf.anna) for rest in seen] == before
    await shelf.refused("PATCH", f"/artists/{UNKNOWN_ID}", {"bio": "x"}, 404, "not-found", by=shelf.anna)


async def test_an_administrator_adds_people_and_the_last_owner_stays(any_shelf: Shelf) -> None:
    shelf, path = any_shelf, f"/artists/{any_shelf.artist['id']}/members"
    admin = visiting(None, "admin")
    added = await shelf.call("POST", path, {"person_id": str(shelf.ben)}, by=admin)
    assert (added["name"], added["part"]) == ("Ben", "member")
    assert shelf.became_artists[-1] == shelf.ben
    await shelf.refused("POST", path, {"person_id": str(shelf.ben)}, 409, "not-now", by=admin)
    await shelf.refused("POST", path, {"person_id": UNKNOWN_ID}, 404, "not-found", by=admin)
    for by in (shelf.anna, shelf.ben):
        await shelf.refused("POST", path, {"person_id": str(shelf.ben)}, 403, "forbidden", by=by)
    await shelf.refused("DELETE", f"{path}/{shelf.anna}", None, 409, "not-now", by=shelf.anna)
    await shelf.refused("PATCH", f"{path}/{shelf.anna}", {"part": "member"}, 409, "not-now", by=shelf.anna)
    await shelf.call("PATCH", f"{path}/{shelf.ben}", {"part": "owner"}, by=shelf.anna)
    await shelf.call("DELETE", f"{path}/{shelf.anna}", by=shelf.anna)
    await shelf.refused("GET", path, None, 403, "forbidden", by=shelf.anna)
    assert [one["name"] for one in (await shelf.call("GET", path, by=shelf.ben))["items"]] == ["Ben"]


@pytest.mark.parametrize(
    ("method", "where", "body"),
    [
        ("POST", "/members", {"person_id": "BEN"}),
        ("PATCH", "/members/BEN", {"part": "owner"}),
        ("DELETE", "/members/BEN", None),
        ("POST", "/invitations", {"email": "ben@example.org", "part": "owner"}),
    ],
)
async def test_who_acts_for_an_artist_is_changed_with_a_fresh_proof_only(
    any_shelf: Shelf, method: str, where: str, body: dict[str, str] | None
) -> None:
    shelf = any_shelf
    if where != "/members":
        await shelf.join(shelf.ben)
    path = f"/artists/{shelf.artist['id']}{where.replace('BEN', str(shelf.ben))}"
    given = {name: value.replace("BEN", str(shelf.ben)) for name, value in body.items()} if body else None
    # An admin who is a person proves themselves as an owner does.
    who = visiting(shelf.anna, "artist", "admin")
    for headers in ({}, {"X-Veza-Proof": "made up"}, {"X-Veza-Proof": await shelf.proof(shelf.ben)}):
        answer = await shelf.send(method, path, given, by=who, headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:veza:problem:proof-needed")
    proof = {"X-Veza-Proof": await shelf.proof(shelf.anna)}
    assert (await shelf.send(method, path, given, by=who, headers=proof)).status_code in (200, 201)
    repeated = await shelf.send(method, path, given, by=who, headers=proof)
    assert repeated.json()["type"] == "urn:veza:problem:proof-needed", "good once"


async def test_only_an_owner_changes_the_currency_in_which_the_artist_is_paid(any_shelf: Shelf) -> None:
    shelf, path = any_shelf, f"/artists/{any_shelf.artist['id']}"
    currency = any_shelf.artist["currency"]
    another = next(code for code in shelf.catalog.currencies if code != currency)
    await shelf.call("POST", f"{path}/members", {"person_id": str(shelf.ben)}, by=visiting(None, "admin"))
    await shelf.refused("PATCH", path, {"currency": another, "bio": "x"}, 403, "forbidden", by=shelf.ben)
    # As it is: a form that sends everything again changes only what is different.
    changed = await shelf.call("PATCH", path, {"currency": currency, "bio": "mine"}, by=shelf.ben)
    assert (changed["currency"], changed["bio"]) == (currency, "mine")
    assert (await shelf.call("PATCH", path, {"currency": another}, by=shelf.anna))["currency"] == another


async def test_the_audit_log_has_who_let_whom_act_for_an_artist_and_every_fee(any_shelf: Shelf) -> None:
    artist_id, ben, admin = any_shelf.artist["id"], any_shelf.ben, visiting(None, "admin")
    path = f"/artists/{artist_id}"
    await any_shelf.call("POST", f"{path}/members", {"person_id": str(ben)}, by=admin)
    for _ in range(2):
        await any_shelf.call("PATCH", f"{path}/members/{ben}", {"part": "owner"}, by=any_shelf.anna)
    await any_shelf.call("DELETE", f"{path}/members/{any_shelf.anna}", by=ben)
    await any_shelf.call("PUT", f"{path}/fee", {"fee_bps": 500}, by=admin)
    async with any_shelf.catalog.database.read() as session:
        found = await audit.entries(session, start_of(audit.SORTS, 10))
    assert [(one.act, one.person_id, one.detail) for one in reversed(found)] == [
        ("added to an artist", ben, f"artist {artist_id} as member"),
        ("part in an artist changed", ben, f"artist {artist_id} as owner"),
        ("removed from an artist", any_shelf.anna, f"artist {artist_id}"),
        ("fee of an artist set", None, f"artist {artist_id}: 500 basis points"),
    ]
    assert [one.actor for one in reversed(found)][1:3] == [f"person {any_shelf.anna}", f"person {ben}"]


async def test_of_two_owners_leaving_at_once_one_stays(any_shelf: Shelf) -> None:
    path = f"/artists/{any_shelf.artist['id']}/members"
    await any_shelf.join(any_shelf.ben, "owner")
    answers = await asyncio.gather(
        *(any_shelf.send("DELETE", f"{path}/{who}", by=who) for who in (any_shelf.anna, any_shelf.ben))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_a_fee_is_set_by_administrators_only(shelf: Shelf) -> None:
    path = f"/artists/{shelf.artist['slug']}/fee"
    await shelf.refused("PUT", path, {"fee_bps": 0}, 403, "forbidden", by=shelf.anna)
    admin = visiting(None, "admin")
    assert await shelf.call("PUT", path, {"fee_bps": 500}, by=admin) == {"fee_bps": 500}
    assert "10001" in await shelf.refused("PUT", path, {"fee_bps": 10001}, 422, "bad-value", by=admin)
    assert await shelf.call("GET", path, by=shelf.anna) == {"fee_bps": 500}


async def test_artists_are_listed_by_age_name_text_tag_and_for_their_people(any_shelf: Shelf) -> None:
    shelf = any_shelf
    for name, tags in (("Élan", ["Folk"]), ("apple", []), ("Zoë", ["folk", "jazz"])):
        await shelf.call("POST", "/artists", {**ARTIST, "name": name, "tags": tags}, by=shelf.ben)
    names = lambda rows: [row["name"] for row in rows]  # noqa: E731
    assert names(await shelf.walk("/artists")) == ["Zoë", "apple", "Élan", "Džana Kovač"]
    assert names(await shelf.walk("/artists", sort="name")) == ["apple", "Džana Kovač", "Élan", "Zoë"]
    assert names(await shelf.walk("/artists", text="ELA")) == ["Élan"]
    assert names(await shelf.walk("/artists", tag="FOLK", sort="name")) == ["Élan", "Zoë"]
    assert names(await shelf.walk("/artists", mine=True, by=shelf.anna)) == ["Džana Kovač"]
    await shelf.call("GET", "/artists", params={"mine": True}, expect=401)


@pytest.mark.parametrize("text", ["´", "\u0301", " ", "\u3099"])
@pytest.mark.parametrize("path", ["/artists", "/releases", "/tracks"])
async def test_a_search_for_an_accent_alone_is_refused(shelf: Shelf, path: str, text: str) -> None:
    answer = await shelf.send("GET", path, params={"text": text}, by=shelf.anna)
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (400, "urn:veza:problem:invalid-request")
    assert "nothing to search for" in problem["detail"]
    assert [(one["source"], one["pointer"]) for one in problem["errors"]] == [("query", "/text")]
    assert [error["field"] for error in problem["errors"]] == ["text"]


async def test_a_person_opens_as_many_artists_as_the_setting_says(shelf: Shelf) -> None:
    shelf.catalog.limits = Limits(artists_per_person=2)
    for _ in range(2):
        await shelf.call("POST", "/artists", ARTIST, by=shelf.ben)
    said = await shelf.refused("POST", "/artists", ARTIST, 422, "too-many", by=shelf.ben)
    assert "you run 2 artists already, at most 2 are possible (ARTISTS_PER_PERSON)" in said


async def test_what_has_a_tag_is_listed_by_the_names_artists_have_now(any_shelf: Shelf) -> None:
    shelf = any_shelf
    made = [
        await shelf.call("POST", "/artists", {**ARTIST, "name": name, "tags": ["folk"]}, by=shelf.ben)
        for name in ("Bees", "Ants", "Cats")
    ]

    async def tagged(tag: str, sort: str) -> list[str]:
        return [row["name"] for row in await shelf.walk("/artists", 1, tag=tag, sort=sort)]

    assert await tagged("folk", "newest") == ["Cats", "Ants", "Bees"]
    await shelf.call("PATCH", f"/artists/{made[1]['id']}", {"name": "Zebras"}, by=shelf.ben)
    await shelf.call("PATCH", f"/artists/{made[2]['id']}", {"tags": ["jazz", "folk"]}, by=shelf.ben)
    assert await tagged("folk", "name") == ["Bees", "Cats", "Zebras"]
    assert await tagged("folk", "oldest") == ["Bees", "Zebras", "Cats"]
    assert await tagged("jazz", "name") == ["Cats"]
    await shelf.call("PATCH", f"/artists/{made[2]['id']}", {"tags": []}, by=shelf.ben)
    assert await tagged("jazz", "name") == []


async def test_a_repeat_with_the_same_key_opens_one_artist(shelf: Shelf) -> None:
    first = await shelf.send("POST", "/artists", ARTIST, by=shelf.ben, key="k")
    again = await shelf.send("POST", "/artists", ARTIST, by=shelf.ben, key="k")
    assert first.content == again.content
    assert len(await shelf.walk("/artists")) == 2


@pytest.mark.parametrize("ref", ["a%2Fb", "x" * 100, "-", "..%2F", "%F0%9F%8E%A7"])
async def test_an_address_that_is_no_slug_is_a_404(shelf: Shelf, ref: str) -> None:
    assert (await shelf.send("GET", f"/artists/{ref}")).status_code == 404


async def test_a_tag_whose_small_letter_is_composed_is_one_tag(any_shelf: Shelf) -> None:
    wanted = {**ARTIST, "tags": ["J\u030cazz", "\u01f0azz"]}
    made = await any_shelf.call("POST", "/artists", wanted, by=any_shelf.ben)
    assert made["tags"] == ["\u01f0azz"]


async def test_a_slug_that_happens_to_be_hexadecimal_leads_to_its_artist(any_shelf: Shelf) -> None:
    for slug in ("f" * 31, "f" * 31 + "-2", "f" * 32):
        name = slug.removesuffix("-2")
        made = await any_shelf.call("POST", "/artists", {**ARTIST, "name": name}, by=any_shelf.ben)
        assert made["slug"] == slug
        assert (await any_shelf.call("GET", f"/artists/{slug}"))["id"] == made["id"]


async def test_names_of_any_length_do_not_break_the_walk_through_the_list(any_shelf: Shelf) -> None:
    for number in range(3):
        await any_shelf.call("POST", "/artists", {**ARTIST, "name": "𝄞" * 199 + str(number)}, by=any_shelf.ben)
    assert len(await any_shelf.walk("/artists", 1, sort="name")) == 4


@pytest.mark.parametrize(
    ("address", "listing", "sort", "good"),
    [
        ("/artists", "artists", "newest", UNKNOWN_ID),
        ("/artists", "artists", "name", f"{UNKNOWN_ID} x"),
        ("/artists/dzana-kovac/releases", "releases of dzana-kovac", "oldest", UNKNOWN_ID),
        ("/releases", "releases", "newest", f"{UNKNOWN_ID} 2026-01-01T00:00:00+00:00"),
        ("/tracks", "tracks", "title", f"{UNKNOWN_ID} a b"),
    ],
)
async def test_a_made_up_cursor_is_refused_or_read(
    any_shelf: Shelf, address: str, listing: str, sort: str, good: str
) -> None:
    beside = ("\0", "0001-01-01T00:00:00+23:59", "2026-01-01T00:00:00", "x")
    made_up = {f"{UNKNOWN_ID} {one}" for one in beside}
    for after in (good, "x", "x y", UNKNOWN_ID, *sorted(made_up)):
        cursor = encode_cursor(after, listing, {"sort": sort})
        answer = await any_shelf.send("GET", address, params={"sort": sort, "cursor": cursor})
        read = after == good or (sort in ("name", "title") and after in made_up and "\0" not in after)
        assert answer.status_code == (200 if read else 400), (after, answer.text)
        assert read or answer.json()["type"] == "urn:veza:problem:bad-cursor"
