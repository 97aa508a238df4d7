"""`veza import`: a folder or ZIP of tagged files becomes draft releases of an artist."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veza.ops.cli import Json, Url, fail, load_settings, print_json, run_async

if TYPE_CHECKING:
    from veza.catalog.artists import Artist
    from veza.catalog.import_run import Report
    from veza.catalog.room import CatalogRoom
    from veza.kit.database import Session
    from veza.ops.application import Program

LINE_EVERY_SECONDS = 10
STYLES = {"made": "green", "updated": "green", "unchanged": "dim", "left alone": "yellow"}


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose the releases are to be."""

    artist: str
    person: str | None
    country: str | None
    currency: str | None


class NoSuchArtist(Exception):
    """The artist is not there, or not that person's, or it is not clear which one is meant."""


def import_files(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="FOLDER_OR_ZIP", help="MP3, FLAC, M4A, Ogg, Opus, WAV, AIFF.")],
    artist: Annotated[str, typer.Option(help="The artist's name, slug or id.")],
    person: Annotated[
        str | None, typer.Option(help="E-mail of who runs the artist; opens the artist where there is none.")
    ] = None,
    country: Annotated[str | None, typer.Option(help="Of an artist to be opened, such as DE.")] = None,
    currency: Annotated[
        str | None, typer.Option(help="Of an artist to be opened; else the first of PLATFORM_CURRENCIES.")
    ] = None,
    database_url: Url = None,
    as_json: Json = False,
) -> None:
    """Make draft releases of tagged files, with their covers; doing it again changes nothing that did not change.

    Exit code 1 when anything was not imported. A release that is not a draft any more is left alone.
    """
    from veza.accounts.people import BadEmail, UnknownPerson
    from veza.catalog.artists import TooManyArtists
    from veza.catalog.import_source import BadSource
    from veza.catalog.wording import BadValue
    from veza.kit.database_trouble import DatabaseUnavailable
    from veza.kit.money import BadAmount
    from veza.kit.objects import ObjectsUnavailable
    from veza.ops.observability import configure_logs
    from veza.ops.operator_token import NoToken

    settings = load_settings(database_url=database_url)
    configure_logs(settings.model_copy(update={"log_level": "error"}))
    asked = Asked(artist.strip(), person, country, currency)
    program: Program = context.obj

    async def run() -> tuple[Artist, Report]:
        application = program.build(settings, False)
        try:
            return await _import(application.catalog, source, asked, quiet=as_json)
        finally:
            await application.close()

    refusals = (BadSource, BadEmail, BadValue, BadAmount, NoSuchArtist, TooManyArtists, UnknownPerson)
    try:
        whose, report = run_async(run())
    except (*refusals, DatabaseUnavailable, ObjectsUnavailable, NoToken) as refusal:
        raise fail(str(refusal), 2 if isinstance(refusal, BadSource | NoSuchArtist) else 1) from None
    if as_json:
        print_json(_as_json(whose, report))
    else:
        _print(whose, report)
    raise typer.Exit(0 if report.ok else 1)


async def _import(room: CatalogRoom, path: Path, asked: Asked, *, quiet: bool) -> tuple[Artist, Report]:
    import asyncio

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from veza.catalog.import_run import run_import
    from veza.catalog.import_source import open_source

    source = await asyncio.to_thread(open_source, path)
    try:
        async with room.database.write("import") as session:
            artist = await _artist(session, room, asked)
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        unseen = quiet or not console.is_terminal
        with Progress(*columns, console=console, transient=True, disable=unseen) as progress:
            task = progress.add_task("reading")

            def on_bar(what: str, done: int, of: int) -> None:
                progress.update(task, description=what, completed=done, total=of)

            on_step = on_bar if quiet or console.is_terminal else in_lines(lambda line: typer.echo(line, err=True))
            return artist, await run_import(room, artist.id, source, on_step)
    finally:
        source.close()


def in_lines(say: Callable[[str], None], now: Callable[[], float] = time.monotonic) -> Callable[[str, int, int], None]:
    """Progress where there is no terminal, such as a log: a line every LINE_EVERY_SECONDS."""
    said_at = now()

    def on_step(what: str, done: int, of: int) -> None:
        nonlocal said_at
        if now() - said_at >= LINE_EVERY_SECONDS:
            said_at = now()
            say(f"{what}: {done} of {of}")

    return on_step


async def _artist(session: Session, room: CatalogRoom, asked: Asked) -> Artist:
    """The artist that is meant, opened for `person` where there is none."""
    from veza.catalog.artists import ArtistWanted, named, open_artist, part_of
    from veza.catalog.members import person_by_email

    person = await person_by_email(session, asked.person) if asked.person else None
    found = await named(session, asked.artist)
    if person is not None:
        found = [one for one in found if await part_of(session, one.id, person.id)] or found
    if len(found) > 1:
        slugs = ", ".join(one.slug for one in found[:10])
        raise NoSuchArtist(f"{len(found)} artists are called “{asked.artist}”: name one by its slug ({slugs})")
    if found:
        (artist,) = found
        if person is not None and await part_of(session, artist.id, person.id) is None:
            raise NoSuchArtist(f"{asked.person} is not one of the people of {artist.name}")
        return artist
    if person is None or asked.country is None:
        lacking = [
            one
            for one, is_there in (("--person EMAIL", person), ("--country, such as DE", asked.country))
            if not is_there
        ]
        raise NoSuchArtist(f"there is no artist “{asked.artist}”; to open one give {' and '.join(lacking)}")
    wanted = ArtistWanted(asked.artist, asked.country, asked.currency or room.currencies[0])
    artist = await open_artist(session, person.id, wanted, currencies=room.currencies, limits=room.limits)
    await room.on_first_artist(session, person.id)
    return artist


def _as_json(artist: Artist, report: Report) -> dict[str, Any]:
    refused = [{"path": path, "reason": reason} for path, reason in report.refused]
    return {
        "ok": report.ok,
        "artist": {"id": artist.id, "slug": artist.slug, "name": artist.name},
        "releases": [asdict(one) for one in report.releases],
        "refused": refused,
        "passed_over": report.passed_over,
    }


def _print(artist: Artist, report: Report) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    table = Table(title=f"Releases of {artist.name}", title_justify="left")
    for heading in ("release", "result", "tracks made", "updated"):
        table.add_column(heading)
    for one in report.releases:
        result = Text(one.result, STYLES[one.result])
        table.add_row(Text(one.title), result, str(one.tracks_made), str(one.tracks_updated))
    console.print(table if report.releases else "No recordings were found.")
    for one in report.releases:
        for note in one.notes:
            console.print(Text(f"{one.title}: {note}"), soft_wrap=True)
    for path, reason in report.refused:
        console.print(Text(f"not imported: {path}: {reason}", "red"), soft_wrap=True)
    if report.passed_over:
        console.print(f"{_counted(report.passed_over, 'other file')} passed over: neither a recording nor a cover.")
    made = sum(one.result == "made" for one in report.releases)
    if made:
        console.print(
            f"{_counted(made, 'new draft')}: only the artist's own people see a draft. To publish one: "
            "POST /api/v1/releases/ID/publish, its ID is shown by --json.",
            soft_wrap=True,
        )


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
