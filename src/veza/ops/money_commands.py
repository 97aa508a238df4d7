"""`veza money`: what an operator looks at and mends; the same data and actions as the API and the pages."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veza.ops.application import Application
from veza.ops.command import Json, Url, print_json
from veza.ops.money_command import by_operator, duration, operator, tell, with_application
from veza.ops.terminal import echo
from veza.settings import Settings

if TYPE_CHECKING:
    from veza.kit.database import Session

money = typer.Typer(
    name="money",
    help="Payments, refunds, sellers' transfers: look at them, try again, compare with the provider.",
    no_args_is_help=True,
)
Since = Annotated[str, typer.Option(help="How far back, such as 12h, 7d or 30d.")]
AnyId = Annotated[str, typer.Argument(help="Any id, ours or the provider's: payment, order, refund, tr_…, req_…")]


class Listed(StrEnum):
    """What `veza money list` lists."""

    TRANSFERS = "transfers"
    PAYMENTS = "payments"
    REFUNDS = "refunds"
    SELLERS = "sellers"
    FINDINGS = "findings"


@money.command(name="list")
def list_rows(
    context: typer.Context,
    what: Annotated[Listed, typer.Argument(help="What to list.")] = Listed.TRANSFERS,
    state: Annotated[str | None, typer.Option(help="Only in this state, such as permanently_failed.")] = None,
    seller: Annotated[str | None, typer.Option(help="Only of this seller (transfers and payments).")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many, the newest.")] = 50,
    database_url: Url = None,
    as_json: Json = False,
) -> None:
    """List transfers (or payments, refunds, sellers, open findings), newest first."""
    from veza.ops import money_tables, money_views

    async def read(application: Application) -> list[Any]:
        async with application.database.read() as session:
            return await money_views.rows(session, what.value, limit, state=state, seller=seller)

    rows = with_application(context, database_url, read)
    if as_json:
        print_json({"items": [money_views.as_json(row) for row in rows]})
    else:
        money_tables.print_rows(what.value, rows, limit)


@money.command()
def show(context: typer.Context, wanted: AnyId, database_url: Url = None, as_json: Json = False) -> None:
    """Show a payment with its lines, refunds, transfers, reversals, disputes, books and open findings."""
    from veza.ops import money_tables, money_views

    async def read(application: Application) -> money_views.Detail:
        async with application.database.read() as session:
            return await money_views.detail(session, wanted)

    found = with_application(context, database_url, read)
    if as_json:
        print_json(found.as_json())
    else:
        money_tables.print_detail(found)


@money.command()
def timeline(context: typer.Context, wanted: AnyId, database_url: Url = None, as_json: Json = False) -> None:
    """Show everything that happened to a payment: intents, attempts, webhooks, postings, moves, operators."""
    from veza.money.timeline import Entry, payment_of
    from veza.money.timeline import timeline as read_timeline
    from veza.ops.terminal_console import Console
    from veza.ops.timeline_table import timeline_table

    async def read(application: Application) -> tuple[Any, list[Entry]]:
        async with application.database.read() as session:
            payment_id = await payment_of(session, wanted)
            return payment_id, await read_timeline(session, payment_id)

    payment_id, entries = with_application(context, database_url, read)
    if as_json:
        print_json({"payment_id": str(payment_id), "entries": [entry.as_json() for entry in entries]})
    else:
        console = Console()
        console.print(f"Payment {payment_id}", style="bold")
        console.print(timeline_table(entries))


@money.command()
def retry(
    context: typer.Context,
    transfer: Annotated[str, typer.Argument(help="The transfer's id, ours or the provider's (tr_…).")],
    reason: Annotated[str, typer.Option(help="Why: the next person will want to know.")],
    database_url: Url = None,
    as_json: Json = False,
) -> None:
    """Try a permanently failed transfer, or its failed reversals, once more; the worker looks up first."""
    from veza.money.operator import retry_transfer
    from veza.ops import money_views

    async def act(session: Session) -> Any:
        return await retry_transfer(session, await money_views.transfer_id(session, transfer), reason)

    row = with_application(context, database_url, by_operator(act))
    said = f"Transfer {row.id} is {row.status} again; the worker looks it up at the provider, then tries."
    tell(as_json, money_views.as_json(row), said)


@money.command()
def check(context: typer.Context, database_url: Url = None, as_json: Json = False) -> None:
    """Check the invariants of every payment; exit 1 when one is broken, and a finding says so."""
    from veza.money.invariants import Violation, books_sum_to_zero, check_all
    from veza.ops import money_tables

    async def look(application: Application) -> tuple[int, list[Violation], bool]:
        with money_tables.working("checking every payment", quiet=as_json):
            checked, broken = await check_all(application.database, report=True)
            async with application.database.read() as session:
                return checked, broken, await books_sum_to_zero(session)

    checked, broken, balanced = with_application(context, database_url, look)
    ok = balanced and not broken
    if as_json:
        told = [{"payment_id": str(one.payment_id), "message": one.message} for one in broken]
        print_json({"ok": ok, "checked": checked, "balanced": balanced, "violations": told})
    else:
        money_tables.print_check(checked, broken, balanced)
    raise typer.Exit(0 if ok else 1)


@money.command()
def reconcile(
    context: typer.Context,
    since: Since = "7d",
    apply: Annotated[bool, typer.Option("--apply", help="Record what the provider has, and rebalance.")] = False,
    database_url: Url = None,
    as_json: Json = False,
) -> None:
    """Compare our rows with the provider's; exit 1 while differences are left."""
    from veza.money.reconciliation import Reconciled
    from veza.money.reconciliation import reconcile as compare
    from veza.ops import money_tables

    back = duration(since)

    async def look(application: Application) -> Reconciled:
        with money_tables.working("asking the provider", quiet=as_json):
            return await compare(application.database, application.money.gateway, since=back, apply=apply)

    found = with_application(context, database_url, look, asks_provider=True)
    left = len(found.differences) - found.applied
    if left == 0:
        _nothing_is_missing_after_a_repair()
    if as_json:
        told = [one.as_json() for one in found.differences]
        compared = dict(found.compared)
        print_json({"ok": left == 0, "compared": compared, "differences": told, "applied": found.applied})
    else:
        money_tables.print_reconciled(found, applied=apply)
    raise typer.Exit(0 if left == 0 else 1)


