"""What sellers and operators do in a simulated run. Each action says what it did, or None if it could not."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from uuid import UUID

from sqlalchemy import insert, select, update

from veza.kit.messages import verbatim
from veza.kit.money import BadAmount
from veza.lab.sandbox.currencies import amount_step
from veza.lab.simulator.ground import rows_of
from veza.lab.simulator.processes import Process
from veza.lab.simulator.run import Run, Sale
from veza.money import payment_frame, refunding, sellers
from veza.money.catch_up import CatchUpFailed, catch_up
from veza.money.differences import CannotReconcile
from veza.money.discoveries import our_id
from veza.money.operator import NothingToRetry, retry_transfer
from veza.money.reconciliation import reconcile
from veza.money.refunds import NotRefundable
from veza.money.sellers import Seller
from veza.money.stripe.definite import ProviderRefused, ProviderUnavailable
from veza.money.transfers import SellerTransfer

ONBOARDED, CAPABLE, NEW = ("anna", "bert"), "carl", "dora"
LONG_AGO = timedelta(days=400)


async def open_shop(run: Run) -> None:
    """Four sellers: two ready, one without the capability yet, one without an account."""
    ready = {name: str(run.sandbox.new_account()["id"]) for name in ONBOARDED}
    rows = [{"id": name, "stripe_account_id": account, "transfers_active": True} for name, account in ready.items()]
    waiting = str(run.sandbox.new_account(onboarded=False)["id"])
    rows.append({"id": CAPABLE, "stripe_account_id": waiting, "transfers_active": False})
    rows.append({"id": NEW, "stripe_account_id": None, "transfers_active": False})
    async with run.processes[0].database.write("shop") as session:
        more = {"country": "DE", "created_at": session.now}
        await session.execute(insert(Seller), [{**row, "name": row["id"], **more} for row in rows])


async def refund_part(run: Run, dice: Random) -> str | None:
    """An operator refunds part of a payment."""
    if not run.sales:
        return None
    sale = dice.choice(run.sales)
    step = amount_step(sale.currency.lower())
    amount = step * dice.randint(1, max(1, sale.amount_minor // step * 6 // 10))
    return await _refund(run, sale, amount, None)


async def refund_line(run: Run, dice: Random) -> str | None:
    """An operator refunds one line, wholly or in part."""
    if not run.sales:
        return None
    sale = dice.choice(run.sales)
    line, gross = dice.choice(sale.lines)
    step = amount_step(sale.currency.lower())
    amount = dice.choice((gross, max(1, gross // step // 2) * step))
    return await _refund(run, sale, amount, {line: amount})


async def refund_all(run: Run, dice: Random) -> str | None:
    """An operator refunds a whole payment, as far as it is still there."""
    if not run.sales:
        return None
    sale = dice.choice(run.sales)
    return await _refund(run, sale, None, None)


async def refund_whole(run: Run, payment_id: UUID) -> None:
    """An operator refunds what is left of this payment."""
    for sale in run.sales:
        if sale.payment_id == payment_id:
            await _refund(run, sale, None, None)


async def refund_too_much(run: Run, dice: Random) -> str | None:
    """An operator asks for more than was paid: refused before anything is sent."""
    if not run.sales:
        return None
    sale = dice.choice(run.sales)
    return await _refund(run, sale, sale.amount_minor + amount_step(sale.currency.lower()), None)


async def _refund(run: Run, sale: Sale, amount: int | None, lines: dict[UUID, int] | None) -> str:
    process = run.a_process()
    said = [f"an operator's request to refund {amount or 'all'} of {sale.payment_id} died with its process"]

    async def request() -> None:
        try:
            async with process.database.write("operator") as session:
                frame = await payment_frame.lock(session, sale.payment_id)
                left = sum((await refunding.unreserved(session, frame)).values())
                asked, named = left if amount is None else amount, (lines or {}).items()
                await refunding.request(
                    session, frame, asked, sale.currency, reason=verbatim("simulated"), line_amounts=named
                )
            said[0] = f"an operator refunds {asked} {sale.currency} of {sale.payment_id}"
        except (BadAmount, NotRefundable) as refusal:
            said[0] = f"a refund is not taken: {refusal}"

    await run.act("refund request", request(), process)
    return said[0]


async def retry(run: Run, dice: Random) -> str | None:
    """An operator retries a transfer that was given up."""
    stuck = select(SellerTransfer.id).where(SellerTransfer.status == "permanently_failed")
    found = await rows_of(run.engine, stuck.order_by(SellerTransfer.id))
    if not found:
        return None
    (transfer_id,) = dice.choice(found)
    process = run.a_process()

    async def again() -> None:
        try:
            async with process.database.write("operator") as session:
                await retry_transfer(session, transfer_id, "simulated retry")
        except NothingToRetry:
            return

    await run.act("retry", again(), process)
    return f"an operator retries transfer {transfer_id}"


async def connect_account(run: Run, dice: Random) -> str | None:
    """The seller without an account opens one."""
    process = run.a_process()

    async def onboard() -> None:
        try:
            await sellers.onboard(
                process.database, process.money.gateway, NEW, NEW, "DE", return_url="http://simulator/", actor=NEW
            )
        except (ProviderRefused, ProviderUnavailable):
            return

    await run.act("onboard", onboard(), process)
    return "seller dora connects an account"


async def fill_in_form(run: Run, dice: Random) -> str | None:
    """A seller fills in the provider's onboarding form."""
    unfinished = [one["id"] for one in run.sandbox.world.accounts.rows.values() if not one["details_submitted"]]
    if not unfinished:
        return None
    account = dice.choice(unfinished)
    run.sandbox.complete_onboarding(account)
    return f"{account} is onboarded"


async def reconcile_now(run: Run, dice: Random) -> str | None:
    """An operator reconciles the last month and applies what was found."""
    process = run.a_process()
    run.scheduler.spawn("reconcile", process, _reconcile(process))
    return "an operator reconciles"


async def _reconcile(process: Process) -> None:
    try:
        await reconcile(process.database, process.money.gateway, since=LONG_AGO, apply=True)
    except CannotReconcile:
        return


async def catch_up_now(run: Run, dice: Random) -> str | None:
    """An operator fetches the events that were missed."""
    process = run.a_process()
    run.scheduler.spawn("catch up", process, _catch_up(process))
    return "an operator catches up on events"


async def _catch_up(process: Process) -> None:
    try:
        await catch_up(process.database, process.money.gateway, process.money.inbox, LONG_AGO)
    except CatchUpFailed:
        return


async def forget_provider_id(run: Run, dice: Random) -> str | None:
    """A row of an older system: it says completed, and does not know its transfer at the provider, which names it.

    A row that took over what a lost row had sent is none: its transfer names the lost row, and nothing makes it forget.
    """
    done = select(SellerTransfer.id, SellerTransfer.stripe_transfer_id).where(
        SellerTransfer.status == "completed",
        SellerTransfer.reversed_minor == 0,
        SellerTransfer.stripe_transfer_id.is_not(None),
    )
    there = run.sandbox.world.transfers.rows
    found = [
        row_id
        for row_id, transfer in await rows_of(run.engine, done.order_by(SellerTransfer.id))
        if our_id(there[transfer], "veza_transfer") == row_id
    ]
    if not found:
        return None
    transfer_id = dice.choice(found)
    async with run.processes[0].database.write("import") as session:
        forget = update(SellerTransfer).where(SellerTransfer.id == transfer_id)
        await session.execute(forget.values(stripe_transfer_id=None))
    run.legacy.add(transfer_id)
    return f"transfer {transfer_id} is a legacy row"
