"""The transfers pages: the list, one of them, and trying again with a reason."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.client import UNKNOWN_ID
from tests.money.acts import REVERSING, transfer
from tests.web.conftest import TOKEN, Desk
from veza.money.operator import OperatorAction
from veza.money.transfers import SellerTransfer
from veza.web.operator.paging import PAGE

HOSTILE = (
    "<script>alert(1)</script>", "\u202egnp.exe", "🎸" * 9, "x" * 10_000, '"><img src=x onerror=alert(1)>', "{{ 7*7 }}",
)  # fmt: skip

ISOLATED = r"<bdi>.*?</bdi>|<tspan[^>]* unicode-bidi=.isolate.>.*?</tspan>|<input[^>]*>"
"""Where the direction of a stranger's text ends with it."""


def links(text: str) -> list[str]:
    return re.findall(r'href="/operator/transfers/([0-9a-f-]{36})"', text)


async def test_without_transfers_the_page_says_what_makes_one(desk: Desk) -> None:
    page = await desk.get("/operator/transfers")
    assert "No transfers yet" in page.text
    assert "veza demo" in page.text


async def test_the_list_filters_by_status_and_seller(desk: Desk) -> None:
    given_up = await desk.given_up("anna")
    await desk.stage.sold([("ben", 500), ("anna", 700)])
    everyone = {str(row.id): row for row in await desk.stage.all(SellerTransfer)}

    assert set(links((await desk.get("/operator/transfers")).text)) == set(everyone)
    assert links((await desk.get("/operator/transfers?status=permanently_failed")).text) == [str(given_up.id)]
    of_ben = links((await desk.get("/operator/transfers?seller=ben&status=completed")).text)
    assert [everyone[row_id].seller_id for row_id in of_ben] == ["ben"]
    nothing = await desk.get("/operator/transfers?seller=carl")
    assert "No transfer fits" in nothing.text
    assert "See all transfers" in nothing.text


@pytest.mark.parametrize("query", ["status=nonsense", "cursor=nonsense", "status[]=1"])
async def test_a_query_that_makes_no_sense_shows_the_list(desk: Desk, query: str) -> None:
    row = await desk.given_up()
    assert links((await desk.get(f"/operator/transfers?{query}")).text) == [str(row.id)]


@pytest.mark.parametrize("query", ["seller=%00", "cursor=%ff"])
async def test_a_query_that_is_no_text_is_a_sentence(desk: Desk, query: str) -> None:
    await desk.given_up()
    answer = await desk.get(f"/operator/transfers?{query}")
    assert answer.status_code == 400


async def test_the_list_shows_amounts_with_their_currency_and_what_came_back(desk: Desk) -> None:
    payment_id = await desk.stage.sold([("anna", 1234)], currency="JPY")
    await desk.stage.refund(payment_id, 500, currency="JPY")
    await desk.stage.settle()
    page = (await desk.get("/operator/transfers")).text
    row = await transfer(desk.stage, payment_id=payment_id)
    assert f"{row.sent_minor} JPY" in page
    assert f"{row.reversed_minor} JPY" in page
    assert row.reversed_minor > 0


async def test_long_lists_are_paged_from_newest_to_oldest_without_a_gap_or_a_repeat(desk: Desk) -> None:
    for _ in range(4):
        await desk.stage.sold([("anna" if nth % 2 else "ben", 100) for nth in range(2)])
    await desk.stage.sold([(f"seller-{nth}", 100) for nth in range(PAGE)])
    expected = [str(row.id) for row in reversed(await desk.stage.all(SellerTransfer))]
    assert len(expected) == PAGE + 8

    first = await desk.get("/operator/transfers")
    assert links(first.text) == expected[:PAGE]
    older = re.search(r'href="([^"]+)" rel="next"', first.text)
    assert older
    second = await desk.get(older[1].replace("&amp;", "&"))
    assert links(second.text) == expected[PAGE:]
    assert 'rel="next"' not in second.text
    assert ">Newest</a>" in second.text
    # A cursor is good for its own list and filters alone; elsewhere, and where it was changed, the newest come.
    cursor = older[1].partition("cursor=")[2]
    changed = ("a" if cursor[0] == "A" else "A") + cursor[1:]
    for wanted, foreign in (("status=completed", cursor), ("status=", changed), ("status=", f"{cursor}AAAA")):
        newest = links((await desk.get(f"/operator/transfers?{wanted}")).text)
        page = await desk.get(f"/operator/transfers?{wanted}&cursor={foreign}")
        assert links(page.text) == newest
        assert ">Newest</a>" not in page.text


async def test_a_transfer_waiting_for_its_reversal_shows_when_that_is_tried_next(desk: Desk) -> None:
    payment_id = await desk.stage.sold([("anna", 1000)])
    desk.stage.sandbox.add_fault("error_503", path=REVERSING)
    await desk.stage.refund(payment_id, 1000)
    await desk.stage.settle()
    desk.stage.clock.advance(timedelta(seconds=-600))
    page = (await desk.get("/operator/transfers")).text
    assert "reversal pending" in page
    assert "in 11 min" in page


async def test_one_transfer_shows_its_facts_its_reversals_and_the_whole_timeline(desk: Desk) -> None:
    row = await desk.given_up()
    page = (await desk.get(f"/operator/transfers/{row.id}")).text
    for said in (
        "Transfer of 9.00 EUR", "permanently failed", "while taking money back", str(row.stripe_transfer_id),
        str(row.payment_id), "completed → reversal pending", "reversal pending → permanently failed",
        "attempt 1: refused", "HTTP 402", "refund.created", "shares_unsent +9.00 EUR", "seller_debt",
        "could not be taken back from seller anna", f"veza-transfer-{row.id}-1",
    ):  # fmt: skip
        assert said in page, said
    assert re.search(r"request <code><bdi>req_\w+</bdi></code>", page)
    assert re.search(r'<time datetime="2026-01-05T09:00:00\+00:00" title="2026-01-05 09:00:00 UTC">', page)


