"""With a second catalogue a reader gets every stored and every new sentence in it, at each door alike."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.api.visitors import operator_only
from tests.client import UNKNOWN_ID, http_client
from tests.money.conftest import OpenStage
from tests.pseudo_language import Pseudo, plain
from tests.web.conftest import BASE_URL, NOT_NEEDED, READER, TOKEN, Desk
from veza.api.application import api_v1, web_application
from veza.api.money.payments import SaleTerms
from veza.api.money.routes import money_routes
from veza.kit import messages
from veza.kit.database_trouble import NO_ANSWER
from veza.lab.simulator.driver import URL_IN_THREAD
from veza.money.transfers import SellerTransfer
from veza.web.door import site_routes
from veza.web.operator.office import Office
from veza.web.problem_pages import problem_page
from veza.web.site import Site

BACKLOG = "/api/v1/backlog"
FRENCH, ENGLISH = {"Accept-Language": "fr-CA, en;q=0.5"}, {"Accept-Language": "en"}


@dataclass
class Doors:
    """The operator's pages and the API over one stage, and a transfer that was given up."""

    desk: Desk
    given_up: SellerTransfer

    async def asked(self, path: str, language: dict[str, str], **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {TOKEN}", **language, **more.pop("headers", {})}
        return await self.desk.client.request(more.pop("method", "GET"), path, headers=headers, **more)

    async def in_french_alone(self, path: str, read: Any) -> None:
        """What `read` finds in the answer is French for French readers, and for no others."""
        for language, is_french in ((FRENCH, True), (ENGLISH, False)):
            answer = await self.asked(path, language)
            found = read(answer)
            assert found
            assert [text.startswith("⟦") for text in found] == [is_french] * len(found), found
            assert answer.headers["vary"] == "Accept-Language"


@pytest.fixture
async def doors(open_stage: OpenStage, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Doors]:
    monkeypatch.setitem(messages.CATALOGUES, "fr", Pseudo())
    stage = await open_stage(URL_IN_THREAD)
    await stage.seller("anna")
    terms = SaleTerms(("EUR",), 1000)
    site = Site(stage.database.clock, BASE_URL)
    office = Office(stage.database, stage.money.gateway, TOKEN, keeps_mails=False, mailbox_way="/mailbox")
    provided = {**dict.fromkeys((*NOT_NEEDED, "accounts", "cookie_jar")), "money": stage.money, "office": office}
    pages = site_routes(site, operator_only(TOKEN), problem_page(site), provided)
    routes = [api_v1(operator_only(TOKEN), money_routes(stage.money, terms)), *pages]
    asgi, litestar = web_application(stage.database, routes, problem_page=problem_page(site))
    async with http_client(asgi, dict(READER)) as client:
        desk = Desk(stage, asgi, litestar, client)
        desk.sign_in()
        yield Doors(desk, await desk.given_up())


async def test_a_historys_reasons_are_told_in_the_readers_language(doors: Doors) -> None:
    await doors.in_french_alone(
        f"/api/v1/transfers/{doors.given_up.id}", lambda answer: [one["because"] for one in answer.json()["history"]]
    )


async def test_findings_and_what_mends_them_are_told_in_the_readers_language(doors: Doors) -> None:
    await doors.in_french_alone(
        "/api/v1/findings",
        lambda answer: [text for one in answer.json()["items"] for text in (one["message"], one["mend"])],
    )


async def test_a_timelines_moves_and_findings_are_told_in_the_readers_language(doors: Doors) -> None:
    await doors.in_french_alone(
        f"/api/v1/timeline/{doors.given_up.payment_id}",
        lambda answer: [one["why"] for one in answer.json()["entries"] if one["kind"] in ("move", "finding")],
    )


async def test_a_timelines_attempts_are_told_in_the_readers_language(doors: Doors) -> None:
    address = f"/api/v1/timeline/{doors.given_up.payment_id}"
    await doors.in_french_alone(
        address, lambda answer: [one["what"] for one in answer.json()["entries"] if one["kind"] == "attempt"]
    )
    told = (await doors.asked(address, FRENCH)).json()["entries"]
    said = [(plain(one["what"]), one["detail"]["meaning"]) for one in told if one["kind"] == "attempt"]
    assert said[0] == ("attempt 1: done", "done")
    assert {one["what"] for one in told if one["kind"] == "move"} > {"pending → completed"}


async def test_a_problem_is_told_in_the_readers_language(doors: Doors) -> None:
    await doors.in_french_alone(
        f"/api/v1/transfers/{UNKNOWN_ID}", lambda answer: [answer.json()["title"], answer.json()["detail"]]
    )


@pytest.mark.parametrize(
    ("path", "who", "sentence"),
    [
        ("/api/v1/transfers", {"Authorization": ""}, "sign in first, or send a token as bearer"),
        (f"{BACKLOG}?since=soon", {}, "since: write a duration as a number and its unit, such as 30s, 1m, 1h or 30d"),
        (f"{BACKLOG}?since=31d", {}, "since: must be above zero and at most 30d"),
    ],
)
async def test_what_is_refused_before_any_work_is_told_in_the_readers_language(
    doors: Doors, path: str, who: dict[str, str], sentence: str
) -> None:
    for language, is_french in ((FRENCH, True), (ENGLISH, False)):
        detail = (await doors.asked(path, language, headers=who)).json()["detail"]
        assert (plain(detail), "⟦" in detail) == (sentence, is_french)


async def test_a_database_that_is_away_is_told_in_the_readers_language(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise ConnectionRefusedError(111, "refused")

    monkeypatch.setattr(doors.desk.stage.database.engine.sync_engine.pool, "connect", away)
    for language, is_french in ((FRENCH, True), (ENGLISH, False)):
        answer = await doors.asked("/api/v1/transfers", language)
        detail = answer.json()["detail"]
        assert (answer.status_code, "⟦" in detail) == (503, is_french)
        assert plain(detail) == plain(NO_ANSWER)


async def test_a_comparison_is_told_in_the_readers_language(doors: Doors) -> None:
    doors.desk.stage.sandbox.add_fault("webhook_lost", times=None)
    doors.desk.stage.sandbox.pay_checkout(await _open_checkout(doors))
    for language, is_french in ((FRENCH, True), (ENGLISH, False)):
        asked = {"method": "POST", "json": {"since": "1d"}, "headers": {"Idempotency-Key": str(is_french)}}
        (difference,) = (await doors.asked("/api/v1/reconciliations", language, **asked)).json()["differences"]
        assert [difference[name].startswith("⟦") for name in ("message", "mend")] == [is_french] * 2


async def _open_checkout(doors: Doors) -> str:
    line = {"seller_id": "anna", "product_ref": "An album", "gross_minor": 1000}
    order = {
        "order_ref": "order-1", "currency": "EUR", "lines": [line], "success_url": "https://shop.test/thanks",
        "cancel_url": "https://shop.test/cart",
    }  # fmt: skip
    made = await doors.asked(
        "/api/v1/payments", ENGLISH, method="POST", json=order, headers={"Idempotency-Key": "order"}
    )
    session_id: str = made.json()["stripe_checkout_session_id"]
    return session_id


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/operator/findings", "could not be taken back from seller"),
        ("/operator/transfers/{transfer}", "could not be taken back from seller"),
        (f"/operator/transfers/{UNKNOWN_ID}", f"there is no transfer “{UNKNOWN_ID}”; perhaps a part"),
        ("/operator/nowhere", "there is nothing at /operator/nowhere"),
        ("/operator/transfers", "It will not happen by itself any more."),
        ("/operator/inbox", "It was handled."),
        ("/operator", "Oldest age"),
        ("/operator/transfers/{transfer}", "attempt 1: done"),
    ],
)
async def test_a_page_tells_findings_histories_states_and_errors_in_the_readers_language(
    doors: Doors, path: str, sentence: str
) -> None:
    address = path.format(transfer=doors.given_up.id)
    french, english = await doors.asked(address, FRENCH), await doors.asked(address, ENGLISH)
    assert sentence in plain(french.text)
    assert "⟦" in french.text
    assert "⟦" not in english.text
    assert "Accept-Language" in french.headers["vary"]


