"""`veza search`: write the index anew, and ask it."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from veza.ops.command import Json, Url, ended_by_errors, load_settings_of_a_shop, print_json, run_async
from veza.ops.terminal import echo

if TYPE_CHECKING:
    from veza.ops.application import Program
    from veza.search.facade import Answer
    from veza.search.rebuild import Progress

search = typer.Typer(
    name="search", help="The index by which artists, releases, tracks are found.", no_args_is_help=True
)


@search.command()
def rebuild(
    context: typer.Context,
    from_start: Annotated[
        bool, typer.Option("--from-start", help="Do not go on with a rebuild that was stopped.")
    ] = False,
    database_url: Url = None,
    as_json: Json = False,
) -> None:
    """Write the index anew; a server may run meanwhile. Stopped, it goes on where it was the next time."""
    from veza.ops.observability import configure_logs

    settings = load_settings_of_a_shop(database_url=database_url)
    configure_logs(settings.model_copy(update={"log_level": "error"}))
    program: Program = context.obj

    def tell(progress: Progress) -> None:
        if not as_json:
            end = "\r" if sys.stdout.isatty() else "\n"
            sys.stdout.write(f"{progress.done:>10,} things, at each {progress.kind}{end}")
            sys.stdout.flush()

    async def work() -> Progress:
        application = program.build(settings, False)
        try:
            return await application.search.rebuild(tell, from_start=from_start)
        finally:
            await application.close()

    began = time.monotonic()
    with ended_by_errors():
        progress = run_async(work())
    seconds = round(time.monotonic() - began, 1)
    if as_json:
        print_json({"ok": True, "things": progress.done, "seconds": seconds})
    else:
        echo(f"The index is whole: {progress.done:,} things in {seconds} s.")


@search.command()
def ask(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="What to look for.")],
    typing: Annotated[bool, typer.Option("--typing", help="As while it is being typed.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=50, help="Most results of each kind.")] = 10,
    database_url: Url = None,
    as_json: Json = False,
) -> None:
    """Print what is found, by kind, the best first."""
    from veza.ops.observability import configure_logs
    from veza.search.facade import Wanted

    settings = load_settings_of_a_shop(database_url=database_url)
    configure_logs(settings.model_copy(update={"log_level": "error"}))
    program: Program = context.obj

    async def work() -> tuple[Answer, float]:
        application = program.build(settings, False)
        try:
            async with application.database.read() as session:
                began = time.perf_counter()
                wanted = Wanted(query, limit=limit, is_typing=typing)
                answer = await application.search.answer(session, wanted, counts=as_json)
                return answer, time.perf_counter() - began
        finally:
            await application.close()

    with ended_by_errors():
        answer, seconds = run_async(work())
    if as_json:
        print_json(_told(query, answer, seconds))
    else:
        _show(answer)


def _told(query: str, answer: Answer, seconds: float) -> dict[str, object]:
    counts = answer.counts
    return {
        "query": query,
        "ms": round(seconds * 1000, 2),
        "found": {
            kind: [
                {"id": str(one.row.id), "name": one.name, "by": one.by, "score": one.hit.score, "tier": one.hit.tier}
                for one in some
            ]
            for kind, some in answer.found.items()
        },
        "more": sorted(answer.more),
        "facets": None
        if counts is None
        else {"total": counts.total, "is_more": counts.is_more, "kind": counts.kinds, "values": counts.values},
    }


def _show(answer: Answer) -> None:
    for kind, some in answer.found.items():
        if some:
            echo(f"{kind}:")
        for one in some:
            echo(f"  {one.name}" + (f"  by {one.by}" if one.by else ""))
        if kind in answer.more:
            echo("  and more")
    if not any(answer.found.values()):
        echo("Nothing is found.")
