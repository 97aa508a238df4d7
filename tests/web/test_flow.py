"""One payment's money as a drawing and an equation: every cent that came in is somewhere."""

from __future__ import annotations

import re

from sqlalchemy import insert

from tests.client import text_of
from tests.money.acts import REVERSING
from tests.web.conftest import Desk
from veza.money.ledger import LedgerEntry, balances
from veza.money.payments import PaymentLine, lines_of
from veza.money.transfers import SellerTransfer
from veza.web.operator import flow
from veza.web.operator.equation import equation_of


async def test_what_goes_out_of_a_payment_is_what_came_in_and_every_return_comes_home(desk: Desk) -> None:
    payment_id = await desk.stage.sold([("anna", 700), ("ben", 700), ("anna", 1100)])
    await desk.stage.refund(payment_id, 1100)
    await desk.stage.settle()
    async with desk.stage.database.read() as session:
        lines = await lines_of(session, payment_id)
    ends = flow.ends_of(lines, await desk.stage.all(SellerTransfer, payment_id=payment_id), 1100)
    assert [end.seller_id for end in ends] == ["anna", "ben", None]
    assert sum(end.share_minor for end in ends) == 2500
    assert sum(end.back_minor for end in ends) == 1100
    drawn = flow.draw(lines, ends)
    assert sum(gross for _, gross, _ in drawn.lines) == 2500
    assert round(sum(bar.height for _, _, bar in drawn.lines)) == flow.TALL
    assert [band.amount_minor for band in drawn.back] == [end.back_minor for end in reversed(ends)]


async def test_many_lines_are_drawn_as_a_few(desk: Desk) -> None:
    payment_id = await desk.stage.sold([(f"seller-{number % 3}", 100 + number) for number in range(30)])
    lines = sorted(await desk.stage.all(PaymentLine, payment_id=payment_id), key=lambda line: line.position)
    drawn = flow.draw(lines, flow.ends_of(lines, [], 0))
    assert len(drawn.lines) == flow.LINES_SHOWN
    assert sum(gross for _, gross, _ in drawn.lines) == sum(line.gross_minor for line in lines)
    assert drawn.back == []


async def test_the_equation_is_the_ledgers_and_says_where_a_debt_is(desk: Desk) -> None:
    row = await desk.given_up(amount_minor=1000)
    async with desk.stage.database.read() as session:
        of = await balances(session, row.payment_id)
    found = equation_of(1000, of)
    assert found.holds
    assert sum(term.amount_minor for term in found.terms) == 1000
    page = text_of((await desk.get(f"/operator/payments/{row.payment_id}")).text)
    assert "10.00 captured = 9.00 with sellers + 0.00 the site's fee + 10.00 refunded to the buyer" in page
    assert "less 9.00 owed by sellers holds" in page
    assert equation_of(1001, of).holds is False


async def test_money_that_is_missing_is_said_under_the_drawing(desk: Desk) -> None:
    payment_id = await desk.stage.sold([("anna", 1000)])
    async with desk.stage.database.write("test") as session:
        leg = {
            "id": session.new_id(), "posting_id": session.new_id(), "payment_id": payment_id, "account": "loss",
            "currency": "EUR", "amount_minor": 7, "memo": "planted", "at": session.now,
        }  # fmt: skip
        await session.execute(insert(LedgerEntry), leg)
    assert "does not hold" in text_of((await desk.get(f"/operator/payments/{payment_id}")).text)
    async with desk.stage.database.write("test") as session:
        await session.execute(LedgerEntry.__table__.delete().where(LedgerEntry.memo == "planted"))


async def test_an_unpaid_payment_has_no_drawing(desk: Desk) -> None:
    payment_id = await desk.stage.sell([("anna", 1000)])
    assert 'class="flow"' not in (await desk.get(f"/operator/payments/{payment_id}")).text


async def test_every_state_has_its_count_and_leads_to_its_rows(desk: Desk) -> None:
    await desk.given_up()
    payment_id = await desk.stage.sold([("ben", 500)])
    desk.stage.sandbox.add_fault("error_503", path=REVERSING)
    await desk.stage.refund(payment_id, 500)
    await desk.stage.settle()
    page = (await desk.get("/operator")).text
    state = r'<a href="(/operator/transfers\?(?:status|reversal)=\w+)"[^>]*><rect[^>]*><text class="count"[^>]*>(\d+)<'
    counts = dict(re.findall(state, page))
    assert counts["/operator/transfers?status=permanently_failed"] == "1"
    assert counts["/operator/transfers?reversal=pending"] == "1"
    for address, count in counts.items():
        rows = set(re.findall(r'href="/operator/transfers/([0-9a-f-]{36})"', (await desk.get(address)).text))
        assert len(rows) == int(count), address
