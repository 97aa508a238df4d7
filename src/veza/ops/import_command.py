"""`veza import`: a folder or ZIP of tagged files becomes draft releases of an artist."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from veza.kit.messages import gettext
from veza.ops.command import Json, Url, ended_by_errors, fail, load_settings_of_a_shop, print_json, run_async
from veza.ops.import_report import NoSuchArtist, Whose, print_report, report_as_json
from veza.ops.terminal import echo

if TYPE_CHECKING:
    from veza.catalog.artists import Artist
    from veza.catalog.facade import Catalog
    from veza.ingest.report import Report
    from veza.ingest.sources import Bounds, Source
    from veza.kit.database import Session
    from veza.ops.application import Program
    from veza.settings import Settings

LINE_EVERY_SECONDS = 10


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """Whose the releases are to be, and how they are read."""

    artist: str
    person: str | None
    country: str | None
    currency: str | None
    encoding: str | None = None
    is_dry: bool = False


def import_files(
    context: typer.Context,
    source: Annotated[
        Path | None, typer.Argument(metavar="[FOLDER_OR_ZIP]", help="MP3, FLAC, M4A, Ogg, Opus, WAV, AIFF.")
    ] = None,
    artist: Annotated[str | None, typer.Option(help="The artist's name, slug or id.")] = None,
    person: Annotated[
        str | None, typer.Option(help="E-mail of who runs the artist; opens the artist where there is none.")
    ] = None,
    country: Annotated[str | None, typer.Option(help="Of an artist to be opened, such as DE.")] = None,
    currency: Annotated[
        str | None, typer.Option(help="Of an artist to be opened; else the first of PLATFORM_CURRENCIES.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="Of names and old tags that do not say theirs, such as cp1251 or shift_jis.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be made of it, and write nothing.")
    ] = False,
    undo: Annotated[
        UUID | None, typer.Option(metavar="RUN", help="Take back the drafts that an import made, by its id.")
    ] = None,
    database_url: Url = None,
    as_json: Json = False,
) -> None:
    """Make draft releases of tagged files, with their covers; doing it again writes only what changed in the files.

    Exit code 1 when anything was left out: each such file is named. docs/import.md says what is taken for the same.
    """
    from veza.ingest.opening import open_source
    from veza.kit.work_folders import work_folder
    from veza.ops.observability import configure_logs

    if undo is None and (source is None or artist is None):
        raise fail("give a folder or ZIP and --artist, or --undo RUN", 2)
    settings = load_settings_of_a_shop(database_url=database_url)
    configure_logs(settings.model_copy(update={"log_level": "error"}))
    program: Program = context.obj

    async def run() -> tuple[Whose | None, Report]:
        application = program.build(settings, False)
        try:
            if undo is not None or source is None or artist is None:
                return None, await _undo(application.catalog, undo)
            asked = ImportRequest(artist.strip(), person, country, currency, encoding, dry_run)
            async with work_folder(settings.var_dir / "processing", "import-") as spool:
                opened = partial(open_source, source, _bounds(settings), spool=spool)
                return await _import(application.catalog, opened, asked, quiet=as_json)
        finally:
            await application.close()

    with ended_by_errors():
        whose, report = run_async(run())
    if as_json:
        print_json(report_as_json(whose, report))
    else:
        print_report(whose, report)
    raise typer.Exit(0 if report.ok else 1)


def _bounds(settings: Settings) -> Bounds:
    from veza.ingest.sources import Bounds

    return Bounds(settings.import_files, settings.import_file_bytes, settings.import_bytes)


async def _undo(catalog: Catalog, run_id: UUID | None) -> Report:
    from veza.ingest.undo import undo

    assert run_id is not None
    return await undo(catalog.database, run_id)


async def _import(
    catalog: Catalog, opened: Callable[..., Source], asked: ImportRequest, *, quiet: bool
) -> tuple[Whose, Report]:
    import asyncio

    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from veza.ingest import encodings
    from veza.ingest.run import run_import
    from veza.ops.terminal_console import Console

    encoding = encodings.known(asked.encoding) if asked.encoding else None
    source = await asyncio.to_thread(opened, encoding=encoding)
    try:
        whose = await _artist(catalog, asked)
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        unseen = quiet or not console.is_terminal
        with Progress(*columns, console=console, transient=True, disable=unseen) as progress:
            task = progress.add_task("reading")

            def on_bar(what: str, done: int, of: int) -> None:
                progress.update(task, description=what, completed=done, total=of)

            on_step = on_bar if quiet or console.is_terminal else in_lines(lambda line: echo(line, err=True))
            return whose, await run_import(
                catalog, whose.artist_id, source, on_step, encoding=encoding, is_dry=asked.is_dry
            )
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


async def _artist(catalog: Catalog, asked: ImportRequest) -> Whose:
    """The artist that is meant, opened for `person` where there is none; in a dry run it is not opened."""
    from veza.catalog.artists import ArtistDraft, open_artist

    async with catalog.database.read() as session:
        found, person_id = await _find_artist(session, asked)
    if found is not None:
        return Whose(found.id, found.slug, found.name)
    lacking = [
        one
        for one, is_there in (("--person EMAIL", person_id), ("--country, such as DE", asked.country))
        if not is_there
    ]
    if person_id is None or asked.country is None:
        raise NoSuchArtist(
            gettext(
                "there is no artist “{artist}”; to open one give {lacking}",
                artist=asked.artist,
                lacking=" and ".join(lacking),
            )
        )
    if asked.is_dry:
        return Whose(None, "", asked.artist)
    wanted = ArtistDraft(asked.artist, asked.country, asked.currency or catalog.currencies[0])
    async with catalog.database.write("import") as session:
        found, _ = await _find_artist(session, asked)  # of two that open it at once one does
        if found is None:
            found = await open_artist(session, person_id, wanted, currencies=catalog.currencies, limits=catalog.limits)
            await catalog.on_first_artist(session, person_id)
    return Whose(found.id, found.slug, found.name)


async def _find_artist(session: Session, asked: ImportRequest) -> tuple[Artist | None, UUID | None]:
    """The artist that is meant, if there is one, and the person that was named.

    With --country, which makes an artist, a slug is refused as a name, and the error asks which of the two is meant:
    this artist will be paid.
    """
    from veza.catalog.acting import role_of
    from veza.catalog.artists import named
    from veza.catalog.members import person_by_email

    person = await person_by_email(session, asked.person) if asked.person else None
    found, by_name = await named(session, asked.artist)
    if person is not None:
        found = [one for one in found if await role_of(session, one.id, person.id)] or found
    if len(found) > 1:
        slugs = ", ".join(one.slug for one in found[:10])
        raise NoSuchArtist(
            gettext(
                "{found_count} artists are called “{artist}”: name one by its slug ({slugs})",
                found_count=len(found),
                artist=asked.artist,
                slugs=slugs,
            )
        )
    if not found:
        return None, person.id if person else None
    (artist,) = found
    if not by_name and asked.country is not None:
        raise NoSuchArtist(
            gettext(
                "“{artist}” is the slug of {artist_name}: leave out --country to import to "
                "{artist_name}; another artist of that name is opened by POST /api/v1/artists",
                artist=asked.artist,
                artist_name=artist.name,
            )
        )
    if person is not None and await role_of(session, artist.id, person.id) is None:
        raise NoSuchArtist(
            gettext("{person} is not one of the people of {artist_name}", person=asked.person, artist_name=artist.name)
        )
    return artist, person.id if person else None
