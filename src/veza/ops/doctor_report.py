"""How the doctor's findings look: a table for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from rich.table import Table
from rich.text import Text

from veza.ops.doctor_finding import Finding
from veza.ops.terminal_console import Console


def print_report(findings: Sequence[Finding], *, as_json: bool) -> None:
    """Print every finding to stdout."""
    well = all(finding.ok for finding in findings)
    if as_json:
        print(json.dumps({"ok": well, "checks": [asdict(finding) for finding in findings]}, indent=2))
        return
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for finding in findings:
        mark = Text("ok", style="green") if finding.ok else Text("red", style="bold red")
        said = Text(finding.detail)
        if finding.advice:
            said.append(f"\n→ {finding.advice}", style="bold")
        table.add_row(mark, Text(finding.name), said)
    console = Console()
    console.print(table)
    red = sum(not finding.ok for finding in findings)
    console.print("All is well." if well else f"{red} to mend: do what the arrows say, from the top.")
