"""A charge that no payment is booked with goes back by one request: once, for a reason, and by the operator alone."""

from __future__ import annotations

from typing import Any

from tests.api.money.conftest import Counter
from tests.api.visitors import by_header, visiting
from tests.client import http_client
from veza.api.application import api_v1, web_application
from veza.api.money.payments import SaleTerms
from veza.api.money.routes import money_routes
from veza.money.operator import OperatorAction
from veza.money.refunds import Refund

WHY = {"reason": "the buyer paid twice"}


async def paid_twice(counter: Counter) -> tuple[Any, str]:
    """A payment, and a second charge of its buyer that names it, too."""
    payment = await counter.buy()
    about = {"transfer_group": payment["id"], "metadata": {"veza_payment": payment["id"]}}
    second = counter.stage.sandbox.take_payment(1000, "eur", card="4242424242424242", **about)
    await counter.stage.settle()
    return payment, str(second["id"])


def refunded(counter: Counter, charge: str) -> int:
    return int(counter.stage.sandbox.world.charges.rows[charge]["amount_refunded"])


async def test_a_second_charge_goes_back_whole_and_its_finding_closes(any_counter: Counter) -> None:
    payment, charge = await paid_twice(any_counter)
    assert [one["subject"] for one in await any_counter.walk("/findings", state="open")] == [charge]
    done = await any_counter.post(f"/charges/{charge}/return", WHY, expect=200)
    assert done.pop("stripe_refund_id").startswith("re_")
    assert done == {
        "charge_id": charge, "payment_id": payment["id"], "status": "succeeded", "amount_minor": 1000,
        "currency": "EUR", "transfers_left": [],
    }  # fmt: skip
    await any_counter.stage.settle()
    assert refunded(any_counter, charge) == 1000
    assert await any_counter.walk("/findings", state="open") == []
    assert await any_counter.stage.all(Refund) == [], "the payment itself is not refunded"
    (action,) = await any_counter.stage.all(OperatorAction)
    assert (action.by, action.reason) == ("operator", "the buyer paid twice")


async def test_the_same_key_twice_is_one_refund_and_one_answer(any_counter: Counter) -> None:
    _, charge = await paid_twice(any_counter)
    first = await any_counter.send("POST", f"/charges/{charge}/return", WHY, key="k")
    again = await any_counter.send("POST", f"/charges/{charge}/return", WHY, key="k")
    assert (first.status_code, again.content) == (200, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert len(any_counter.stage.sandbox.world.refunds.rows) == 1


async def test_asked_a_second_time_it_says_that_it_went_back_already(any_counter: Counter) -> None:
    _, charge = await paid_twice(any_counter)
    await any_counter.post(f"/charges/{charge}/return", WHY, expect=200)
    said = await any_counter.refused("POST", f"/charges/{charge}/return", WHY, 422, "not-refundable")
    assert said == f"charge {charge} has gone back to the buyer already"
    assert refunded(any_counter, charge) == 1000


async def test_a_charge_the_provider_does_not_have_is_not_found(counter: Counter) -> None:
    said = await counter.refused("POST", "/charges/ch_unknown/return", WHY, 404, "not-found")
    assert said == "the provider has no charge ch_unknown"


async def test_the_charge_of_a_payment_is_refused_with_the_way_on(counter: Counter) -> None:
    payment = await counter.buy()
    charge = payment["stripe_charge_id"]
    said = await counter.refused("POST", f"/charges/{charge}/return", WHY, 422, "not-refundable")
    assert said == f"charge {charge} is that of payment {payment['id']}: refund the payment"
    assert refunded(counter, charge) == 0


async def test_a_provider_that_does_not_answer_is_503_and_a_repeat_under_the_key_returns_it_once(
    any_counter: Counter,
) -> None:
    _, charge = await paid_twice(any_counter)
    any_counter.stage.sandbox.add_fault("timeout_after_effect", method="POST", path=r"^/v1/refunds$", times=1)
    first = await any_counter.send("POST", f"/charges/{charge}/return", WHY, key="k")
    assert (first.status_code, first.json()["type"]) == (503, "urn:veza:problem:provider-unavailable")
    again = await any_counter.send("POST", f"/charges/{charge}/return", WHY, key="k")
    assert (again.status_code, again.json()["detail"]) == (422, f"charge {charge} has gone back to the buyer already")
    assert len(any_counter.stage.sandbox.world.refunds.rows) == 1
    assert refunded(any_counter, charge) == 1000


async def test_a_reason_is_needed(counter: Counter) -> None:
    _, charge = await paid_twice(counter)
    for body in ({}, {"reason": ""}, {"reason": "no"}, {"reason": "fine", "amount_minor": 1}):
        answer = await counter.send("POST", f"/charges/{charge}/return", body)
        assert answer.status_code == 400, answer.text
    assert refunded(counter, charge) == 0


async def test_neither_a_stranger_nor_an_artist_may(counter: Counter) -> None:
    _, charge = await paid_twice(counter)
    money = money_routes(counter.stage.money, SaleTerms(("EUR",), 1000))
    asgi, _ = web_application(counter.stage.database, [api_v1(by_header, money)])
    async with http_client(asgi) as people:
        for who, status in (({}, 401), (visiting(None, "artist"), 403)):
            answer = await people.post(
                f"/api/v1/charges/{charge}/return", json=WHY, headers={**who, "Idempotency-Key": "k"}
            )
            assert answer.status_code == status, answer.text
    assert refunded(counter, charge) == 0
