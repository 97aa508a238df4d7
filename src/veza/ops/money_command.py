"""What every `veza money` command does: it opens the application, and says in one sentence what cannot be."""

from __future__ import annotations

import getpass
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from veza.ops.application import Application, Program
from veza.ops.command import ended_by_errors, fail, load_settings_of_a_shop, print_json, run_async
from veza.ops.terminal import echo
from veza.settings import Settings, parse_duration, show_duration

if TYPE_CHECKING:
    from veza.kit.database import Session

T = TypeVar("T")
LONGEST_SINCE = timedelta(days=90)


def by_operator(write: Callable[[Session], Awaitable[T]]) -> Callable[[Application], Awaitable[T]]:
    """One writing transaction in the name of who types the command."""

    async def act(application: Application) -> T:
        async with application.database.write(operator()) as session:
            return await write(session)

    return act


def tell(as_json: bool, shown: Mapping[str, Any], said: str) -> None:
    if as_json:
        print_json(shown)
    else:
        echo(said)


def with_application(
    context: typer.Context,
    database_url: str | None,
    work: Callable[[Application], Awaitable[T]],
    *,
    asks_provider: bool = False,
) -> T:
    """Run `work` on the application as configured; what cannot be is one sentence and an exit code.

    The sandbox is that of the `veza serve` on this VAR_DIR, wherever it listens; `asks_provider` says that without it
    there is nothing to do.
    """
    from veza.ops import running
    from veza.ops.observability import configure_logs
    from veza.ops.operator_token import operator_token

    settings = load_settings_of_a_shop(database_url=database_url)
    configure_logs(settings.model_copy(update={"log_level": "error"}))
    program: Program = context.obj

    async def at_home(settings: Settings) -> Settings:
        try:
            return await running.own_veza(settings, operator_token(settings))
        except running.NothingRuns:
            if asks_provider:
                raise
            return settings

    async def run() -> T:
        application = program.build(await at_home(settings), False)
        try:
            return await work(application)
        finally:
            await application.close()

    with ended_by_errors():
        return run_async(run())


def duration(written: str) -> timedelta:
    try:
        read = parse_duration(written)
    except (ValueError, OverflowError):
        read = None
    if not isinstance(read, timedelta) or not timedelta(0) < read <= LONGEST_SINCE:
        raise fail(f"--since is a time above zero and at most {show_duration(LONGEST_SINCE)}, such as 12h or 7d", 2)
    return read


def operator() -> str:
    try:
        return f"{getpass.getuser()} at the command line"
    except (KeyError, OSError):  # a container's user may have no name
        return "operator at the command line"
