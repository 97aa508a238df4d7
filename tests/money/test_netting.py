"""A seller's debt is paid from their later sales: kept before the share is sent, counted once on both sides."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from veza.kit import worker
from veza.kit.database import Session
from veza.money import discoveries, law, ledger, nettings, payments, reversals, sellers, standing, transfers
from veza.money.causes import Cause, CauseKind
from veza.money.findings import Finding, FindingKind
from veza.money.ledger import Account, moved, post
from veza.money.nettings import Netting
from veza.money.payments import Payment
from veza.money.reversals import TransferReversal
from veza.money.simulator.stage import Stage
from veza.money.stripe.live import thawed
from veza.money.transfers import SellerTransfer, is_kept

REVERSING = r"/reversals$"


async def owing(stage: Stage, seller: str, gross_minor: int) -> UUID:
    """A sale that was refunded, of which the seller's share could not be taken back: 90 % of it is their debt."""
    payment_id = await stage.sold([(seller, gross_minor)])
    await refunded_in_vain(stage, payment_id, gross_minor)
    return payment_id


async def refunded_in_vain(stage: Stage, payment_id: UUID, gross_minor: int) -> None:
    rule = stage.sandbox.add_fault("refused", path=REVERSING)
    await stage.refund(payment_id, gross_minor)
    await stage.settle()
    stage.sandbox.clear_faults(rule["id"])


async def rows(stage: Stage, model: type, payment_id: UUID) -> Sequence:
    async with stage.database.read() as session:
        return (await session.scalars(select(model).where(model.payment_id == payment_id).order_by(model.id))).all()


async def balance(stage: Stage, payment_id: UUID, account: Account) -> int:
    async with stage.database.read() as session:
        return (await ledger.balances(session, payment_id))[account]


def at_the_provider(stage: Stage, payment_id: UUID) -> list[int]:
    return [
        one["amount"] - one["amount_reversed"]
        for one in stage.sandbox.world.transfers.rows.values()
        if one["transfer_group"] == str(payment_id)
    ]


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


async def test_nobody_elses_sale_pays_it_and_no_other_currency_does(stage: Stage) -> None:
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
        await stage.deliver() + await worker.run_once(stage.room.inbox) + await worker.run_once(stage.room.check_worker)
    ):
        pass
    (share,) = await rows(stage, SellerTransfer, sale)
    async with stage.database.write("test") as session:
        kept = await nettings.keep(session, await payments.lock(session, sale), share.id)
    assert kept == 900
    (transfer,) = await rows(stage, SellerTransfer, debt)
    stage.sandbox.reverse_in_dashboard(transfer.stripe_transfer_id, 900)
    await stage.deliver()
    await stage.settle()
    assert at_the_provider(stage, debt) == [0, 900]
    assert await balance(stage, debt, Account.SELLER_DEBT) == 0


async def test_where_netting_is_off_the_debt_stays_and_the_share_is_sent(stage: Stage) -> None:
    debt = await owing(stage, "anna", 1000)
    stage.room.netting_worker.is_enabled = False
    sale = await stage.sold([("anna", 1000)])
    await stage.pass_time(nettings.HELD_FOR)
    assert (at_the_provider(stage, sale), await balance(stage, debt, Account.SELLER_DEBT)) == ([900], 900)


async def test_a_seller_sees_what_was_kept(stage: Stage) -> None:
    await owing(stage, "anna", 1000)
    await stage.sold([("anna", 400)])
    async with stage.database.read() as session:
        (mine,) = await standing.of_seller(session, "anna")
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
        found = [str(one) for one in await law.check(session, payment)]
    assert [one for one in found if "netting" in one]
    async with stage.database.write("test") as session:
        row = (await session.scalars(select(Netting))).one()
        row.amount_minor, row.paid_at = 900, session.now


