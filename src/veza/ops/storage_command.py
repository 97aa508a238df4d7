"""`veza storage`: what is kept in the object store, compared with the rows that name it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from veza.ops.command import Json, Url, ended_by_errors, load_settings_of_a_shop, print_json, run_async
from veza.ops.terminal import echo

if TYPE_CHECKING:
    from veza.ingest.storage_check import Checked
    from veza.ops.application import Program

storage = typer.Typer(name="storage", help="What is kept in the object store.", no_args_is_help=True)

SHOWN = 20


@storage.command()
def check(
    context: typer.Context,
    fix: Annotated[
        bool, typer.Option("--fix", help="Remove what is kept for nothing; let lost downloads be made again.")
    ] = False,
    database_url: Url = None,
    as_json: Json = False,
) -> None:
    """Name objects that no row names, files left half-written, and objects that are missing; changes nothing.

    What is younger than a day is spared, and what a job that goes on names. Exit code 1 when anything is left to do.
    """
    from veza.ops.observability import configure_logs

    settings = load_settings_of_a_shop(database_url=database_url)
    configure_logs(settings.model_copy(update={"log_level": "error"}))
    program: Program = context.obj

    async def work() -> Checked:
        application = program.build(settings, False)
        try:
            return await application.storage.run(fixes=fix)
        finally:
            await application.close()

    with ended_by_errors():
        found = run_async(work())
    if as_json:
        print_json(
            {
                "ok": found.ok,
                "objects": found.objects,
                "orphans": [{"key": one.key, "bytes": one.size_bytes} for one in found.orphans],
                "half_written": [{"key": one.key, "bytes": one.size_bytes} for one in found.halves],
                "missing": found.missing,
                "lost": found.lost,
                "removed": found.removed,
                "noted": found.noted,
            }
        )
    else:
        _tell(found, fixed=fix)
    raise typer.Exit(0 if found.ok else 1)


def _tell(found: Checked, *, fixed: bool) -> None:
    kept_for_nothing = [*found.orphans, *found.halves]
    size = sum(one.size_bytes for one in kept_for_nothing)
    echo(f"{found.objects:,} objects; {len(kept_for_nothing):,} kept for nothing ({size:,} bytes)")
    for one in kept_for_nothing[:SHOWN]:
        echo(f"  {one.key}  {one.size_bytes:,} bytes")
    if len(kept_for_nothing) > SHOWN:
        echo(f"  and {len(kept_for_nothing) - SHOWN:,} more (--json names them all)")
    _name("missing", found.missing)
    _name("lost, and made again when it is asked for", found.lost)
    if fixed:
        echo(f"{found.removed:,} were removed, {found.noted:,} noted as to be made again.")
    elif kept_for_nothing or found.lost:
        echo("Nothing was changed: --fix removes what is kept for nothing, and lets what is lost be made again.")


def _name(what: str, keys: list[str]) -> None:
    for key in keys[:SHOWN]:
        echo(f"{what}: {key}")
    if len(keys) > SHOWN:
        echo(f"{what}: {len(keys) - SHOWN:,} more (--json names them all)")
