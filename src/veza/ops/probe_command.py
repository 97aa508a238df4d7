"""`veza probe`: does a real Veza on this machine keep its promises?"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import typer

from veza.ops.command import Json, Url, ended_by_errors, fail, load_settings, print_json, run_async

if TYPE_CHECKING:
    from veza.lab.probe.run import Probed


def probe(database_url: Url = None, as_json: Json = False) -> None:
    """Start a real server on a fresh database and drive it from outside: sell, refund, crash, reverse.

    Takes about a minute, most of it waiting for a killed worker's lease. With --database-url on PostgreSQL, a new
    database is made beside the given one and dropped afterwards; without, SQLite in a temporary folder.
    """
    settings = load_settings(database_url=database_url, log_level="error")
    try:
        probed = run_async(_run(settings.database_url if database_url else None, as_json))
    except asyncio.CancelledError:
        raise fail("stopped before the end; what it had started is gone", 143) from None
    if as_json:
        print_json(probed.as_json())
    raise typer.Exit(0 if probed.ok else 1)


async def _run(beside: str | None, as_json: bool) -> Probed:
    from rich.status import Status
    from rich.table import Table
    from rich.text import Text

    from veza.lab.probe.run import StepResult
    from veza.lab.probe.run import probe as run_probe
    from veza.ops.terminal_console import Console

    console = Console(quiet=as_json)
    spinner = Status("", console=console)

    def begin(name: str) -> None:
        spinner.update(name)

    def tell(step: StepResult) -> None:
        line = Table.grid(padding=(0, 1))
        mark = Text("✓", style="green") if step.ok else Text("✗", style="bold red")
        line.add_row(mark, Text(step.name).append(f"  {step.ms / 1000:.1f} s", style="dim"))
        line.add_row("", Text(step.detail, style="dim" if step.ok else "red"))
        console.print(line)

    with ended_by_errors(), spinner:
        probed = await run_probe(beside, begin, tell)
    said = f"All is well on {probed.database}." if probed.ok else f"Something is wrong on {probed.database}."
    console.print(Text(said, style="bold green" if probed.ok else "bold red"))
    return probed
