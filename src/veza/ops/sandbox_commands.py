"""`veza sandbox`: the payment provider's look-alike on its own, and the scenario player."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from veza.ops.cli import Json, Url, fail, load_settings, print_json, run_async

if TYPE_CHECKING:
    from veza.ops.scenarios.player import Played, Scenario

sandbox = typer.Typer(
    name="sandbox",
    help="The payment provider's look-alike: serve it, or play a scenario against it.",
    no_args_is_help=True,
)


@sandbox.command()
def serve(
    port: Annotated[int, typer.Option(help="Listen on this port of 127.0.0.1; 0 takes a free one.")] = 12111,
    state: Annotated[Path | None, typer.Option(help="Keep everything in this file; else in memory only.")] = None,
    webhook: Annotated[str | None, typer.Option(help="Deliver every event to this URL, signed.")] = None,
    seller_funds_pending: Annotated[
        bool | None,
        typer.Option(
            "--seller-funds-pending/--seller-funds-at-once",
            help="A transfer is pending at its seller while the charge it comes from is, as at Stripe; else at once.",
        ),
    ] = None,
    connect_events: Annotated[
        bool | None,
        typer.Option(
            "--connect-events/--no-connect-events",
            help="Events of connected accounts also reach endpoints made without `connect`; else only those with it.",
        ),
    ] = None,
    rate_limit: Annotated[
        int | None, typer.Option(min=0, help="Requests a second before 429; 0 is no limit. [default: 100]")
    ] = None,
    async_capture: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Seconds until a charge is booked and `charge.updated` says so. [default: 1]",
        ),
    ] = None,
    no_async_capture: Annotated[
        bool, typer.Option("--no-async-capture", help="Charges are booked at once, without `charge.updated`.")
    ] = False,
) -> None:
    """Serve the sandbox alone, for any program that speaks Stripe's protocol; Ctrl-C stops it.

    The switches given here are kept with the state; those not given are as the state has them, else as Stripe does.
    """
    from veza.ops import sandbox_server
    from veza.ops.observability import configure_logs
    from veza.ops.serve import CannotListen

    configure_logs(load_settings())
    try:
        switches = sandbox_server.switches_of(
            seller_funds_pending, connect_events, rate_limit, async_capture, no_async_capture
        )
        code = run_async(sandbox_server.run(port, state, webhook, switches, typer.echo))
    except (CannotListen, sandbox_server.BadState, ValueError) as error:
        raise fail(str(error)) from None
    raise typer.Exit(code)


@sandbox.command(name="list")
def list_scenarios(as_json: Json = False) -> None:
    """The scenarios there are."""
    from rich.console import Console

    from veza.ops.scenarios.player import SCENARIOS
    from veza.ops.scenarios.report import print_list

    if as_json:
        print_json([{"name": one.name, "story": one.story} for one in SCENARIOS])
    else:
        print_list(Console(), SCENARIOS)


@sandbox.command()
def play(
    names: Annotated[list[str] | None, typer.Argument(help="Scenarios to play; `veza sandbox list` has them.")] = None,
    play_all: Annotated[bool, typer.Option("--all", help="Play every scenario.")] = False,
    database_url: Url = None,
    as_json: Json = False,
) -> None:
    """Play scenarios over the real wire: sandbox, room, workers and webhooks, on a database of their own.

    Exit code 0 only when every fact held. With --database-url on PostgreSQL, a new database is made beside the
    given one and dropped afterwards; without, an SQLite file in a temporary folder.
    """
    from veza.ops.observability import configure_logs
    from veza.ops.scenarios.player import SCENARIOS, UnknownScenario, scenario

    settings = load_settings(database_url=database_url, log_level="error")
    configure_logs(settings)
    try:
        chosen = list(SCENARIOS) if play_all else [scenario(name) for name in names or ()]
    except UnknownScenario as unknown:
        raise fail(str(unknown), 2) from None
    if not chosen:
        raise fail("say which scenario to play, or --all; `veza sandbox list` has them", 2)
    try:
        played = run_async(_play(chosen, settings.database_url if database_url else None, as_json))
    except asyncio.CancelledError:
        raise fail("stopped before the end; what it had started is gone", 143) from None
    if as_json:
        print_json({"ok": all(one.ok for one in played), "scenarios": [one.as_json() for one in played]})
    raise typer.Exit(0 if all(one.ok for one in played) else 1)


async def _play(chosen: list[Scenario], beside: str | None, as_json: bool) -> list[Played]:
    from rich.console import Console

    from veza.kit.database_trouble import DatabaseUnavailable
    from veza.ops.scenarios import report
    from veza.ops.scenarios.narrator import Silent, Storyteller
    from veza.ops.scenarios.player import play as play_one

    console = Console()
    played = []
    try:
        for one in chosen:
            if not as_json:
                report.print_title(console, one)
            played.append(await play_one(one, Silent() if as_json else Storyteller(console), beside=beside))
            if not as_json:
                report.print_end(console, played[-1])
    except DatabaseUnavailable as error:
        raise fail(str(error)) from None
    if not as_json:
        report.print_summary(console, played)
    return played
