"""`veza keys`: the keys that stored secrets are sealed with, and changing them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from veza.ops.command import Json, Url, ended_by_errors, fail, load_settings_of_a_shop, print_json, run_async
from veza.ops.terminal import echo

if TYPE_CHECKING:
    from veza.kit.resealing import Resealed
    from veza.ops.application import Program
    from veza.settings import Settings

keys = typer.Typer(name="keys", help="The keys that stored secrets are sealed with.", no_args_is_help=True)


@keys.command()
def new() -> None:
    """Print a new key, for ENCRYPTION_KEYS; changes nothing."""
    from veza.kit.secret_box import new_key

    echo(new_key())


@keys.command()
def rotate(context: typer.Context, database_url: Url = None, as_json: Json = False) -> None:
    """Seal every stored secret again with a new key; processes that run go on. `veza keys prune` ends the old ones.

    With ENCRYPTION_KEYS the new key is the first of them: put it there and restart every process before.
    """
    from veza.ops.encryption_keys import add_key, secret_box

    settings = load_settings_of_a_shop(database_url=database_url)
    with ended_by_errors():
        secret_box(settings)
        if not settings.encryption_keys:
            add_key(settings)
    done = _reseal(context.obj, settings)
    if as_json:
        print_json({"ok": not done.lost, "rows": done.rows, "lost": done.lost})
    else:
        echo(f"{done.rows} rows are sealed with the newest key. `veza keys prune` ends the older ones.")
    _demand_none_lost(done)


@keys.command()
def prune(context: typer.Context, database_url: Url = None, as_json: Json = False) -> None:
    """Forget every key but the newest, once every stored secret is sealed with it."""
    from veza.ops.encryption_keys import keep_newest

    settings = load_settings_of_a_shop(database_url=database_url)
    done = _reseal(context.obj, settings)  # what a process sealed while the keys were rotated
    _demand_none_lost(done)
    with ended_by_errors():
        gone = 0 if settings.encryption_keys else keep_newest(settings)
    if as_json:
        print_json({"ok": True, "rows": done.rows, "keys_forgotten": gone})
    elif settings.encryption_keys:
        echo(f"{done.rows} rows are sealed with the first of ENCRYPTION_KEYS: the others may go.")
    else:
        echo(f"{done.rows} rows are sealed with the newest key; {gone} older keys were forgotten.")


def _reseal(program: Program, settings: Settings) -> Resealed:
    from veza.kit.database import Database
    from veza.kit.resealing import reseal_all
    from veza.ops.encryption_keys import secret_box

    async def work() -> Resealed:
        database = Database.open(settings.database_url, pool_size=2, box=secret_box(settings))
        try:
            return await reseal_all(database, program.sealed())
        finally:
            await database.close()

    with ended_by_errors():
        return run_async(work())


def _demand_none_lost(done: Resealed) -> None:
    if done.lost:
        raise fail(f"{done.lost} rows were sealed with a key that is not here: bring the file of keys back first")
