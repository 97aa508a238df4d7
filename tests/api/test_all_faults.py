"""What a module cannot take of a body is told in one answer: each field that is wrong, with a sentence."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio

from tests.api.world import World, world_in

API = "/api/v1"
TWO_TAGS = ["jazz", " ", "soul", "  "]
"""Spaces are text of that length, and nothing is left of it."""


NOWHERE = str(UUID(int=1))
HERE = "https://veza.test/thanks"
ODD_PAYMENT = {
    "order_ref": "1", "currency": "SEK", "success_url": HERE, "cancel_url": HERE,
    "lines": [
        {"seller_id": "stranger", "product_ref": "one", "gross_minor": 0},
        {"seller_id": "stranger", "product_ref": "two", "gross_minor": 500, "fee_bps": 10_001},
    ],
}  # fmt: skip
AT_PAYMENT = {
    "/currency", "/lines/0/seller_id", "/lines/0/gross_minor", "/lines/1/seller_id", "/lines/1/fee_bps",
}  # fmt: skip


def odd_refund(payment_id: Any) -> dict[str, Any]:
    """In another currency, of nothing, for a line that is not there, twice."""
    lines = [{"line_id": NOWHERE, "amount_minor": 0}, {"line_id": NOWHERE, "amount_minor": 5}]
    return {"payment_id": str(payment_id), "amount_minor": 0, "currency": "USD", "reason": "tried", "lines": lines}


AT_REFUND = {"/currency", "/amount_minor", "/lines/0/line_id", "/lines/0/amount_minor", "/lines/1/line_id"}


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """One for all tests here: what they send is refused."""
    async with world_in(tmp_path_factory.mktemp("faulty"), sqlite_template, 2) as made:
        yield made


async def sent(world: World, method: str, path: str, body: Any) -> httpx.Response:
    headers = {**world.who, "Idempotency-Key": str(uuid4()), "If-Match": "*"}
    if method == "POST":
        del headers["If-Match"]
    return await world.client.request(method, f"{API}{path}", json=body, headers=headers)


def bodies(world: World) -> dict[str, tuple[str, str, Any, set[str]]]:
    """Method, path, a body, and the pointers of everything that is wrong in it."""
    ids = world.ids
    artist, release, track = f"/artists/{world.act.id}", f"/releases/{ids['release_id']}", f"/tracks/{ids['track_id']}"
    credits = [{"name": "Mara", "part": " "}, {"name": " ", "part": "bass"}]
    odd_artist = {"name": " ", "country": "XX", "currency": "ZZZ", "tags": TWO_TAGS}
    at_artist = {"/name", "/country", "/currency", "/tags/1", "/tags/3"}
    odd_track = {"title": "  ", "isrc": "nonononononono", "language": "xx-no", "credits": credits}
    at_track = {"/title", "/isrc", "/language", "/credits/0/part", "/credits/1/name"}
    odd_release = {"title": " ", "language": "qqqq", "release_date": "0001-01-01", "tags": TWO_TAGS}
    at_release = {"/title", "/language", "/release_date", "/tags/1", "/tags/3"}
    priced = {"pricing": "fixed", "price_minor": 1, "currency": "ZZZ"}
    listed = {"title": " ", "description": "fine"}
    return {
        "new artist": ("POST", "/artists", odd_artist, at_artist),
        "artist": ("PATCH", artist, odd_artist, at_artist),
        "new release": ("POST", f"{artist}/releases", {"kind": "album", **odd_release}, at_release),
        "release": ("PATCH", release, odd_release, at_release),
        "new track": ("POST", f"{release}/tracks", odd_track, at_track),
        "track": ("PATCH", track, odd_track, at_track),
        "new playlist": ("POST", "/playlists", listed, {"/title"}),
        "playlist": ("PATCH", f"/playlists/{ids['playlist_id']}", listed, {"/title"}),
        "release to come": (
            "POST",
            f"{release}/schedule",
            {"publish_at": "2001-01-01T00:00:00Z"},
            {"/publish_at"},
        ),
        "fee": ("PUT", f"{artist}/fee", {"fee_bps": 10_001}, {"/fee_bps"}),
        "account": (
            "POST",
            "/people",
            {"email": "a@b@c", "name": " ", "password": "passwordpassword"},
            {"/email", "/name", "/password"},
        ),
        "payment": ("POST", "/payments", ODD_PAYMENT, AT_PAYMENT),
        "refund": ("POST", "/refunds", odd_refund(ids["wanted"]), AT_REFUND),
        "product": ("PATCH", f"/products/{ids['product_id']}", priced, {"/currency", "/price_minor"}),
    }


async def test_every_field_a_module_cannot_take_is_named_at_once(world: World) -> None:
    wrong = []
    for name, (method, path, body, pointers) in bodies(world).items():
        answer = await sent(world, method, path, body)
        errors = answer.json().get("errors", [])
        if answer.status_code != 422 or {one["pointer"] for one in errors} != pointers:
            wrong.append(f"{name}: {answer.status_code} {answer.text[:600]}")
            continue
        assert {one["source"] for one in errors} == {"body"}
        assert answer.json()["detail"] == "; ".join(one["message"] for one in errors)
    assert wrong == [], "\n".join(wrong)


def named_in_bodies(world: World) -> dict[str, tuple[str, Any, set[str]]]:
    """Path, a body that names what is not there beside another fault, and the pointers of both."""
    artist, order = f"/artists/{world.act.id}", f"/orders/{world.ids['order_id']}"
    price = {"pricing": "fixed", "price_minor": 1, "currency": "EUR"}
    return {
        "comment": (
            "/comments", {"track_id": NOWHERE, "text": " ", "at_ms": 0, "reply_to": NOWHERE},
            {"/text", "/track_id", "/reply_to"},
        ),
        "codes": (
            f"{artist}/download-codes", {"kind": "release", "item_id": NOWHERE, "count": 1, "note": " "},
            {"/note", "/item_id"},
        ),
        "product": (
            f"{artist}/products", {"kind": "release", "item_id": NOWHERE, **price}, {"/item_id", "/price_minor"},
        ),
        "refund request": (
            f"{order}/refund-requests", {"line_id": NOWHERE, "reason": "     "}, {"/reason", "/line_id"},
        ),
        "items of a playlist": (
            f"/playlists/{world.ids['playlist_id']}/items",
            {"track_ids": [NOWHERE, str(world.ids["track_id"]), str(UUID(int=2))]}, {"/track_ids/0", "/track_ids/2"},
        ),
    }  # fmt: skip


async def test_what_a_body_names_and_is_not_there_is_told_with_its_other_faults(world: World) -> None:
    wrong = []
    for name, (path, body, pointers) in named_in_bodies(world).items():
        answer = await sent(world, "POST", path, body)
        told = {one["pointer"] for one in answer.json().get("errors", [])}
        if answer.status_code not in (404, 422) or told != pointers:
            wrong.append(f"{name}: {answer.status_code} {answer.text[:600]}")
    assert wrong == [], "\n".join(wrong)


async def test_a_release_without_a_track_hears_of_that_and_of_its_date_at_once(world: World) -> None:
    draft = await sent(world, "POST", f"/artists/{world.act.id}/releases", {"title": "Bare", "kind": "album"})
    past = {"publish_at": "2001-01-01T00:00:00Z"}
    answer = await sent(world, "POST", f"/releases/{draft.json()['id']}/schedule", past)
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/publish_at", ""]
    assert "it has no track" in answer.json()["detail"]


async def test_one_wrong_field_is_named_with_its_sentence_as_before(world: World) -> None:
    answer = await sent(world, "PATCH", f"/artists/{world.act.id}", {"country": "XX", "bio": "fine"})
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["field"]) == ("/country", "country")
    assert answer.json()["detail"] == error["message"]


async def test_what_was_refused_has_changed_nothing(world: World) -> None:
    path = f"/artists/{world.act.id}"
    before = (await world.client.get(f"{API}{path}", headers=world.who)).json()
    assert (await sent(world, "PATCH", path, {"name": "Other", "country": "XX"})).status_code == 422
    assert (await world.client.get(f"{API}{path}", headers=world.who)).json() == before
