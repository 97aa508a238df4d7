"""`veza sandbox`: the payment provider's look-alike on its own, and the scenario player."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from veza.ops.command import Json, Url, ended_by_errors, fail, load_settings, print_json, run_async
from veza.ops.terminal import echo

if TYPE_CHECKING:
    from veza.lab.scenarios.player import Played, Scenario
    from veza.settings import Settings

sandbox = typer.Typer(
    name="sandbox",
    help="The payment provider's look-alike: serve it, or play a scenario against it.",
    no_args_is_help=True,
)


@sandbox.command()
def serve(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Listen on this port of 127.0.0.1; 0 takes a free one.")
    ] = 12111,
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
    repair: Annotated[
        bool, typer.Option("--repair", help="Save what can be saved of a damaged state file first; keeps a copy.")
    ] = False,
) -> None:
    """Serve the sandbox alone, for any program that speaks Stripe's protocol; Ctrl-C stops it.

    The switches given here are kept with the state; those not given are as the state has them, else as Stripe does.
    """
    from veza.ops import sandbox_server
    from veza.ops.observability import configure_logs
    from veza.settings.addresses import WEB, BadUrl

    settings = load_settings()
    configure_logs(settings)
    try:
        if webhook is not None:
            WEB.check(webhook)
    except BadUrl as error:
        raise fail(f"--webhook: {error}") from None
    try:
        with ended_by_errors():
            switches = sandbox_server.switches_of(
                seller_funds_pending, connect_events, rate_limit, async_capture, no_async_capture
            )
            with _own_state(state, settings):
                if repair and state is not None:
                    repair_state(state)
                code = run_async(sandbox_server.run(port, state, webhook, switches, echo))
    except ValueError as error:
        raise fail(str(error)) from None
    raise typer.Exit(code)


@contextmanager
def _own_state(state: Path | None, settings: Settings) -> Iterator[None]:
    """Hold the sandbox's file, if one is named, inside the block; one that is in use ends the command."""
    from veza.ops import sandbox_lock

    with ExitStack() as holding:
        if state is not None:
            try:
                with ended_by_errors():
                    holding.enter_context(sandbox_lock.held(state, settings))
            except OSError as error:
                raise fail(f"{state} cannot hold the sandbox's state: {error}") from None
        yield


@sandbox.command()
def reset(state: Annotated[Path | None, typer.Option(help="This file instead of VAR_DIR's.")] = None) -> None:
    """Begin with an empty sandbox: the file as it was stays beside the new one. Not while it is in use.

    Veza's own database keeps its sales: `veza money reconcile` then lists what the provider no longer knows.
    """
    from veza.lab.sandbox.hosted import state_file
    from veza.lab.sandbox.state import repair_mark, set_aside
    from veza.ops.command import own_folder
    from veza.ops.sandbox_beside import reset_mark

    settings = load_settings()
    with own_folder(settings) if state is None else _own_state(state, settings):
        path = state or state_file(settings)
        repair_mark(path).unlink(missing_ok=True)
        if state is None:
            reset_mark(settings).touch(mode=0o600)
        if not path.exists():
            echo(f"There is no {path}: the next start makes it.")
            return
        echo(f"The sandbox begins anew. What it was is in {set_aside(path, _now())}.")


@sandbox.command()
def key() -> None:
    """Print the API key that the sandbox inside this folder's `veza serve` takes."""
    from veza.lab.sandbox.belonging import sandbox_key
    from veza.ops.operator_token import operator_token

    with ended_by_errors():
        echo(sandbox_key(operator_token(load_settings())))


def repair_state(path: Path) -> None:
    """Save what can be saved of a sandbox's file, and say what was done."""
    from veza.lab.sandbox.state import repair, repair_mark
    from veza.lab.sandbox.world import table_names

    done = repair(path, table_names(), _now())
    if done is None:
        echo(f"{path} needs no repair.")
    else:
        counts = f"{done.kept} rows were kept, {done.dropped} dropped (broken, or naming a lost one)"
        repair_mark(path).write_text(f"{_now()}: {counts}\n", encoding="utf-8")
        saved = f"{counts}; what lay on damaged pages is lost" if done.kept else "nothing can be read, it begins anew"
        echo(
            f"{path}: {saved}. What it was is in {done.damaged_copy}; `veza money reconcile` lists what the provider"
            " no longer knows."
        )


def _now() -> str:
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"


@sandbox.command(name="list")
def list_scenarios(as_json: Json = False) -> None:
    """The scenarios there are."""
    from veza.lab.scenarios.player import SCENARIOS
    from veza.ops.scenario_report import print_list
    from veza.ops.terminal_console import Console

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
    """Play scenarios over the real wire: sandbox, money module, workers and webhooks, on a database of their own.

    Exit code 0 only when every fact held. With --database-url on PostgreSQL, a new database is made beside the
    given one and dropped afterwards; without, an SQLite file in a temporary folder.
    """
    from veza.lab.scenarios.player import SCENARIOS, scenario
    from veza.ops.observability import configure_logs

    settings = load_settings(database_url=database_url, log_level="error")
    configure_logs(settings)
    with ended_by_errors():
        chosen = list(SCENARIOS) if play_all else [scenario(name) for name in names or ()]
    if not chosen:
        raise fail("say which scenario to play, or --all; `veza sandbox list` has them", 2)
    try:
        played = run_async(_run_chosen(chosen, settings.database_url if database_url else None, as_json))
    except asyncio.CancelledError:
        raise fail("stopped before the end; what it had started is gone", 143) from None
    if as_json:
        print_json({"ok": all(one.ok for one in played), "scenarios": [one.as_json() for one in played]})
    raise typer.Exit(0 if all(one.ok for one in played) else 1)


async def _run_chosen(chosen: list[Scenario], beside: str | None, as_json: bool) -> list[Played]:
    from veza.lab.scenarios.narrator import Silent
    from veza.lab.scenarios.player import play as play_one
    from veza.ops import scenario_report as report
    from veza.ops.storyteller import Storyteller
    from veza.ops.terminal_console import Console

    console = Console()
    played = []
    with ended_by_errors():
        for one in chosen:
            if not as_json:
                report.print_title(console, one)
            played.append(await play_one(one, Silent() if as_json else Storyteller(console), beside=beside))
            if not as_json:
                report.print_end(console, played[-1])
    if not as_json:
        report.print_summary(console, played)
    return played
