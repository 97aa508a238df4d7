"""What buyers do in a simulated run: they pay at once, or on a pay page, in time, late or never.

Each action says what it did, or None if it could not.
"""

from __future__ import annotations

from random import Random

from sqlalchemy import select

from veza.lab.sandbox.currencies import amount_step
from veza.lab.sandbox.delayed import DEBITS
from veza.lab.simulator.ground import rows_of
from veza.lab.simulator.people import CAPABLE, NEW, ONBOARDED
from veza.lab.simulator.processes import Process
from veza.lab.simulator.run import Run, Sale
from veza.money import payments
from veza.money.payments import LineDraft
from veza.money.reversals import TransferReversal

CURRENCIES = ("EUR", "EUR", "EUR", "EUR", "JPY", "USD", "KWD")
FEES = (0, 250, 1000, 1333, 10_000)
PLAIN, AT_ONCE, PENDING_REFUND, FAILING_REFUND = (
    "4242424242424242",
    "4000000000000077",
    "4000000000007726",
    "4000000000005126",
)
CARDS = (PLAIN, PLAIN, PLAIN, AT_ONCE, AT_ONCE, PENDING_REFUND, PENDING_REFUND, FAILING_REFUND)


async def sell(run: Run, dice: Random) -> str | None:
    """A buyer pays; the news is on its way."""
    return await _sell_lines(run, dice, dice.choice(CURRENCIES))


async def sell_abroad(run: Run, dice: Random) -> str | None:
    """A charge that settles in another currency than it was made in: held."""
    run.sandbox.set_switches({"settlement_currency": "usd"})
    try:
        return await _sell_lines(run, dice, dice.choice(("EUR", "JPY")))
    finally:
        run.sandbox.set_switches({"settlement_currency": None})


async def _sell_lines(run: Run, dice: Random, currency: str, lines: list[LineDraft] | None = None) -> str | None:
    sale = await _make(run, dice, currency, lines)
    if sale is None:
        return None
    run.sandbox.take_payment(
        sale.amount_minor,
        currency.lower(),
        card=dice.choice(CARDS),
        transfer_group=str(sale.payment_id),
        metadata={"veza_payment": str(sale.payment_id)},
    )
    return f"a buyer pays {sale.amount_minor} {currency} for {len(sale.lines)} lines ({sale.payment_id})"


async def buy_of_debtor(run: Run, dice: Random) -> str | None:
    """A buyer pays for something of a seller who owes what could not be taken back: the debt is kept of their share."""
    found = await rows_of(run.engine, _DEBTORS)
    if not found:
        return None
    seller, currency = dice.choice(found)
    step = amount_step(currency.lower())
    line = LineDraft(seller, "track", step * dice.randint(60, 3000), dice.choice(FEES))
    return await _sell_lines(run, dice, currency, [line])


_DEBTORS = (
    select(TransferReversal.seller_id, TransferReversal.currency)
    .where(TransferReversal.status == "permanently_failed")
    .order_by(TransferReversal.id)
)


async def open_checkout(run: Run, dice: Random) -> str | None:
    """A buyer is sent to a checkout session, and may pay it or not."""
    sale = await _at_checkout(run, dice)
    if sale is None:
        return None
    if sale.checkout is None:
        return f"a checkout for {sale.payment_id} could not be opened"
    if dice.random() < 0.5:
        run.sandbox.pay_checkout(sale.checkout)
        return f"a buyer pays checkout {sale.checkout} ({sale.payment_id})"
    return f"a buyer leaves checkout {sale.checkout} unpaid ({sale.payment_id})"


async def pay_by_debit(run: Run, dice: Random) -> str | None:
    """A buyer gives a bank account at the pay page; the bank says minutes or days later whether it pays."""
    sale = await _at_checkout(run, dice)
    if sale is None:
        return None
    if sale.checkout is None:
        return f"a checkout for {sale.payment_id} could not be opened"
    debit = dice.choice(DEBITS)
    run.sandbox.pay_checkout(sale.checkout, card=debit.iban)
    return f"a buyer gives a bank account that {debit.what} at checkout {sale.checkout} ({sale.payment_id})"


