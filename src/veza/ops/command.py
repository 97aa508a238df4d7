"""What every command of the command line stands on: its settings, its end, what it says to people and to programs."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from typing import Annotated, Any, TypeVar

import typer

from veza.ops.terminal import echo
from veza.settings import Settings, SettingsError, ignored

T = TypeVar("T")

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text for people.")]
Url = Annotated[str | None, typer.Option("--database-url", help="Use this database instead of DATABASE_URL.")]


def load_settings(**overrides: Any) -> Settings:
    """The settings with the options that were given on top; ends the command with one sentence per problem."""
    for sentence in ignored():
        echo(f"settings: {sentence}", err=True)
    try:
        return Settings.load(**{name: value for name, value in overrides.items() if value is not None})
    except SettingsError as error:
        for problem in error.problems:
            echo(f"settings: {problem}", err=True)
        if _speaks_to_a_program():
            print_json({"ok": False, "error": "; ".join(error.problems)})
        raise typer.Exit(2) from None


def load_settings_of_a_shop(**overrides: Any) -> Settings:
    """The settings, where their database is there already.

    A command that needs one ends here, before it makes a folder, a key or a token at a place that was mistyped.
    """
    from veza.kit.sqlite_files import missing_file

    settings = load_settings(**overrides)
    if file := missing_file(settings.database_url):
        raise fail(
            f"there is no database file {file}: correct DATABASE_URL, or make a new, empty database with `veza migrate`"
        )
    return settings


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` on uvloop where there is one."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run(work)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def fail(sentence: str, code: int = 1) -> typer.Exit:
    """Say what went wrong on stderr, and to a program on stdout as JSON; `raise` what this returns."""
    echo(f"veza: {sentence}", err=True)
    if _speaks_to_a_program():
        print_json({"ok": False, "error": sentence})
    return typer.Exit(code)


@contextmanager
def ended_by_errors() -> Iterator[None]:
    """Ends the command with one sentence where the block raises an error that a module or the command line lists."""
    try:
        yield
    except typer.Exit:  # has said its sentence
        raise
    except Exception as error:
        from veza.ops.errors import ending_of  # imports every module: only a command that ends with an error pays it

        raise fail(*ending_of(error)) from None


def _speaks_to_a_program() -> bool:
    # As it was asked: settings are read, and may be refused, by commands that do not know this option's value here.
    return "--json" in sys.argv[1:]


def print_json(value: Any) -> None:
    echo(json.dumps(value, indent=2, default=str))


@contextmanager
def own_folder(settings: Settings) -> Iterator[None]:
    """Hold VAR_DIR inside the block; ends the command with one sentence when that cannot be."""
    from veza.lab.sandbox.hosted import state_file
    from veza.ops import running, sandbox_lock

    with ExitStack() as holding:
        with ended_by_errors():
            holding.enter_context(running.held(settings))
            if settings.hosts_sandbox:
                holding.enter_context(sandbox_lock.locked(state_file(settings)))
        yield


def bring_up_to_date(settings: Settings) -> None:
    """Migrate the database; ends the command with one sentence when that cannot be done."""
    from veza.kit.database_trouble import database_errors_said
    from veza.ops.migrations import migrate as upgrade

    with ended_by_errors(), database_errors_said():
        if made := upgrade(settings):
            echo(f"veza: made a new, empty database: {made}", err=True)