async def test_a_lowering_that_a_restore_lost_is_seen_at_the_provider_and_the_rest_is_owed(stage: Stage) -> None:
    sale = await stage.sell([("anna", 3000)])
    while await stage.deliver() + await worker.run_once(stage.room.inbox):
        pass
    await worker.run_once(stage.room.check_worker)
    (share,) = await rows(stage, SellerTransfer, sale)
    seen = {"id": "tr_before", "object": "transfer", "amount": 1800, "currency": "eur", "destination": "acct_1"}
    async with stage.database.write("test") as session:
        payment = await payments.lock(session, sale)
        row = await transfers.find(session, share.id)
        await discoveries.transfer_seen(session, payment, row, seen, because="compared")
    sent, rest = await rows(stage, SellerTransfer, sale)
    assert (sent.status, sent.sent_minor, sent.stripe_transfer_id) == ("completed", 1800, "tr_before")
    assert (rest.status, rest.sent_minor, rest.cause_kind) == ("pending", 900, "sale")


async def test_a_share_is_held_for_the_worker_only_where_the_seller_owes(stage: Stage) -> None:
    await stage.seller("ben")
    await owing(stage, "anna", 1000)
    sale = await stage.sell([("anna", 1000), ("ben", 1000)])
    while (
        await stage.deliver() + await worker.run_once(stage.room.inbox) + await worker.run_once(stage.room.check_worker)
    ):
        pass
    waits = {row.seller_id: row.next_retry_at - stage.clock.now() for row in await rows(stage, SellerTransfer, sale)}
    assert (waits["anna"], waits["ben"]) == (nettings.HELD_FOR, timedelta())


async def unsent_share(stage: Stage, gross_minor: int) -> tuple[UUID, UUID]:
    """A sale whose share waits for the netting worker; its payment and its transfer."""
    sale = await stage.sell([("anna", gross_minor)])
    while await stage.deliver() + await worker.run_once(stage.room.inbox):
        pass
    await worker.run_once(stage.room.check_worker)
    (share,) = await rows(stage, SellerTransfer, sale)
    return sale, share.id


async def keep(stage: Stage, sale: UUID, share: UUID) -> int:
    async with stage.database.write("test") as session:
        return await nettings.keep(session, await payments.lock(session, sale), share)


async def test_what_was_kept_for_a_debt_follows_the_rest_of_it(any_stage: Stage) -> None:
    debt = await owing(any_stage, "anna", 1000)
    shares = [await unsent_share(any_stage, gross) for gross in (400, 1000, 1000)]
    assert [await keep(any_stage, *share) for share in shares[:2]] == [360, 540]
    async with any_stage.database.write("test") as session:
        (first, _) = (await session.scalars(select(Netting).order_by(Netting.id))).all()
        await nettings.pay(session, await payments.lock(session, debt), first.id)
    assert await keep(any_stage, *shares[2]) == 0, "all of it is kept for already"
    await any_stage.settle()
    assert await balance(any_stage, debt, Account.SELLER_DEBT) == 0
    (transfer,) = await rows(any_stage, SellerTransfer, debt)
    assert transfer.netted_minor == 900
    assert await any_stage.violations() == []


async def test_a_debt_that_is_being_changed_is_waited_for(postgres_stage: Stage) -> None:
    debt = await owing(postgres_stage, "anna", 1000)
    sale, share = await unsent_share(postgres_stage, 1000)
    async with postgres_stage.database.write("somebody else") as session:
        await reversals.locked_of(session, debt)
        assert await keep(postgres_stage, sale, share) == 0
    (row,) = await rows(postgres_stage, SellerTransfer, sale)
    assert row.next_retry_at - postgres_stage.clock.now() == nettings.HELD_FOR
    assert await keep(postgres_stage, sale, share) == 900
    await postgres_stage.settle()


