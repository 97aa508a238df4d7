"""Download codes: unguessable, shown once, redeemed once, revocable."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.api.market.conftest import Act, Shop
from tests.api.visitors import visiting
from veza.accounts.identity import Identity
from veza.accounts.permissions import Role
from veza.catalog.acting import release_to_change
from veza.catalog.deleting import delete_release
from veza.market.codes import DownloadCode


async def _batch(shop: Shop, act: Act, count: int = 2) -> Any:
    wanted = {"kind": "release", "item_id": str(await act.release()), "count": count, "note": "record fair"}
    return await shop.post(f"/artists/{act.id}/download-codes", wanted, by=act.who, expect=201)


async def test_a_code_gives_its_release_once(any_shop: Shop) -> None:
    shop = any_shop
    act = await shop.artist()
    code = (await _batch(shop, act))["codes"][0]
    people = [visiting(await shop.person()) for _ in range(3)]
    answers = await asyncio.gather(
        *(shop.send("POST", "/download-codes/redeem", {"code": code.lower()}, by=who) for who in people)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 422, 422]
    winner = people[[answer.status_code for answer in answers].index(200)]
    assert await shop.library(winner) == ["Blue Hours"]
    (batch,) = (await shop.get(f"/artists/{act.id}/download-codes", by=act.who))["items"]
    assert (batch["size"], batch["redeemed"]) == (2, 1)


async def test_codes_are_shown_once_and_kept_as_hashes(shop: Shop) -> None:
    act = await shop.artist()
    wanted = {"kind": "release", "item_id": str(await act.release()), "count": 500, "note": "fair"}
    first = await shop.post(f"/artists/{act.id}/download-codes", wanted, by=act.who, expect=201, key="k")
    again = await shop.post(f"/artists/{act.id}/download-codes", wanted, by=act.who, expect=201, key="k")
    assert len(set(first["codes"])) == 500
    assert again == {**first, "codes": []}
    kept = {row.code_hash for row in await shop.stage.all(DownloadCode)}
    assert len(kept) == 500
    assert not kept & set(first["codes"])
    await shop.refused(
        "POST", f"/artists/{act.id}/download-codes", {**wanted, "count": 501}, 400, "invalid-request", by=act.who
    )


async def test_a_note_is_one_line_that_can_be_read(shop: Shop) -> None:
    act = await shop.artist()
    wanted = {"kind": "release", "item_id": str(await act.release()), "count": 1}
    path = f"/artists/{act.id}/download-codes"
    for note in ("turned\u202e around", "two\u2028lines", "\u200b"):
        await shop.refused("POST", path, {**wanted, "note": note}, 422, "bad-text", by=act.who)
    assert (await shop.post(path, {**wanted, "note": " cafe\u0301 "}, by=act.who, expect=201))["note"] == "café"


async def test_a_revoked_batch_gives_nothing_more_and_takes_nothing_back(shop: Shop) -> None:
    act = await shop.artist()
    made = await _batch(shop, act)
    who = visiting(await shop.person())
    await shop.post("/download-codes/redeem", {"code": made["codes"][0]}, by=who, expect=200)
    shown = await shop.post(f"/artists/{act.id}/download-codes/{made['id']}/revoke", by=act.who, expect=200)
    assert (shown["redeemed"], shown["revoked_at"] is None) == (1, False)
    late = visiting(await shop.person())
    said = await shop.refused("POST", "/download-codes/redeem", {"code": made["codes"][1]}, 422, "bad-code", by=late)
    assert said == await shop.refused("POST", "/download-codes/redeem", {"code": "wrong"}, 422, "bad-code", by=late)
    assert await shop.library(who) == ["Blue Hours"]
    other = await shop.artist("Ben")
    path = f"/artists/{other.id}/download-codes/{made['id']}/revoke"
    await shop.refused("POST", path, {}, 404, "not-found", by=other.who)


async def test_what_one_owns_does_not_use_a_code_up(shop: Shop) -> None:
    act = await shop.artist()
    codes = (await _batch(shop, act))["codes"]
    who = visiting(await shop.person())
    await shop.post("/download-codes/redeem", {"code": codes[0]}, by=who, expect=200)
    await shop.refused("POST", "/download-codes/redeem", {"code": codes[1]}, 409, "owned-already", by=who)
    await shop.post("/download-codes/redeem", {"code": codes[1]}, by=visiting(await shop.person()), expect=200)
    await shop.refused("POST", "/download-codes/redeem", {"code": codes[1]}, 422, "address-needed", by={})


async def test_a_code_for_a_draft_waits_for_it_and_is_good_for_nothing_once_that_is_deleted(any_shop: Shop) -> None:
    shop = any_shop
    act = await shop.artist()
    release_id = await act.release(status="draft")
    (track, _) = await act.tracks(release_id)
    made = {}
    for kind, item_id in (("release", release_id), ("track", track.id)):
        wanted = {"kind": kind, "item_id": str(item_id), "count": 1, "note": "fair"}
        made[kind] = await shop.post(f"/artists/{act.id}/download-codes", wanted, by=act.who, expect=201)
        product = await act.product(item_id, kind=kind)
    who = visiting(await shop.person())
    for batch in made.values():
        await shop.refused("POST", "/download-codes/redeem", {"code": batch["codes"][0]}, 409, "not-out", by=who)
    async with shop.stage.database.write() as session:
        owner = Identity(act.person, frozenset({Role.LISTENER}), f"person {act.person}")
        await delete_release(session, await release_to_change(session, release_id, owner))
    for batch in made.values():
        await shop.refused("POST", "/download-codes/redeem", {"code": batch["codes"][0]}, 422, "bad-code", by=who)
    await shop.refused("POST", "/cart/items", {"product_id": product}, 404, "not-found", by=who)
    await shop.refused("PATCH", f"/products/{product}", {"on_sale": False}, 404, "not-found", by=act.who)
    assert (await shop.get(f"/artists/{act.id}/products", by=act.who))["items"] == []


@pytest.mark.parametrize("dash", [*"- \t\u2010\u2011\u2013\u2014\u2212\u30fc\u00ad\u200b", "", " - "])
async def test_a_code_is_read_as_people_type_it(shop: Shop, dash: str) -> None:
    act = await shop.artist()
    code = (await _batch(shop, act))["codes"][0]
    who = visiting(await shop.person())
    await shop.post("/download-codes/redeem", {"code": f" {code.replace('-', dash).lower()}\n"}, by=who, expect=200)
    assert await shop.library(who) == ["Blue Hours"]


async def test_a_code_in_full_width_letters_is_the_same_code(shop: Shop) -> None:
    act = await shop.artist()
    code = (await _batch(shop, act))["codes"][0]
    wide = "".join(chr(ord(one) + 0xFEE0) for one in code)
    who = visiting(await shop.person())
    await shop.post("/download-codes/redeem", {"code": wide}, by=who, expect=200)
    assert await shop.library(who) == ["Blue Hours"]


async def test_without_an_account_what_a_code_gives_waits_for_the_mailed_link(any_shop: Shop) -> None:
    act = await any_shop.artist()
    code = (await _batch(any_shop, act))["codes"][0]
    wanted = {"code": code, "email": "Gast@Example.org"}
    await any_shop.refused("POST", "/download-codes/redeem", {"code": code}, 422, "address-needed", by={})
    answers = await asyncio.gather(*(any_shop.send("POST", "/download-codes/redeem", wanted, by={}) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 422, 422]
    assert next(one for one in answers if one.status_code == 200).json()["is_mailed"] is True
    ((to, subject, text),) = any_shop.mails
    assert (to, subject) == ("gast@example.org", "Your download code at Veza")
    assert "“Blue Hours”" in text
    person, late = visiting(await any_shop.person()), visiting(await any_shop.person())
    token = {"token": any_shop.claim_token()}
    claims = await asyncio.gather(*(any_shop.send("POST", "/orders/claim", token, by=who) for who in (person, late)))
    assert sorted(answer.status_code for answer in claims) == [200, 404]
    (given,) = next(one for one in claims if one.status_code == 200).json()["redeemed"]
    assert (given["kind"], given["item_id"]) == ("release", given["release_id"])
    assert sorted([await any_shop.library(person), await any_shop.library(late)]) == [[], ["Blue Hours"]]
    (row, _) = sorted(await any_shop.stage.all(DownloadCode), key=lambda one: one.redeemed_at is None)
    assert (row.email, row.claim_hash) == (None, None)


async def test_a_confirmed_address_claims_the_codes_that_were_redeemed_for_it(any_shop: Shop) -> None:
    act = await any_shop.artist()
    code = (await _batch(any_shop, act))["codes"][0]
    await any_shop.post("/download-codes/redeem", {"code": code, "email": "gast@example.org"}, by={}, expect=200)
    who = visiting(await any_shop.person("gast@example.org"))
    assert len((await any_shop.post("/orders/claim", {}, by=who, expect=200))["redeemed"]) == 1
    assert await any_shop.library(who) == ["Blue Hours"]
    assert (await any_shop.post("/orders/claim", {}, by=who, expect=200))["redeemed"] == []


async def test_an_address_is_mailed_five_codes_at_once_and_no_code_is_lost_for_it(shop: Shop) -> None:
    act = await shop.artist()
    codes = (await _batch(shop, act, count=6))["codes"]
    for code in codes[:5]:
        await shop.post("/download-codes/redeem", {"code": code, "email": "gast@example.org"}, by={}, expect=200)
    wanted = {"code": codes[5], "email": "gast@example.org"}
    await shop.refused("POST", "/download-codes/redeem", wanted, 429, "rate-limited", by={})
    await shop.post("/download-codes/redeem", {"code": codes[5]}, by=visiting(await shop.person()), expect=200)
