"""Download codes: unguessable, shown once, redeemed once, revocable."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.api.market.conftest import Act, Shop
from tests.api.visitors import visiting
from veza.market.codes import DownloadCode


async def _batch(shop: Shop, act: Act, count: int = 2) -> Any:
    wanted = {"kind": "release", "item_id": str(await act.release()), "count": count, "note": "record fair"}
    return await shop.post(act.who, f"/artists/{act.id}/download-codes", wanted, expect=201)


async def test_a_code_gives_its_release_once(any_shop: Shop) -> None:
    shop = any_shop
    act = await shop.artist()
    code = (await _batch(shop, act))["codes"][0]
    people = [visiting(await shop.person()) for _ in range(3)]
    answers = await asyncio.gather(
        *(shop.send(who, "POST", "/download-codes/redeem", {"code": code.lower()}) for who in people)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 422, 422]
    winner = people[[answer.status_code for answer in answers].index(200)]
    assert await shop.library(winner) == ["Blue Hours"]
    (batch,) = (await shop.get(act.who, f"/artists/{act.id}/download-codes"))["items"]
    assert (batch["size"], batch["redeemed"]) == (2, 1)


async def test_codes_are_shown_once_and_kept_as_hashes(shop: Shop) -> None:
    act = await shop.artist()
    wanted = {"kind": "release", "item_id": str(await act.release()), "count": 500, "note": "fair"}
    first = await shop.post(act.who, f"/artists/{act.id}/download-codes", wanted, expect=201, key="k")
    again = await shop.post(act.who, f"/artists/{act.id}/download-codes", wanted, expect=201, key="k")
    assert len(set(first["codes"])) == 500
    assert again == {**first, "codes": []}
    kept = {row.code_hash for row in await shop.stage.all(DownloadCode)}
    assert len(kept) == 500
    assert not kept & set(first["codes"])
    await shop.refused(act.who, f"/artists/{act.id}/download-codes", {**wanted, "count": 501}, 400, "invalid-request")


async def test_a_revoked_batch_gives_nothing_more_and_takes_nothing_back(shop: Shop) -> None:
    act = await shop.artist()
    made = await _batch(shop, act)
    who = visiting(await shop.person())
    await shop.post(who, "/download-codes/redeem", {"code": made["codes"][0]})
    shown = await shop.post(act.who, f"/artists/{act.id}/download-codes/{made['id']}/revoke")
    assert (shown["redeemed"], shown["revoked_at"] is None) == (1, False)
    late = visiting(await shop.person())
    said = await shop.refused(late, "/download-codes/redeem", {"code": made["codes"][1]}, 422, "bad-code")
    assert said == await shop.refused(late, "/download-codes/redeem", {"code": "wrong"}, 422, "bad-code")
    assert await shop.library(who) == ["Blue Hours"]
    other = await shop.artist("Ben")
    path = f"/artists/{other.id}/download-codes/{made['id']}/revoke"
    await shop.refused(other.who, path, {}, 404, "not-found")


async def test_what_one_owns_does_not_use_a_code_up(shop: Shop) -> None:
    act = await shop.artist()
    codes = (await _batch(shop, act))["codes"]
    who = visiting(await shop.person())
    await shop.post(who, "/download-codes/redeem", {"code": codes[0]})
    await shop.refused(who, "/download-codes/redeem", {"code": codes[1]}, 409, "owned-already")
    await shop.post(visiting(await shop.person()), "/download-codes/redeem", {"code": codes[1]})
    await shop.refused({}, "/download-codes/redeem", {"code": codes[1]}, 401, "unauthorized")
