"""A payment's timeline as a person reads it at a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from veza.money.timeline import Entry
from veza.ops.words import STATUS_STYLES, shortened

_KIND_STYLES = {
    "move": "bold",
    "attempt": "blue",
    "webhook": "cyan",
    "posting": "dim",
    "operator": "magenta",
    "finding": "red",
}


def timeline_table(entries: Iterable[Entry]) -> Table:
    """One line per entry, oldest first; a new day is written once. Long ids are cut to their last characters."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
    table.add_column(no_wrap=True, style="dim")
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    day = None
    for entry in entries:
        if entry.at.date() != day:
            day = entry.at.date()
            table.add_row(Text(f"{day:%d %b}", style="magenta"), "", "")
        table.add_row(f"{entry.at:%H:%M:%S}", Text(entry.kind, style=_KIND_STYLES.get(entry.kind, "")), _said(entry))
    return table


def _said(entry: Entry) -> Text:
    if entry.kind == "webhook":
        state = "" if entry.why == "handled" else str(entry.why)
        return Text(str(entry.what)).append(f"  {entry.subject}  {state}".rstrip(), style="dim")
    line = Text(f"{shortened(entry.subject)}  ", style="dim" if entry.kind == "posting" else "")
    if entry.change is not None and entry.change[0] is not None:
        before, after = entry.change
        line.append(f"{before} → ").append(after, style=STATUS_STYLES.get(after, ""))
    else:
        line.append(shortened(str(entry.what)))
    # Without the event's id: it stands in a line of its own right above.
    why = str(entry.why)
    why = shortened(why if entry.event_id is None else why.replace(f" {entry.event_id}", ""))
    aside = [part for part in (why, _actor(entry), entry.request_id) if part]
    return line.append(f"  {' · '.join(aside)}", style="dim") if aside else line


def _actor(entry: Entry) -> str:
    # A webhook stands in a line of its own right above; the ledger and findings have no actor to speak of.
    return entry.by if entry.kind in ("move", "operator") and entry.event_id is None else ""
