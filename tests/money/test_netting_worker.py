"""The netting worker and others at the same time: what is held for it, kept once, told, and found after a restore."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from tests.money.netting_acts import (
    at_the_provider,
    balance,
    keep,
    owing,
    rows,
    unsent_share,
)
from tests.pseudo_language import plain
from veza.kit import worker
from veza.kit.database import Session
from veza.kit.messages import verbatim
from veza.lab.simulator.stage import Stage
from veza.money import (
    discoveries,
    invariants,
    nettings,
    operator,
    payment_frame,
    payments,
    requests,
    sellers,
    sending,
    transfers,
)
from veza.money.causes import Cause, CauseKind
from veza.money.findings import Finding, FindingKind
from veza.money.ledger import Account, moved, post
from veza.money.nettings import Netting
from veza.money.payment_frame import PaymentFrame
from veza.money.stripe.live import thawed
from veza.money.transfers import SellerTransfer


async def test_a_lowering_that_a_restore_lost_is_seen_at_the_provider_and_the_rest_is_owed(stage: Stage) -> None:
    sale = await stage.sell([("anna", 3000)])
    while await stage.deliver() + await worker.run_once(stage.money.inbox_worker):
        pass
    await worker.run_once(stage.money.check_worker)
    (share,) = await rows(stage, SellerTransfer, sale)
    seen = {"id": "tr_before", "object": "transfer", "amount": 1800, "currency": "eur", "destination": "acct_1"}
    async with stage.database.write("test") as session:
        frame = await payment_frame.lock(session, sale)
        row = await transfers.find(session, share.id)
        await discoveries.transfer_seen(session, frame, row, seen, because=verbatim("compared"))
    sent, rest = await rows(stage, SellerTransfer, sale)
    assert (sent.status, sent.sent_minor, sent.stripe_transfer_id) == ("completed", 1800, "tr_before")
    assert (rest.status, rest.sent_minor, rest.cause_kind) == ("pending", 900, "sale")


async def test_a_share_is_held_for_the_worker_only_where_the_seller_owes(stage: Stage) -> None:
    await stage.seller("ben")
    await owing(stage, "anna", 1000)
    sale = await stage.sell([("anna", 1000), ("ben", 1000)])
    while (
        await stage.deliver()
        + await worker.run_once(stage.money.inbox_worker)
        + await worker.run_once(stage.money.check_worker)
    ):
        pass
    transfer_worker = stage.money.transfer_worker
    await worker.run_once(transfer_worker)
    stage.clock.advance(nettings.HELD_FOR - timedelta(seconds=1))
    await worker.run_once(transfer_worker)
    assert {row.seller_id: row.status for row in await rows(stage, SellerTransfer, sale)} == {
        "anna": "pending",
        "ben": "completed",
    }
    stage.clock.advance(timedelta(seconds=1))
    await worker.run_once(transfer_worker)
    assert {row.status for row in await rows(stage, SellerTransfer, sale)} == {"completed"}


async def test_a_share_that_an_operator_retries_is_held_too(stage: Stage) -> None:
    sale, share = await unsent_share(stage, 1000)
    rule = stage.sandbox.add_fault("refused", path="/v1/transfers")
    await stage.settle()
    stage.sandbox.clear_faults(rule["id"])
    await owing(stage, "anna", 1000)
    async with stage.database.write("an operator") as session:
        await operator.retry_transfer(session, share, "mended")
    assert await stage.money.transfer_worker.claim(10) == []
    assert await keep(stage, sale, share) == 900


async def test_what_was_kept_for_a_debt_follows_the_rest_of_it(any_stage: Stage) -> None:
    debt = await owing(any_stage, "anna", 1000)
    shares = [await unsent_share(any_stage, gross) for gross in (400, 1000, 1000)]
    assert [await keep(any_stage, *share) for share in shares[:2]] == [360, 540]
    async with any_stage.database.write("test") as session:
        (first, _) = (await session.scalars(select(Netting).order_by(Netting.id))).all()
        await nettings.pay(session, await payment_frame.lock(session, debt), first.id)
    assert await keep(any_stage, *shares[2]) == 0, "all of it is kept for already"
    await any_stage.settle()
    assert await balance(any_stage, debt, Account.SELLER_DEBT) == 0
    (transfer,) = await rows(any_stage, SellerTransfer, debt)
    assert transfer.netted_minor == 900
    assert await any_stage.violations() == []


async def test_a_debt_that_is_being_changed_is_waited_for(postgres_stage: Stage) -> None:
    debt = await owing(postgres_stage, "anna", 1000)
    sale, share = await unsent_share(postgres_stage, 1000)
    async with postgres_stage.database.write("another process") as session:
        await PaymentFrame(await payments.find(session, debt)).reversals(session)
        assert await keep(postgres_stage, sale, share) == 0
    assert await postgres_stage.money.transfer_worker.claim(10) == []
    assert await keep(postgres_stage, sale, share) == 900
    await postgres_stage.settle()


async def test_a_netting_that_cannot_be_counted_is_told_and_holds_up_no_other(stage: Stage) -> None:
    await stage.seller("ben")
    debts = [await owing(stage, "anna", 1000), await owing(stage, "ben", 1000)]
    sales = [await stage.sell([(seller, 1000)]) for seller in ("anna", "ben")]
    real, broken = nettings.pay, debts[0]

    async def pay(session: Session, frame: PaymentFrame, netting_id: UUID) -> bool:
        if frame.payment.id == broken:
            raise RuntimeError("planted")
        return await real(session, frame, netting_id)

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


async def test_keeping_does_not_wait_for_a_lock_on_the_debts_payment(postgres_stage: Stage) -> None:
    debt = await owing(postgres_stage, "anna", 1000)
    sale, share = await unsent_share(postgres_stage, 1000)
    async with postgres_stage.database.write("another process") as session:
        await payments.lock(session, debt)
        async with asyncio.timeout(5):
            assert await keep(postgres_stage, sale, share) == 900
    await postgres_stage.settle()


async def test_what_was_kept_and_paid_nothing_for_long_is_a_broken_promise(stage: Stage) -> None:
    debt = await owing(stage, "anna", 1000)
    assert await keep(stage, *await unsent_share(stage, 1000)) == 900
    stage.clock.advance(timedelta(minutes=11))
    (said,) = (await invariants.check_all(stage.database))[1]
    assert (said.payment_id, "has paid nothing" in plain(said.message)) == (debt, True)
    await stage.settle()
    assert (await invariants.check_all(stage.database))[1] == []


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
    body = {**thawed(requests.transfer(row, str(account))), "amount": there_minor}
    assert (await stage.money.gateway.create_transfer(body, key="before the restore", ready=lambda: True)).is_ok
    async with stage.database.write("restored") as session:
        frame = await payment_frame.lock(session, sale)
        restored = await transfers.find(session, share)
        await transfers.machine.update(session, restored, look_first=True, next_retry_at=session.now)
        if there_minor == 2700:
            await sending.lower(session, frame, restored, 900, because=verbatim("test"))
            cause = Cause(CauseKind.REBALANCE, session.new_id())
            await sending.add(session, frame, "anna", 900, cause, because=verbatim("test"))
            post(session, sale, "EUR", "test", moved(Account.SHARES_UNSENT, Account.TO_RECOVER, 900, "anna"))
    stage.sandbox.add_balance(None, 100_000, "eur")
    await stage.settle()
    assert sum(at_the_provider(stage, sale)) == 2700
    (row,) = [one for one in await rows(stage, SellerTransfer, sale) if one.id == share]
    assert (row.status, row.sent_minor) == ("completed", there_minor)