@pytest.mark.parametrize("given", ["nonsense", UNKNOWN_ID, "%3Cscript%3E", "a" * 3000])
async def test_an_unknown_transfer_is_a_sentence_and_a_way_on(desk: Desk, given: str) -> None:
    for answer in (
        await desk.get(f"/operator/transfers/{given}"),
        await desk.client.post(
            f"/operator/transfers/{given}",
            data={"reason": "because"},
        ),
    ):
        assert answer.status_code == 404
        assert "There is no transfer" in answer.text
        assert 'href="/operator/transfers"' in answer.text
        assert "<script>" not in answer.text


async def test_a_retry_with_a_reason_takes_the_money_back_and_says_who_asked(desk: Desk) -> None:
    row = await desk.given_up()
    address = f"/operator/transfers/{row.id}"
    answer = await desk.post(address, reason="the provider has mended it")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{address}?asked=retry")

    shown = (await desk.get(answer.headers["location"])).text
    assert "It will be tried again" in shown
    assert "reversal pending" in shown
    assert 'name="reason"' not in shown
    await desk.stage.settle()
    after = (await desk.get(address)).text
    assert ">reversed</span>" in after
    assert "retry, “<bdi>the provider has mended it</bdi>”" in after
    assert (await desk.stage.one(OperatorAction)).by == "operator"
    assert [one["amount"] for one in desk.stage.sandbox.world.reversals.rows.values()] == [row.sent_minor]


@pytest.mark.parametrize("reason", ["", "  ", "no", "x" * 501])
async def test_a_retry_without_a_real_reason_is_not_made_and_keeps_what_was_typed(desk: Desk, reason: str) -> None:
    row = await desk.given_up()
    answer = await desk.post(f"/operator/transfers/{row.id}", reason=reason)
    assert answer.status_code == 422
    assert "retry needs a reason, 3 to 500 characters" in answer.text
    assert f">{reason}</textarea>" in answer.text
    assert (await transfer(desk.stage, payment_id=row.payment_id)).status == "permanently_failed"


async def test_a_retry_says_how_much_it_is_about(desk: Desk) -> None:
    payment_id = await desk.stage.sold([("anna", 1000)])
    await desk.stage.refund(payment_id, 300)
    await desk.stage.settle()
    desk.stage.sandbox.add_fault("refused", path=REVERSING)
    await desk.stage.refund(payment_id, 200)
    await desk.stage.settle()
    row = await transfer(desk.stage, payment_id=payment_id)
    assert "Try again: 1.80 EUR</button>" in (await desk.get(f"/operator/transfers/{row.id}")).text


async def test_a_transfer_that_was_never_sent_is_retried_with_all_of_it(desk: Desk) -> None:
    desk.stage.sandbox.add_fault("refused", path=r"^/v1/transfers$")
    row = await transfer(desk.stage, payment_id=await desk.stage.sold([("anna", 1000)]))
    page = (await desk.get(f"/operator/transfers/{row.id}")).text
    assert "while sending it" in page
    assert "Try again: 9.00 EUR</button>" in page
    await desk.post(f"/operator/transfers/{row.id}", reason="the account is open now")
    await desk.stage.settle()
    assert ">completed</span>" in (await desk.get(f"/operator/transfers/{row.id}")).text


async def test_the_second_of_two_operators_is_told_what_the_first_did(desk: Desk) -> None:
    row = await desk.given_up()
    address = f"/operator/transfers/{row.id}"
    await desk.post(address, reason="first come")
    second = await desk.post(address, reason="first served")
    assert second.status_code == 409
    assert "Another request was first." in second.text
    assert "permanently failed → reversal pending" in second.text
    assert "first come" in second.text
    assert "first served" not in second.text
    assert len(await desk.stage.all(OperatorAction)) == 1


async def test_a_final_transfer_has_no_retry_and_a_forced_one_is_refused(desk: Desk) -> None:
    payment_id = await desk.stage.sold([("anna", 1000)])
    row = await transfer(desk.stage, payment_id=payment_id)
    assert 'name="reason"' not in (await desk.get(f"/operator/transfers/{row.id}")).text
    answer = await desk.post(f"/operator/transfers/{row.id}", reason="just to see")
    assert answer.status_code == 409
    assert "is completed: there is nothing to retry" in answer.text


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_names_are_shown_as_text_and_bounded(desk: Desk, name: str) -> None:
    await desk.stage.seller(name)
    row = await desk.given_up(name)
    await desk.post(f"/operator/transfers/{row.id}", reason=f"why {name}"[:500])
    for address in (
        "/operator", "/operator/transfers", f"/operator/transfers/{row.id}", f"/operator/payments/{row.payment_id}",
        "/operator/findings?show=all", f"/operator/transfers?seller={name[:50]}",
        f"/operator/payments?find={name[:50]}",
    ):  # fmt: skip
        page = (await desk.get(address)).text
        assert "<script>alert" not in page, address
        assert "<img" not in page, address
        assert "x" * 1000 not in page, address
        assert "\u202e" not in re.sub(ISOLATED, "", page, flags=re.DOTALL), address


async def test_the_token_of_the_operator_is_on_no_page(desk: Desk) -> None:
    row = await desk.given_up()
    for address in ("/operator", f"/operator/transfers/{row.id}", "/operator/inbox"):
        assert TOKEN not in (await desk.get(address)).text
