"""A seller's debt is paid from their later sales: kept before the share is sent, counted once on both sides."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from tests.money.conftest import OpenStage
from tests.money.netting_acts import (
    at_the_provider,
    balance,
    owing,
    refunded_in_vain,
    rows,
)
from tests.pseudo_language import plain
from veza.kit import worker
from veza.lab.simulator.stage import RULES, Stage
from veza.money import balances, invariants, nettings, payment_frame, payments
from veza.money.findings import Finding, FindingKind
from veza.money.ledger import Account
from veza.money.nettings import Netting
from veza.money.reversals import TransferReversal
from veza.money.transfers import SellerTransfer, is_kept


async def test_a_later_sale_pays_the_debt_and_only_the_rest_is_sent(stage: Stage) -> None:
    debt = await owing(stage, "anna", 1000)
    assert await balance(stage, debt, Account.SELLER_DEBT) == 900
    sale = await stage.sold([("anna", 3000)])
    assert at_the_provider(stage, sale) == [1800]
    assert await balance(stage, debt, Account.SELLER_DEBT) == 0
    assert (await balance(stage, debt, Account.NETTED), await balance(stage, sale, Account.NETTED)) == (900, -900)
    (transfer,) = await rows(stage, SellerTransfer, debt)
    assert (transfer.status, transfer.netted_minor, transfer.reversed_minor) == ("reversed", 900, 0)
    sent, kept = await rows(stage, SellerTransfer, sale)
    assert (sent.sent_minor, kept.sent_minor, kept.cause_kind, kept.stripe_transfer_id) == (1800, 900, "netting", None)
    async with stage.database.read() as session:
        open_debts = select(Finding).where(Finding.kind == FindingKind.SELLER_DEBT, Finding.resolved_at.is_(None))
        assert (await session.scalars(open_debts)).all() == []


async def test_a_sale_smaller_than_the_debt_pays_a_part_and_sends_nothing(stage: Stage) -> None:
    debt = await owing(stage, "anna", 1000)
    sale = await stage.sold([("anna", 400)])
    assert at_the_provider(stage, sale) == []
    assert await balance(stage, debt, Account.SELLER_DEBT) == 540
    old, rest = await rows(stage, TransferReversal, debt)
    assert (old.status, rest.status, rest.amount_minor) == ("canceled", "permanently_failed", 540)
    async with stage.database.read() as session:
        said = select(Finding.subject).where(Finding.kind == FindingKind.SELLER_DEBT, Finding.resolved_at.is_(None))
        assert (await session.scalars(said)).all() == [f"reversal {rest.id}"]
    another = await stage.sold([("anna", 1000)])
    assert (at_the_provider(stage, another), await balance(stage, debt, Account.SELLER_DEBT)) == ([360], 0)


async def test_one_sale_pays_several_debts_oldest_first(stage: Stage) -> None:
    first, second = await stage.sold([("anna", 300)]), await stage.sold([("anna", 500)])
    await refunded_in_vain(stage, first, 300)
    await refunded_in_vain(stage, second, 500)
    sale = await stage.sold([("anna", 800)])
    left = [await balance(stage, debt, Account.SELLER_DEBT) for debt in (first, second)]
    assert (left, at_the_provider(stage, sale)) == ([0, 0], [])
    sale = await stage.sold([("anna", 100)])
    assert at_the_provider(stage, sale) == [90]


async def test_no_sale_of_another_seller_and_none_in_another_currency_pays_a_debt(stage: Stage) -> None:
    await stage.seller("ben")
    debt = await owing(stage, "anna", 1000)
    others, foreign = await stage.sold([("ben", 1000)]), await stage.sold([("anna", 1000)], currency="USD")
    assert (at_the_provider(stage, others), at_the_provider(stage, foreign)) == ([900], [900])
    assert await balance(stage, debt, Account.SELLER_DEBT) == 900


async def test_a_sale_that_paid_a_debt_and_is_refunded_leaves_the_debt_again_without_a_call(stage: Stage) -> None:
    debt = await owing(stage, "anna", 1000)
    sale = await stage.sold([("anna", 3000)])
    calls = len(stage.sandbox.world.reversals.rows)
    await stage.refund(sale, 3000)
    await stage.settle()
    assert len(stage.sandbox.world.reversals.rows) == calls + 1, "only what was sent is asked back"
    assert at_the_provider(stage, sale) == [0]
    owed = await balance(stage, debt, Account.SELLER_DEBT), await balance(stage, sale, Account.SELLER_DEBT)
    assert owed == (0, 900)
    last = await stage.sold([("anna", 2000)])
    assert (at_the_provider(stage, last), await balance(stage, sale, Account.SELLER_DEBT)) == ([900], 0)


async def test_what_was_sent_is_asked_back_before_what_was_kept(stage: Stage) -> None:
    await owing(stage, "anna", 1000)
    sale = await stage.sold([("anna", 3000)])
    await stage.refund(sale, 1000)
    await stage.settle()
    assert (at_the_provider(stage, sale), await balance(stage, sale, Account.SELLER_DEBT)) == ([900], 0)


async def test_a_paid_debt_that_is_not_needed_any_more_is_given_back(stage: Stage) -> None:
    stage.sandbox.add_balance(None, 100_000, "eur")
    payment_id = await stage.sold([("anna", 1000)])
    await refunded_in_vain(stage, payment_id, 1000)
    sale = await stage.sold([("anna", 3000)])
    assert at_the_provider(stage, sale) == [1800]
    for refund in list(stage.sandbox.world.refunds.rows):
        stage.sandbox.fail_refund(refund)
    await stage.settle()
    assert at_the_provider(stage, payment_id) == [900, 900], "the share that was never taken, and what paid for it"


async def test_a_debt_that_was_taken_back_after_all_meanwhile_is_given_back_too(stage: Stage) -> None:
    stage.sandbox.add_balance(None, 100_000, "eur")
    debt = await owing(stage, "anna", 1000)
    sale = await stage.sell([("anna", 3000)])
    while (
        await stage.deliver()
        + await worker.run_once(stage.money.inbox_worker)
        + await worker.run_once(stage.money.check_worker)
    ):
        pass
    (share,) = await rows(stage, SellerTransfer, sale)
    async with stage.database.write("test") as session:
        kept = await nettings.keep(session, await payment_frame.lock(session, sale), share.id)
    assert kept == 900
    (transfer,) = await rows(stage, SellerTransfer, debt)
    stage.sandbox.reverse_in_dashboard(transfer.stripe_transfer_id, 900)
    await stage.deliver()
    await stage.settle()
    assert at_the_provider(stage, debt) == [0, 900]
    assert await balance(stage, debt, Account.SELLER_DEBT) == 0


async def test_where_netting_is_off_the_debt_stays_and_the_share_is_sent_at_once(open_stage: OpenStage) -> None:
    stage = await open_stage(rules=replace(RULES, netting_enabled=False))
    await stage.seller("anna")
    debt = await owing(stage, "anna", 1000)
    sale = await stage.sold([("anna", 1000)])
    assert (at_the_provider(stage, sale), await balance(stage, debt, Account.SELLER_DEBT)) == ([900], 900)


async def test_a_seller_sees_what_was_kept(stage: Stage) -> None:
    await owing(stage, "anna", 1000)
    await stage.sold([("anna", 400)])
    async with stage.database.read() as session:
        (mine,) = await balances.of_seller(session, "anna")
    assert (mine.netted_minor, mine.debt_minor, mine.sent_minor) == (360, 540, 900)


@pytest.mark.parametrize("lost", ["kept", "counted"])
async def test_the_law_sees_a_netting_that_is_counted_on_one_side_only(stage: Stage, lost: str) -> None:
    debt = await owing(stage, "anna", 1000)
    sale = await stage.sold([("anna", 3000)])
    (kept,) = [one for one in await rows(stage, SellerTransfer, sale) if is_kept(one)]
    async with stage.database.write("test") as session:
        (row,) = (await session.scalars(select(Netting))).all()
        assert (row.transfer_id, row.debt_payment_id) == (kept.id, debt)
        if lost == "kept":
            row.amount_minor = 899
        else:
            row.paid_at = None
        await session.flush()
        payment = await payments.find(session, sale if lost == "kept" else debt)
        found = [plain(one) for one in await invariants.check(session, payment)]
    assert [one for one in found if "netting" in one]
    async with stage.database.write("test") as session:
        row = (await session.scalars(select(Netting))).one()
        row.amount_minor, row.paid_at = 900, session.now