async def test_a_netting_that_cannot_be_counted_is_told_and_holds_up_no_other(stage: Stage) -> None:
    await stage.seller("ben")
    debts = [await owing(stage, "anna", 1000), await owing(stage, "ben", 1000)]
    sales = [await stage.sell([(seller, 1000)]) for seller in ("anna", "ben")]
    real, broken = nettings.pay, debts[0]

    async def pay(session: Session, payment: Payment, netting_id: UUID) -> bool:
        if payment.id == broken:
            raise RuntimeError("planted")
        return await real(session, payment, netting_id)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nettings, "pay", pay)
        for _ in range(20):
            with suppress(RuntimeError):
                await stage.settle()
    assert await balance(stage, debts[1], Account.SELLER_DEBT) == 0
    (told,) = [one for one in await stage.all(Finding) if one.kind == FindingKind.RUN_FAILED]
    assert (told.payment_id, "planted" in told.message) == (broken, True)
    await stage.pass_time(timedelta(minutes=6))
    assert [await balance(stage, debt, Account.SELLER_DEBT) for debt in debts] == [0, 0]
    assert at_the_provider(stage, sales[0]) == []


async def test_keeping_waits_for_nobody_who_holds_the_debts_payment(postgres_stage: Stage) -> None:
    debt = await owing(postgres_stage, "anna", 1000)
    sale, share = await unsent_share(postgres_stage, 1000)
    async with postgres_stage.database.write("somebody else") as session:
        await payments.lock(session, debt)
        async with asyncio.timeout(5):
            assert await keep(postgres_stage, sale, share) == 900
    await postgres_stage.settle()


async def test_what_was_kept_and_paid_nothing_for_long_is_a_broken_promise(stage: Stage) -> None:
    debt = await owing(stage, "anna", 1000)
    assert await keep(stage, *await unsent_share(stage, 1000)) == 900
    stage.clock.advance(timedelta(minutes=11))
    (said,) = (await law.check_all(stage.database))[1]
    assert (said.payment_id, "has paid nothing" in said.message) == (debt, True)
    await stage.settle()
    assert (await law.check_all(stage.database))[1] == []


async def test_more_kept_than_a_transfer_ever_sent_goes_back(stage: Stage) -> None:
    stage.sandbox.add_balance(None, 100_000, "eur")
    debt = await owing(stage, "anna", 1000)
    first, second = await unsent_share(stage, 1000), await unsent_share(stage, 1000)
    assert await keep(stage, *first) == 900
    async with stage.database.write("a fault of ours") as session:
        await session.execute(update(Netting).values(reversal_id=Netting.reversal_id, paid_at=session.now))
    assert await keep(stage, *second) == 900
    async with stage.database.write("a fault of ours") as session:
        await session.execute(update(Netting).values(paid_at=None))
    await stage.settle()
    assert sorted(at_the_provider(stage, debt)) == [900, 900]
    assert await stage.violations() == []


@pytest.mark.parametrize("there_minor", [1800, 2700])
async def test_a_worker_that_looks_first_takes_the_amount_the_provider_has(stage: Stage, there_minor: int) -> None:
    """After a restore: what was lowered before it was sent, or is lowered here and was sent whole."""
    sale, share = await unsent_share(stage, 3000)
    (row,) = await rows(stage, SellerTransfer, sale)
    async with stage.database.read() as session:
        account = (await sellers.find(session, "anna")).stripe_account_id
    body = {**thawed(transfers.request_of(row, str(account))), "amount": there_minor}
    assert (await stage.room.gateway.create_transfer(body, key="before the restore", ready=lambda: True)).is_ok
    async with stage.database.write("restored") as session:
        payment = await payments.lock(session, sale)
        restored = await transfers.find(session, share)
        await transfers.machine.amend(session, restored, look_first=True, next_retry_at=session.now)
        if there_minor == 2700:
            await transfers.lower(session, payment, restored, 900, because="test")
            cause = Cause(CauseKind.REBALANCE, session.new_id())
            await transfers.add(session, payment, "anna", 900, cause, because="test")
            post(session, sale, "EUR", "test", moved(Account.SHARES_UNSENT, Account.TO_RECOVER, 900, "anna"))
    stage.sandbox.add_balance(None, 100_000, "eur")
    await stage.settle()
    assert sum(at_the_provider(stage, sale)) == 2700
    (row,) = [one for one in await rows(stage, SellerTransfer, sale) if one.id == share]
    assert (row.status, row.sent_minor) == ("completed", there_minor)
