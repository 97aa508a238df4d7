"""`veza demo`: fill an empty database with a small label, and stop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from veza.ops.command import (
    Json,
    Url,
    bring_up_to_date,
    ended_by_errors,
    fail,
    load_settings,
    load_settings_of_a_shop,
    own_folder,
    print_json,
    run_async,
)
from veza.ops.terminal import echo

if TYPE_CHECKING:
    from veza.lab.demo.fill import DemoData
    from veza.ops.application import Program
    from veza.settings import Settings


def demo(
    context: typer.Context,
    seed: Annotated[
        int | None, typer.Option(help="Which label, instead of DEMO_SEED; the same again for a number.")
    ] = None,
    new_passwords: Annotated[
        bool, typer.Option("--new-passwords", help="Instead, give the demo's accounts passwords of their own.")
    ] = False,
    database_url: Url = None,
    as_json: Json = False,
) -> None:
    """Fill an empty database with a small label, its sales and what people say; sandbox only.

    Does nothing when there is data. `make run` does the same while it serves (DEMO_DATA, DEMO_SEED).
    """
    from veza.lab.demo.fill import what_was_made
    from veza.ops.observability import configure_logs

    if new_passwords:
        _give_new_passwords(load_settings_of_a_shop(database_url=database_url), as_json)
        return
    settings = load_settings(database_url=database_url, demo_seed=seed, demo_data=True)
    configure_logs(settings.model_copy(update={"log_level": "error"}))
    if settings.stripe_api_base:
        raise fail("the demo needs the built-in sandbox: leave STRIPE_API_BASE empty", 2)
    with own_folder(settings), ended_by_errors():
        data = run_async(_fill(context.obj, settings))
    made = data.made
    if made is None:
        raise fail(data.trouble or "the demo was stopped before it was whole: begin with an empty database")
    if as_json:
        print_json({"ok": True, "sales": made})
    elif made:
        echo(what_was_made(made))
        echo("`make run` serves it.")
    else:
        echo("There is data already: nothing was done.")


def _give_new_passwords(settings: Settings, as_json: bool) -> None:
    from veza.kit.database import Database
    from veza.lab.demo.documented_password import give_new_passwords

    async def give() -> list[tuple[str, str]]:
        database = Database.open(settings.database_url, pool_size=2)
        try:
            return await give_new_passwords(database)
        finally:
            await database.close()

    with ended_by_errors():
        given = run_async(give())
    if as_json:
        print_json({"ok": True, "passwords": dict(given)})
    elif given:
        echo("\n".join(f"{address}  {password}" for address, password in given))
    else:
        echo("No account of the demo has the password of the README.")


async def _fill(program: Program, settings: Settings) -> DemoData:
    """Serve until the demo is complete: its sales go over the wire, through the real workers and webhooks."""
    from veza.http.serving import listen
    from veza.lab.demo.fill import demo_among
    from veza.ops import running, serve

    # The configured port, not a free one: the sandbox remembers where its webhooks go.
    listener = listen(settings.host, settings.port)
    await asyncio.to_thread(bring_up_to_date, settings)  # not before the port is ours: no database is made in vain
    settings = settings.model_copy(update={"port": listener.getsockname()[1]})
    application = program.build(settings, True)
    running.note(settings, settings.local_url)
    data = demo_among(application.services)
    if data is None:
        raise LookupError("this process makes no demo: it plays no provider")
    serving = asyncio.create_task(serve.run(application, listener))
    finished = asyncio.create_task(data.finished.wait())
    await asyncio.wait({serving, finished}, return_when=asyncio.FIRST_COMPLETED)
    finished.cancel()
    application.stop.set()
    await serving
    return data
