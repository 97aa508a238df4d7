"""Lines that commands print: a name or a sentence from elsewhere moves no cursor and changes no window's title."""

from __future__ import annotations

import typer

from veza.kit.visible import visible


def echo(text: object, *, err: bool = False) -> None:
    """Print a line, to stderr if asked."""
    typer.echo(visible(str(text)), err=err)
