"""Every fault the sandbox can make, as documentation."""

from __future__ import annotations

from veza.lab.sandbox import faults


def faults_page() -> str:
    """A line for each: its name, and what happens."""
    parts = [
        "# Faults the sandbox can make",
        "",
        "Written by `veza pages` from `src/veza/lab/sandbox/faults.py`. How to ask for one is in",
        "[the sandbox](sandbox.md).",
        "",
        "| fault | what happens |",
        "|---|---|",
    ]
    parts += [f"| `{name}` | {kind.what} |" for name, kind in faults.KINDS.items()]
    parts += [f"| `{name}` | {what} |" for name, what in faults.WEBHOOK_KINDS.items()]
    return "\n".join(parts) + "\n"