def _nothing_is_missing_after_a_repair() -> None:
    """The doctor says of our own sandbox's file what a repair lost, until this."""
    from veza.lab.sandbox.hosted import state_file
    from veza.lab.sandbox.state import repair_mark

    settings = Settings.load()
    if settings.hosts_sandbox:
        repair_mark(state_file(settings)).unlink(missing_ok=True)


@money.command(name="catch-up")
def catch_up(context: typer.Context, since: Since = "3d", database_url: Url = None, as_json: Json = False) -> None:
    """Feed the provider's events that never arrived (it keeps them 30 days) through the inbox."""
    from veza.money.catch_up import CaughtUp
    from veza.money.catch_up import catch_up as feed
    from veza.ops import money_tables

    back = duration(since)

    async def act(application: Application) -> CaughtUp:
        money = application.money
        with money_tables.working("listing the provider's events", quiet=as_json):
            return await feed(application.database, money.gateway, money.inbox, back)

    done = with_application(context, database_url, act, asks_provider=True)
    if as_json:
        print_json({"ok": done.waiting == 0, "listed": done.listed, "missed": done.missed, "waiting": done.waiting})
    else:
        handled = f", {done.missed - done.waiting} are handled now" if done.missed else ""
        echo(f"{done.listed} events listed, {done.missed} had never arrived{handled}.")
        if done.waiting:
            echo(f"{done.waiting} could not be handled yet; the inbox worker tries them again.")
    raise typer.Exit(0 if done.waiting == 0 else 1)


@money.command(name="return-charge")
def return_charge(
    context: typer.Context,
    charge: Annotated[str, typer.Argument(help="The provider's charge (ch_…), as the finding names it.")],
    reason: Annotated[str, typer.Option(help="Why: the next person will want to know.")],
    database_url: Url = None,
    as_json: Json = False,
) -> None:
    """Give a buyer back a whole charge that no payment is booked with: paid twice, of another amount, or lost."""
    from veza.money.charge_returns import ReturnedCharge
    from veza.money.charge_returns import return_charge as give

    async def act(application: Application) -> ReturnedCharge:
        return await give(application.database, application.money.gateway, charge, reason, actor=operator())

    done = with_application(context, database_url, act, asks_provider=True)
    tell(as_json, {**asdict(done), "payment_id": str(done.payment_id)}, str(done))


@money.command(name="resume-sending")
def resume_sending(
    context: typer.Context,
    reason: Annotated[str, typer.Option(help="Why no comparison can be had.")],
    database_url: Url = None,
    as_json: Json = False,
) -> None:
    """Let sending go on for 24 h though the database may be older than the provider and cannot be compared with it.

    Without it nothing is sent until catch-up and a comparison have run. What belongs to payments made before now is
    looked up at the provider before it is sent for the first time; what cannot be looked up is not sent.
    """
    from veza.money.restore_guard import let_go

    until = with_application(context, database_url, by_operator(lambda session: let_go(session, reason)))
    said = f"Sending goes on without a comparison until {until:%Y-%m-%d %H:%M} UTC."
    tell(as_json, {"until": until.isoformat()}, said)


@money.command(name="use-account")
def use_account(
    context: typer.Context,
    account: Annotated[str, typer.Argument(help="The provider's account (acct_…) to sell with from now on.")],
    reason: Annotated[str, typer.Option(help="Why the account is another one now.")],
    database_url: Url = None,
    as_json: Json = False,
) -> None:
    """Sell with another account of the provider: sales with the one before can be neither refunded nor compared."""
    from veza.money.provider_account import use

    before = with_application(context, database_url, by_operator(lambda session: use(session, account, reason)))
    said = f"This database sells with account {account} now; before: {before or 'none'}."
    tell(as_json, {"account": account, "before": before}, said)
