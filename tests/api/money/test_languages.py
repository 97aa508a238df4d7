"""What a row says in this program's words is answered in the language of the request; a person's words stay."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from tests.api.money.conftest import Counter
from tests.pseudo_language import Pseudo, plain
from veza.kit import messages
from veza.kit.messages import gettext
from veza.money import payment_frame, refunding

TWICE = "bought twice: the buyer has it already"


@pytest.fixture(autouse=True)
def _french(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(messages.CATALOGUES, "fr", Pseudo())


async def _said(counter: Counter, path: str, name: str, english: str) -> None:
    """What the field `name` says at `path`: in English, and in a language that brackets each sentence."""
    answer = await counter.get(path)
    assert plain(answer[name]) == english
    french = (await counter.get(path, headers={"Accept-Language": "fr"}))[name]
    assert french != english
    assert french.startswith("⟦")
    assert plain(french) == english


async def test_why_a_payment_is_held_is_said_in_the_readers_language(any_counter: Counter) -> None:
    world = any_counter.stage.sandbox.world
    world.settings = replace(world.settings, settlement_currency="usd")
    payment = await any_counter.buy()
    await _said(any_counter, f"/payments/{payment['id']}", "held_because", "settled in USD, not EUR")
    listed = await any_counter.get("/payments", headers={"Accept-Language": "fr"})
    assert [plain(one["held_because"]) for one in listed["items"]] == ["settled in USD, not EUR"]
    assert listed["items"][0]["held_because"].startswith("⟦")
    (finding,) = await any_counter.walk("/findings", kind="held_for_currency")
    assert "settled in USD, not EUR" in plain(finding["message"])


async def test_why_the_breaker_is_open_is_said_in_the_readers_language(any_counter: Counter) -> None:
    payment = await any_counter.buy()
    wanted = {"payment_id": payment["id"], "amount_minor": 700, "currency": "EUR", "reason": "asked"}
    any_counter.stage.sandbox.add_fault("unauthorized", method="POST", path=r"/reversals$")
    await any_counter.post("/refunds", wanted, expect=202)
    await any_counter.stage.settle()
    await _said(any_counter, "/breaker", "because", "not_allowed on 1 different rows in a row")


async def test_a_refunds_reason_is_said_in_the_readers_language_unless_a_person_wrote_it(any_counter: Counter) -> None:
    payment = await any_counter.buy()
    wanted = {"payment_id": payment["id"], "amount_minor": 700, "currency": "EUR", "reason": "bought {twice}"}
    asked = await any_counter.post("/refunds", wanted, expect=202, headers={"Accept-Language": "fr"})
    assert plain(asked["reason"]) == "bought {twice}"
    async with any_counter.stage.database.write() as session:
        frame = await payment_frame.lock(session, UUID(payment["id"]))
        ours = await refunding.request(session, frame, 100, "EUR", reason=gettext(TWICE))
    await _said(any_counter, f"/refunds/{ours.id}", "reason", TWICE)
    detail = await any_counter.get(f"/payments/{payment['id']}", headers={"Accept-Language": "fr"})
    assert sorted(plain(one["reason"]) for one in detail["refunds"]) == [TWICE, "bought {twice}"]
