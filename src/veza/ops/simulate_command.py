"""`veza money simulate`: the real money module under faults and crashes, all of it chosen by one seed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Annotated

import typer

from veza.ops.command import Json, Url, ended_by_errors, load_settings, print_json, run_async

if TYPE_CHECKING:
    from veza.lab.simulator.simulate import Report
    from veza.ops.terminal_console import Console

MOST_NAMED = 20
ENOUGH_RUNS = 1000
"""So many runs are meant to reach every move and every kind of answer; what they miss is worth naming."""


def simulate(
    seed: Annotated[int, typer.Option(min=0, help="The first seed; each run takes the next.")] = 1,
    runs: Annotated[int, typer.Option(min=1, max=10_000_000, help="How many runs.")] = 200,
    jobs: Annotated[int | None, typer.Option(min=1, max=256, help="Processes at once; one a core by default.")] = None,
    database_url: Url = None,
    as_json: Json = False,
) -> None:
    """Run the real money module under faults, crashes and races; exit 1 when a promise was broken.

    On SQLite in memory, or on a database made beside the PostgreSQL one given and dropped afterwards. A failing
    seed is printed with the one command that replays it.
    """
    from veza.kit.database_trouble import database_errors_said
    from veza.ops.terminal_console import Console

    settings = load_settings(database_url=database_url)
    url = settings.database_url if database_url else None
    # What the runs make the module complain about is what they are for; the report says what matters.
    logging.disable(logging.CRITICAL)
    with ended_by_errors(), database_errors_said():
        report = run_async(_run_all(jobs, seed, runs, url, as_json))
    beside = f" --database-url {database_url}" if database_url else ""
    if as_json:
        told = report.as_json()
        for failure in told["failures"]:
            failure["replay"] += beside
        print_json(told)
    else:
        _print(Console(), report, beside)
    raise typer.Exit(1 if report.violations else 0)


async def _run_all(jobs: int | None, seed: int, runs: int, url: str | None, as_json: bool) -> Report:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from veza.lab.simulator.cores import cores, simulate_on
    from veza.lab.simulator.play import Played
    from veza.ops.terminal_console import Console

    columns = (TextColumn("[dim]seed {task.fields[seed]}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    unseen = as_json or not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=unseen) as progress:
        task = progress.add_task("runs", total=runs, seed=seed)

        def on_run(played: Played) -> None:
            progress.update(task, advance=1, seed=played.seed)
            if played.violations and not unseen:
                progress.console.print(f"seed {played.seed}: {played.violations[0]}", style="red", markup=False)

        return await simulate_on(jobs or cores(), seed, runs, url, on_run)


def _print(console: Console, report: Report, beside: str) -> None:
    from rich.columns import Columns
    from rich.text import Text

    told = report.as_json()
    for heading, counts in (("moves", dict(sorted(report.coverage.moves.items()))), ("faults", told["faults"])):
        console.print(Text(heading, style="bold"))
        cells = [Text(f"{count:>6} ", style="cyan").append(name, style="default") for name, count in counts.items()]
        console.print(Columns(cells, equal=True, padding=(0, 2)))
        console.print()
    _print_unreached(console, report)
    for failure in report.failures[:MOST_NAMED]:
        console.print(Text(f"✗ seed {failure.seed}: {failure.violations[0]}", style="bold red"))
        for line in failure.story:
            console.print(Text(f"    {line}", style="dim"))
        console.print(Text(f"  replay it:  {failure.replay}{beside}", style="bold"), soft_wrap=True)
        console.print()
    if (left := len(report.failures) - MOST_NAMED) > 0:
        console.print(f"… and {left} more failing seeds; --json has them all.")
    crashes = f"{told['crashes']} crashes"
    console.print(
        f"{told['states']} distinct states of a payment and its rows, {told['pairs']} distinct pairs of (fault, move)"
    )
    processes = f" in {report.jobs} processes" if report.jobs > 1 else ""
    said = f"{report.runs} runs, {crashes}, {report.runs_per_second:g} runs/s{processes}: "
    if report.violations:
        console.print(Text(f"{said}{report.violations} broke a promise.", style="bold red"))
    else:
        console.print(Text(f"{said}every promise held.", style="bold green"))


def _print_unreached(console: Console, report: Report) -> None:
    from rich.text import Text

    if not report.unreached:
        return
    said = f"{len(report.unreached)} moves and answers were not reached in {report.runs} runs"
    if report.runs < ENOUGH_RUNS:
        console.print(Text(f"{said}; --json names them, {ENOUGH_RUNS} runs reach more.", style="yellow"))
    else:
        console.print(Text(f"{said}:", style="yellow"))
        for name in report.unreached:
            console.print(Text(f"  {name}"))
    console.print()
