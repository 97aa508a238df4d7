"""What was kept of a share for a debt, as the operator pages and the terminal say it."""

from __future__ import annotations

import pytest

from tests.client import text_of
from tests.money.netting_acts import keep, owing, refunded_in_vain, rows, unsent_share
from tests.web.conftest import Desk
from veza.money.transfers import SellerTransfer, is_kept
from veza.ops import money_tables, money_views


async def test_both_payments_of_a_netting_name_the_seller_and_the_other_payment(desk: Desk) -> None:
    debt = (await desk.given_up()).payment_id
    sale = await desk.stage.sold([("anna", 3000)])
    kept, paid = (
        (await desk.get(f"/operator/payments/{sale}")).text,
        (await desk.get(f"/operator/payments/{debt}")).text,
    )
    assert f"/operator/payments/{debt}" in kept
    assert "kept for a debt" in kept
    assert f"/operator/payments/{sale}" in paid
    assert "9.00 EUR of what" in paid


async def test_a_share_that_was_kept_is_nowhere_said_to_be_with_the_seller(desk: Desk) -> None:
    await owing(desk.stage, "anna", 1000)
    sale = await desk.stage.sold([("anna", 500)])
    (kept,) = [row for row in await rows(desk.stage, SellerTransfer, sale) if is_kept(row)]
    for address in (f"/operator/payments/{sale}", f"/operator/transfers/{kept.id}"):
        page = (await desk.get(address)).text
        assert "It pays what the seller owed of an earlier sale." in page
        assert "The seller has the money." not in page


async def test_what_cannot_come_back_from_the_provider_has_no_button_to_try_again(desk: Desk) -> None:
    await owing(desk.stage, "anna", 1000)
    sale = await desk.stage.sold([("anna", 500)])
    await refunded_in_vain(desk.stage, sale, 500)
    (kept,) = [row for row in await rows(desk.stage, SellerTransfer, sale) if is_kept(row)]
    assert kept.status == "permanently_failed"
    page = (await desk.get("/operator/findings")).text
    assert f"/operator/payments/{sale}" in page, "the debt is told"
    assert f'action="/operator/transfers/{kept.id}"' not in page
    assert "the seller owes it again" in (await desk.get(f"/operator/transfers/{kept.id}")).text


async def test_what_was_kept_and_not_counted_yet_waits_in_the_backlog(desk: Desk) -> None:
    await owing(desk.stage, "anna", 1000)
    assert await keep(desk.stage, *await unsent_share(desk.stage, 500)) == 450
    assert "netting kept 1 4.50 EUR" in text_of((await desk.get("/operator")).text)
    await desk.stage.settle()
    assert "netting kept" not in text_of((await desk.get("/operator")).text)


async def test_the_terminal_says_what_was_kept_and_what_later_sales_paid(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    debt = await owing(desk.stage, "anna", 1000)
    sale = await desk.stage.sold([("anna", 500)])
    async with desk.stage.database.read() as session:
        for payment_id in (sale, debt):
            money_tables.print_detail(await money_views.detail(session, str(payment_id)))
    said = " ".join(capsys.readouterr().out.split())
    assert "Kept for a debt of anna" in said
    assert "4.50 EUR of it paid from later sales" in said
