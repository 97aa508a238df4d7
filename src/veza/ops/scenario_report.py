"""How a played scenario is shown: its story, the timeline, every fact with a tick, and one line at the end."""

from __future__ import annotations

from collections.abc import Sequence

from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from veza.lab.scenarios.player import Played, Scenario
from veza.ops.terminal_console import Console
from veza.ops.timeline_table import timeline_table


def print_title(console: Console, chosen: Scenario) -> None:
    """Before it begins."""
    console.print()
    console.print(Rule(Text(chosen.name, style="bold"), align="left", style="cyan"))
    console.print(Text(chosen.story, style="italic"))


def print_end(console: Console, played: Played) -> None:
    """After it has ended: the timeline of its first payment and the facts."""
    console.print()
    console.print(Text("Timeline of the payment", style="bold"))
    console.print(Padding(timeline_table(played.timeline), (0, 0, 0, 2)))
    console.print()
    console.print(Text("Facts", style="bold"))
    for fact in played.facts:
        line = Text("  ✓ ", style="green") if fact.ok else Text("  ✗ ", style="bold red")
        line.append(fact.sentence, style="" if fact.ok else "bold")
        if not fact.ok:
            line.append(f"  (seen: {fact.seen or 'it was not so'})", style="red")
        console.print(line)


def print_summary(console: Console, all_played: Sequence[Played]) -> None:
    """One line per scenario, and whether all is well."""
    console.print()
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
    for played in all_played:
        mark = Text("✓", style="green") if played.ok else Text("✗", style="bold red")
        held = sum(fact.ok for fact in played.facts)
        table.add_row(mark, played.name, f"{held} of {len(played.facts)} facts", f"{played.seconds:.1f} s")
    console.print(table)
    broken = sum(not played.ok for played in all_played)
    said = "Every fact held." if not broken else f"{broken} of {len(all_played)} scenarios did not hold."
    console.print(Text(said, style="bold green" if not broken else "bold red"))


def print_list(console: Console, scenarios: Sequence[Scenario]) -> None:
    """The names and what each is about."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
    table.add_column(no_wrap=True, style="bold")
    for one in scenarios:
        table.add_row(one.name, one.story)
    console.print(table)
    console.print(Text("\nPlay one with `veza sandbox play NAME`, all with `veza sandbox play --all`.", style="dim"))
