"""Commands print what others wrote, and no control character of it reaches the terminal."""

from __future__ import annotations

import ast
from io import StringIO
from pathlib import Path

import pytest
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

import veza.ops
from veza.ops.terminal import echo
from veza.ops.terminal_console import Console

EVIL = "\x1b]0;owned\x07\x1b[2Jname\x9b31m"
VISIBLE = "\\x1b]0;owned\\x07\\x1b[2Jname\\x9b31m"


def _table() -> Table:
    table = Table("name")
    table.add_row(EVIL)
    table.add_row(Text(EVIL))
    return table


SHOWN = [EVIL, Text(EVIL, style="bold"), _table(), Panel(EVIL)]


@pytest.mark.parametrize("shown", SHOWN, ids=lambda one: type(one).__name__)
def test_a_console_shows_control_characters(shown: object) -> None:
    sink = StringIO()
    Console(file=sink, width=120, force_terminal=False).print(shown, markup=False)
    assert VISIBLE[:14] in sink.getvalue()  # Rich leaves the bell out, and breaks lines
    assert not {"\x1b", "\x07", "\x9b"} & set(sink.getvalue())


def test_styles_of_our_own_stay() -> None:
    sink = StringIO()
    Console(file=sink, force_terminal=True, color_system="standard").print(Text("well", style="green"))
    assert sink.getvalue() == "\x1b[32mwell\x1b[0m\n"


def test_a_line_shows_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    echo(EVIL)
    echo(EVIL, err=True)
    said = capsys.readouterr()
    assert (said.out, said.err) == (f"{VISIBLE}\n", f"{VISIBLE}\n")


def test_every_command_prints_through_them() -> None:
    wrong = []
    for path in Path(veza.ops.__file__).parent.rglob("*.py"):
        if path.name in ("terminal.py", "terminal_console.py"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            is_rich = isinstance(node, ast.ImportFrom) and node.module == "rich.console"
            if is_rich and any(name.name == "Console" for name in node.names):
                wrong.append(f"{path}:{node.lineno}: Console of rich")
            is_echo = isinstance(node, ast.Attribute) and node.attr in ("echo", "secho")
            if is_echo and isinstance(node.value, ast.Name) and node.value.id in ("typer", "click"):
                wrong.append(f"{path}:{node.lineno}: typer.echo")
    assert wrong == []
