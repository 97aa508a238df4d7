"""Buyers without an account download by the link that was mailed, until a person claims what they bought."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.api.market.conftest import Act, Shop, anonymous, open_shop
from tests.api.visitors import by_header, visiting
from tests.applications import Made, application
from tests.client import Client, http_client
from tests.streaming.world import SECRET, Label
from veza.api.application import api_v1, web_application
from veza.api.market.routes import market_routes
from veza.api.streaming.routes import download_file_routes, download_routes
from veza.kit.objects import Objects
from veza.kit.worker import run_once
from veza.streaming.facade import Streaming
from veza.streaming.links import Links
from veza.streaming.rules import DownloadRules

ADDRESS = "bo@example.org"


class Till(Client):
    """The shop, and where what was bought is handed out."""

    shop: Shop
    label: Label
    act: Act

    async def made(self, path: str, token: str) -> Any:
        asked = await self.send("POST", f"{path}/downloads", {"format": "flac"}, token=token)
        assert asked.status_code == 202, asked.text
        while await run_once(self.label.worker):
            pass
        return await self.get(f"{path}/downloads/flac", token=token)

    async def fetch(self, link: str) -> httpx.Response:
        return await self.client.get(link)


def _application(database: Any, streaming: Any, money: Any, rules: Any) -> Made:
    routes = [*market_routes(money, rules), *download_routes(streaming)]
    return web_application(database, [api_v1(by_header, routes), *download_file_routes(streaming)])


@pytest.fixture
async def till(database_url: str, tmp_path: Path) -> AsyncIterator[Till]:
    async for shop in open_shop(database_url, create_tables=False):
        database, folder = shop.stage.database, tmp_path
        rules = DownloadRules(folder / "making")
        streaming = Streaming(database, Objects.in_folder(folder / "objects"), rules, Links(SECRET))
        with application(_application, database, streaming, shop.stage.money, shop.rules) as (asgi, _):
            async with http_client(asgi) as client:
                till = Till(client)
                till.shop, till.act = shop, await shop.artist()
                till.label = Label(streaming, till.act.id, till.act.person, folder)
                yield till


async def bought(till: Till) -> tuple[UUID, UUID, Any, str]:
    """A release on sale whose track has a sound, bought without an account; the order and the mailed link's token."""
    release_id = await till.act.release(tracks=1)
    (track,) = await till.act.tracks(release_id)
    await till.label.sing(track.id)
    order = await till.shop.buy(anonymous(), await till.act.product(release_id), email=ADDRESS)
    return release_id, track.id, order, till.shop.claim_token()


async def test_the_mailed_link_downloads_track_and_release(till: Till) -> None:
    release_id, track_id, _, token = await bought(till)
    shown = await till.made(f"/tracks/{track_id}", token)
    assert (await till.fetch(shown["link"])).status_code == 200
    await till.post(f"/releases/{release_id}/downloads", {"format": "flac"}, token=token, expect=200)
    shown = await till.get(f"/releases/{release_id}/downloads/flac", token=token)
    assert (await till.fetch(shown["link"])).content[:4] == b"PK\3\4"
    offered = await till.get(f"/tracks/{track_id}/downloads", token=token)
    assert "flac" in offered["formats"]


async def test_no_other_token_and_no_other_release(till: Till) -> None:
    _, track_id, _, token = await bought(till)
    path, flac = f"/tracks/{track_id}/downloads", {"format": "flac"}
    await till.refused("POST", path, flac, 404, "not-found", token=token[::-1])
    await till.refused("POST", path, flac, 400, "invalid-request", token="short")
    await till.refused("POST", path, flac, 401, "unauthorized")
    (other,) = await till.act.tracks(await till.act.release("Other", tracks=1))
    await till.label.sing(other.id)
    await till.refused("POST", f"/tracks/{other.id}/downloads", flac, 403, "forbidden", token=token)


async def test_a_refund_closes_the_buyers_link(till: Till) -> None:
    _, track_id, order, token = await bought(till)
    link = (await till.made(f"/tracks/{track_id}", token))["link"]
    asked = {"line_id": order["lines"][0]["id"], "reason": "bought by mistake"}
    path = f"/cart/orders/{order['id']}/refund-requests?token={token}"
    request = await till.shop.post(path, asked, by=anonymous(), expect=201)
    granted = {"answer": "of course"}
    await till.shop.post(f"/refund-requests/{request['id']}/grant", granted, by=till.act.who, expect=200)
    await till.shop.stage.settle()
    assert (await till.fetch(link)).status_code == 403
    await till.refused(
        "POST", f"/tracks/{track_id}/downloads", {"format": "flac"}, 403, "forbidden", token=token
    )  # fmt: skip


async def test_who_claims_the_order_has_it_alone(till: Till) -> None:
    _, track_id, _, token = await bought(till)
    link = (await till.made(f"/tracks/{track_id}", token))["link"]
    person = visiting(await till.shop.person())
    await till.shop.post("/orders/claim", {"token": token}, by=person, expect=200)
    assert (await till.fetch(link)).status_code == 403
    path, flac = f"/tracks/{track_id}/downloads", {"format": "flac"}
    await till.refused("POST", path, flac, 404, "not-found", token=token)
    mine = await till.post(path, flac, by=person, expect=200)
    assert (await till.fetch(mine["link"])).status_code == 200
    found = await till.shop.get(f"/library/tracks/{track_id}", by=person)
    assert found == {"stream": True, "preview": True, "download": True, "has_sound": True, "because": "owned"}


async def test_a_code_redeemed_with_and_without_an_account(till: Till) -> None:
    release_id = await till.act.release(tracks=1)
    (track,) = await till.act.tracks(release_id)
    await till.label.sing(track.id)
    wanted = {"kind": "release", "item_id": str(release_id), "count": 2, "note": "fair"}
    made = await till.shop.post(f"/artists/{till.act.id}/download-codes", wanted, by=till.act.who, expect=201)
    first, second = made["codes"]
    await till.shop.post("/download-codes/redeem", {"code": first, "email": ADDRESS}, by=anonymous(), expect=200)
    shown = await till.made(f"/tracks/{track.id}", till.shop.claim_token())
    assert (await till.fetch(shown["link"])).status_code == 200
    person = visiting(await till.shop.person())
    path, flac = f"/tracks/{track.id}/downloads", {"format": "flac"}
    await till.refused("POST", path, flac, 403, "forbidden", by=person)
    await till.shop.post("/download-codes/redeem", {"code": second}, by=person, expect=200)
    mine = await till.post(path, flac, by=person, expect=200)
    assert (await till.fetch(mine["link"])).status_code == 200