async def _at_checkout(run: Run, dice: Random) -> Sale | None:
    """A sale whose buyer was sent to a pay page; its `checkout` is None where the process died on the way."""
    sale = await _make(run, dice, "EUR")
    if sale is not None:
        process = run.a_process()
        await run.act("checkout", _checkout(process, sale), process)
    return sale


async def _checkout(process: Process, sale: Sale) -> None:
    item = {
        "price_data": {
            "currency": sale.currency.lower(),
            "unit_amount": sale.amount_minor,
            "product_data": {"name": "order"},
        },
        "quantity": 1,
    }
    meta = {"veza_payment": str(sale.payment_id)}
    body = {
        "mode": "payment",
        "line_items": [item],
        "success_url": "http://simulator/thanks",
        "metadata": meta,
        "payment_intent_data": {"metadata": meta, "transfer_group": str(sale.payment_id)},
    }
    answer = await process.money.gateway.create_checkout_session(body, key=f"checkout-{sale.payment_id}")
    if not answer.is_ok:
        return
    async with process.database.write("checkout") as session:
        payment = await payments.lock(session, sale.payment_id)
        if payment.status == "pending":
            await payments.record_checkout(session, payment, str(answer.object["id"]), None)
    sale.checkout = str(answer.object["id"])


async def pay_late(run: Run, dice: Random) -> str | None:
    """A buyer whose checkout is over pays after all, by a link made by hand."""
    stale = [sale for sale in run.sales if sale.checkout and not _is_paid(run, sale)]
    if not stale:
        return None
    sale = dice.choice(stale)
    run.sandbox.take_payment(
        sale.amount_minor,
        sale.currency.lower(),
        transfer_group=str(sale.payment_id),
        metadata={"veza_payment": str(sale.payment_id)},
    )
    return f"the buyer of {sale.payment_id} pays after all"


async def give_up_checkout(run: Run, dice: Random) -> str | None:
    """The shop opened another checkout for the same buyer: this one's page is to be closed, unless it is paid first."""
    waiting = [sale for sale in run.sales if sale.checkout and not _is_paid(run, sale)]
    if not waiting:
        return None
    sale, process = dice.choice(waiting), run.a_process()

    async def give_up() -> None:
        async with process.database.write("checkout") as session:
            await payments.give_up(session, await payments.lock(session, sale.payment_id))

    await run.act("give up", give_up(), process)
    return f"checkout {sale.checkout} is given up ({sale.payment_id})"


def _is_paid(run: Run, sale: Sale) -> bool:
    charges = run.sandbox.world.charges.find("transfer_group", str(sale.payment_id))
    return any(charge["status"] == "succeeded" for charge in charges)


async def _make(run: Run, dice: Random, currency: str, wanted: list[LineDraft] | None = None) -> Sale | None:
    lines = wanted or _cart(dice, amount_step(currency.lower()))
    made: list[Sale] = []
    process = run.a_process()

    async def create() -> None:
        async with process.database.write("shop") as session:
            payment = await payments.create(session, f"order-{session.new_id()}", currency, lines)
            sale = Sale(payment.id, currency, payment.amount_minor)
            rows = await payments.lines_of(session, payment.id)
            sale.lines = [(row.id, row.gross_minor) for row in rows]
            made.append(sale)

    await run.act("order", create(), process)
    async with process.database.read() as session:
        if not made or await session.get(payments.Payment, made[0].payment_id) is None:
            return None
    run.sales.append(made[0])
    return made[0]


def _cart(dice: Random, step: int) -> list[LineDraft]:
    names = dice.sample((*ONBOARDED * 4, CAPABLE, NEW), dice.choice((1, 1, 1, 2, 3)))
    return [
        LineDraft(dice.choice(names), f"track-{i}", step * dice.randint(60, 3000), dice.choice(FEES))
        for i in range(dice.choice((1, 1, 2, 3, 4)))
    ]
