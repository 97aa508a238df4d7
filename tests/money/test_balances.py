"""What waits for a seller, what was given up and what they had are told apart, and looking locks no row."""

from __future__ import annotations

from tests.money.acts import SENDING, refunded, send_once
from veza.kit import worker
from veza.lab.simulator.stage import Stage
from veza.money import balances, payment_frame, payments
from veza.money.rebalance import books


async def test_a_share_that_was_not_sent_is_coming_and_a_refused_one_is_given_up(any_stage: Stage) -> None:
    await any_stage.sell([("anna", 1000)])
    await any_stage.deliver()
    any_stage.sandbox.add_fault("refused", method="POST", path=SENDING)
    await worker.run_once(any_stage.money.check_worker)
    async with any_stage.database.read() as session:
        (before,) = await balances.of_seller(session, "anna")
    assert (before.coming_minor, before.given_up_minor, before.sent_minor) == (900, 0, 0)
    assert await send_once(any_stage) == 1
    async with any_stage.database.read() as session:
        (after,) = await balances.of_seller(session, "anna")
    assert (after.coming_minor, after.given_up_minor, after.sent_minor) == (0, 900, 0)


async def test_a_payments_books_are_the_same_with_and_without_the_lock(any_stage: Stage) -> None:
    payment_id = await refunded(any_stage, 700, [("anna", 1000), ("ben", 500)])
    async with any_stage.database.read() as session:
        looked = await balances.of_payment(session, await payments.find(session, payment_id))
    async with any_stage.database.write() as session:
        locked = await books(session, await payment_frame.lock(session, payment_id))
    assert [(one.seller_id, one.owed_minor, one.planned_minor) for one in looked] == [
        (one.seller_id, one.owed_minor, one.planned_minor) for one in locked
    ]


async def test_a_seller_without_a_sale_has_no_standing(any_stage: Stage) -> None:
    async with any_stage.database.read() as session:
        assert await balances.of_seller(session, "anna") == []