async def test_a_forms_error_is_told_in_the_readers_language(doors: Doors) -> None:
    address = f"/operator/transfers/{doors.given_up.id}"
    refused = await doors.asked(address, FRENCH, method="POST", data={"reason": ""})
    assert (refused.status_code, "⟦" in refused.text) == (422, True)
    assert "a retry needs a reason" in plain(refused.text).lower()


async def test_a_page_of_another_language_is_never_taken_for_the_same(doors: Doors) -> None:
    for address in ("/operator/findings", f"/api/v1/transfers/{doors.given_up.id}"):
        french, english = await doors.asked(address, FRENCH), await doors.asked(address, ENGLISH)
        assert french.headers["etag"] != english.headers["etag"]
        of_french = {"If-None-Match": french.headers["etag"]}
        assert (await doors.asked(address, ENGLISH, headers=of_french)).status_code == 200


async def test_what_no_language_changes_does_not_vary(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    for address in ("/assets/now/veza.css", "/api/v1/transfers"):
        answer = await doors.asked(address, FRENCH)
        assert answer.status_code == 200
        assert "Language" not in answer.headers.get("vary", "")
    monkeypatch.delitem(messages.CATALOGUES, "fr")
    assert "vary" not in (await doors.asked("/api/v1/findings", FRENCH)).headers
