"""The check of the books finds what is wrong with them: every kind of damage is planted and found."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from tests.money.acts import set_columns
from tests.pseudo_language import plain
from veza.lab.simulator.stage import Stage
from veza.money import invariants
from veza.money.findings import Finding
from veza.money.ledger import Account, LedgerEntry, UnbalancedPosting, balances, law_holds, post
from veza.money.payments import Payment
from veza.money.refunds import Refund
from veza.money.returns import LineReturn
from veza.money.reversals import TransferReversal
from veza.money.transfers import SellerTransfer


@pytest.fixture
async def books() -> AsyncIterator[Stage]:
    """One payment of 10.00, 4.00 of it refunded and 3.60 taken back; no check follows."""
    stage = await Stage.open()
    await stage.seller("anna")
    payment_id = await stage.sold([("anna", 1000)])
    await stage.refund(payment_id, 400)
    await stage.settle()
    assert await stage.violations() == []
    yield stage
    await stage.close()


@pytest.mark.parametrize(
    ("model", "damage", "words"),
    [
        (SellerTransfer, {"reversed_minor": 300}, "says 300 reversed, its reversals 360"),
        (SellerTransfer, {"sent_minor": 800}, "the ledger has -5.40 EUR in sent_to_sellers, the rows say -4.40 EUR"),
        (SellerTransfer, {"status": "reversal_pending"}, "is reversal_pending with reversals ['succeeded']"),
        (SellerTransfer, {"status": "canceled"}, "seller anna is owed 5.40 EUR, planned is -3.60 EUR"),
        (SellerTransfer, {"status": "pending"}, "in shares_unsent, the rows say"),
        (TransferReversal, {"amount_minor": 359}, "says 360 reversed, its reversals 359"),
        (TransferReversal, {"status": "pending"}, "says 360 reversed, its reversals 0"),
        (
            TransferReversal,
            {"status": "permanently_failed"},
            "the ledger has 0.00 EUR in seller_debt, the rows say 3.60",
        ),
        (TransferReversal, {"surplus_minor": 100}, "seller anna is owed 5.40 EUR, planned is 6.40 EUR"),
        (Refund, {"status": "failed"}, "the ledger has -4.00 EUR in refunded, the rows say 0.00 EUR"),
        (LineReturn, {"amount_minor": 500}, "seller anna is owed 4.50 EUR, planned is 5.40 EUR"),
        (LineReturn, {"amount_minor": 1001}, "line 0 returned more than its gross"),
        (Payment, {"amount_minor": 999}, "the conservation law does not hold"),
    ],
    ids=str,
)
async def test_damage_is_found_and_said_in_a_sentence(
    books: Stage, model: type[Any], damage: dict[str, Any], words: str
) -> None:
    await set_columns(books, model, (await books.one(model)).id, **damage)
    found = await books.violations()
    assert any(words in plain(one) for one in found), found
    assert all("\n" not in one for one in found)


@pytest.mark.parametrize("account", [account for account in Account if account is not Account.PLATFORM_CASH])
async def test_a_planted_posting_is_found(books: Stage, account: Account) -> None:
    payment = await books.one(Payment)
    async with books.database.write() as session:
        legs = [(account, 5, None), (Account.PLATFORM_CASH, -5, None)]
        post(session, payment.id, "EUR", "planted", legs)
    outside = account is Account.PROVIDER_FEES
    assert (await books.violations() == []) == outside, "provider fees are outside the law"


async def test_a_damaged_book_becomes_a_finding_once(books: Stage) -> None:
    await set_columns(books, Payment, (await books.one(Payment)).id, amount_minor=999)
    for _ in range(2):
        checked, found = await invariants.check_all(books.database, report=True)
        assert (checked, len(found) > 0) == (1, True)
    assert [one.kind for one in await books.all(Finding)] == ["law_broken"]


async def test_a_posting_that_does_not_balance_is_refused_and_writes_nothing(books: Stage) -> None:
    payment, before = await books.one(Payment), len(await books.all(LedgerEntry))
    with pytest.raises(UnbalancedPosting, match="is off by 1"):
        async with books.database.write() as session:
            post(session, payment.id, "EUR", "wrong", [(Account.LOSS, 5, None), (Account.REFUNDED, -4, None)])
    assert len(await books.all(LedgerEntry)) == before


async def test_a_posting_of_nothing_writes_nothing(books: Stage) -> None:
    payment, before = await books.one(Payment), len(await books.all(LedgerEntry))
    async with books.database.write() as session:
        post(session, payment.id, "EUR", "nothing", [(Account.LOSS, 0, None), (Account.REFUNDED, 0, None)])
    assert len(await books.all(LedgerEntry)) == before


async def test_debits_equal_credits_over_the_whole_ledger(books: Stage) -> None:
    async with books.database.read() as session:
        assert await invariants.books_sum_to_zero(session)
    async with books.database.write() as session:
        row = (await session.scalars(select(LedgerEntry).limit(1))).one()
        mine = update(LedgerEntry).where(LedgerEntry.id == row.id)
        await session.execute(mine.values(amount_minor=row.amount_minor + 1))
    async with books.database.read() as session:
        assert not await invariants.books_sum_to_zero(session)


async def test_the_law_over_one_payment_in_numbers(books: Stage) -> None:
    payment = await books.one(Payment)
    async with books.database.read() as session:
        of = await balances(session, payment.id)
    assert {account: minor for account, minor in of.items() if minor} == {
        Account.PLATFORM_CASH: 1000 - payment.provider_fee_minor,
        Account.PROVIDER_FEES: payment.provider_fee_minor,
        Account.PLATFORM_REVENUE: -60,
        Account.SENT_TO_SELLERS: -540,
        Account.REFUNDED: -400,
    }
    assert law_holds(1000, of)
    assert not law_holds(1001, of)


async def test_more_payments_than_a_page_are_all_checked(books: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invariants, "BATCH", 2)
    for _ in range(4):
        await books.sell([("anna", 1000)])
    await books.settle()
    last = (await books.all(Payment))[-1]
    async with books.database.write() as session:
        entry = {"id": session.new_id(), "posting_id": session.new_id(), "payment_id": last.id, "account": "loss",
                 "currency": "EUR", "amount_minor": 7, "memo": "planted", "at": session.now}  # fmt: skip
        await session.execute(insert(LedgerEntry), entry)
    checked, found = await invariants.check_all(books.database)
    assert (checked, {one.payment_id for one in found}) == (5, {last.id})
    books.clock.advance(timedelta(days=1))
