"""The page behind the mailed link that asks for money back without an account."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.api.market.conftest import Shop, anonymous, any_shop
from tests.api.visitors import visiting
from tests.client import http_client
from veza.api.application import web_application
from veza.market.refund_requests import RefundRequest
from veza.web.refund_pages import refund_routes
from veza.web.site import Site

__all__ = ["any_shop"]


@pytest.fixture
async def browser(any_shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    site = Site(any_shop.stage.clock, "http://veza.test")
    asgi, _ = web_application(any_shop.stage.database, refund_routes(any_shop.stage.database, any_shop.rules, site))
    async with http_client(asgi) as one:
        yield one


async def test_the_link_leads_to_a_form_that_asks_once(any_shop: Shop, browser: httpx.AsyncClient) -> None:
    order = await any_shop.buy(anonymous(), await (await any_shop.artist()).selling("A <b>"), email="bo@example.org")
    line, token = order["lines"][0]["id"], any_shop.claim_token()
    page = await browser.get("/refund", params={"token": token})
    assert (page.status_code, f'<option value="{line}"' in page.text, "A &lt;b&gt; · Anna Berg" in page.text) == (
        200, True, True,
    )  # fmt: skip
    for wrong, said in (({"line": "x", "reason": "by mistake"}, "Choose what"), ({"reason": "x"}, "The reason")):
        answer = await browser.post("/refund", data={"token": token, "line": line, **wrong})
        assert (answer.status_code, said in answer.text) == (422, True)
    asked = {"token": token, "line": line, "reason": "bought\r\nby mistake"}
    answer = await browser.post("/refund", data=asked)
    request = await any_shop.stage.one(RefundRequest)
    assert f"You get an answer by mail, by {request.answer_by:%Y-%m-%d}" in answer.text
    assert (request.status, request.reason, request.person_id) == ("asked", "bought by mistake", None)
    again = await browser.post("/refund", data=asked)
    assert (again.status_code, "was asked for already" in again.text) == (409, True)


async def test_a_link_that_was_claimed_or_made_up_asks_for_nothing(any_shop: Shop, browser: httpx.AsyncClient) -> None:
    order = await any_shop.buy(anonymous(), await (await any_shop.artist()).selling(), email="bo@example.org")
    token = any_shop.claim_token()
    await any_shop.post("/orders/claim", {"token": token}, by=visiting(await any_shop.person()), expect=200)
    for one in (token, "made-up", ""):
        asked = {"token": one, "line": order["lines"][0]["id"], "reason": "bought by mistake"}
        assert (await browser.get("/refund", params={"token": one})).status_code == 410
        assert (await browser.post("/refund", data=asked)).status_code == 410
    assert await any_shop.stage.all(RefundRequest) == []
