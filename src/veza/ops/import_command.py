"""`veza import`: a folder or ZIP of tagged files becomes draft releases of an artist."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from veza.kit.messages import gettext
from veza.ops.command import Json, Url, fail, load_settings_of_a_shop, print_json, run_async
from veza.ops.terminal import echo

if TYPE_CHECKING:
    from veza.catalog.artists import Artist
    from veza.catalog.facade import Catalog
    from veza.ingest.report import Report
    from veza.ingest.sources import Bounds
    from veza.kit.database import Session
    from veza.ops.application import Program
    from veza.settings import Settings

LINE_EVERY_SECONDS = 10
STYLES = {"made": "green", "updated": "green", "unchanged": "dim", "left alone": "yellow", "taken back": "green"}
NOTHING_TO_UNDO = "It made no draft and added no track; what it changed in drafts of before stays."
SHOWN_OTHERS = 20
"""Names of other files that are shown; a folder of scans has hundreds."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose the releases are to be, and how they are read."""

    artist: str
    person: str | None
    country: str | None
    currency: str | None
    encoding: str | None = None
    is_dry: bool = False


@dataclass(frozen=True, slots=True)
class Whose:
    """The artist an import is for; `artist_id` is None in a dry run for one that is not there yet."""

    artist_id: UUID | None
    slug: str
    name: str


class NoSuchArtist(Exception):
    """The artist is not there, or not that person's, or it is not clear which one is meant."""


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
    from veza.accounts.people import BadEmail, UnknownPerson
    from veza.catalog.artists import TooManyArtists
    from veza.catalog.text_fields import BadValue
    from veza.ingest.encodings import UnknownEncoding
    from veza.ingest.sources import BadSource
    from veza.ingest.undo import UnknownRun
    from veza.kit.database_trouble import DatabaseUnavailable
    from veza.kit.money import BadAmount
    from veza.kit.objects import ObjectsUnavailable
    from veza.ops.observability import configure_logs
    from veza.ops.operator_token import NoToken

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
            asked = Asked(artist.strip(), person, country, currency, encoding, dry_run)
            return await _import(application.catalog, source, asked, _bounds(settings), quiet=as_json)
        finally:
            await application.close()

    not_there = (BadSource, NoSuchArtist, UnknownEncoding, UnknownRun)
    refusals = (BadEmail, BadValue, BadAmount, TooManyArtists, UnknownPerson)
    try:
        whose, report = run_async(run())
    except (*not_there, *refusals, DatabaseUnavailable, ObjectsUnavailable, NoToken) as refusal:
        raise fail(str(refusal), 2 if isinstance(refusal, not_there) else 1) from None
    if as_json:
        print_json(_as_json(whose, report))
    else:
        _print(whose, report)
    raise typer.Exit(0 if report.ok else 1)


def _bounds(settings: Settings) -> Bounds:
    from veza.ingest.sources import Bounds

    return Bounds(settings.import_files, settings.import_file_bytes, settings.import_bytes)


async def _undo(catalog: Catalog, run_id: UUID | None) -> Report:
    from veza.ingest.undo import undo

    assert run_id is not None
    return await undo(catalog.database, run_id)


async def _import(catalog: Catalog, path: Path, asked: Asked, bounds: Bounds, *, quiet: bool) -> tuple[Whose, Report]:
    import asyncio

    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from veza.ingest import encodings
    from veza.ingest.opening import open_source
    from veza.ingest.run import run_import
    from veza.ops.terminal_console import Console

    encoding = encodings.known(asked.encoding) if asked.encoding else None
    source = await asyncio.to_thread(open_source, path, bounds, encoding)
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


async def _artist(catalog: Catalog, asked: Asked) -> Whose:
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


async def _find_artist(session: Session, asked: Asked) -> tuple[Artist | None, UUID | None]:
    """The artist that is meant, if there is one, and the person that was named.

    A slug alone is no name: with --country, which opens an artist, it is asked which of the two is meant, since
    whoever it is will be paid.
    """
    from veza.catalog.artists import named, part_of
    from veza.catalog.members import person_by_email

    person = await person_by_email(session, asked.person) if asked.person else None
    found, by_name = await named(session, asked.artist)
    if person is not None:
        found = [one for one in found if await part_of(session, one.id, person.id)] or found
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
    if person is not None and await part_of(session, artist.id, person.id) is None:
        raise NoSuchArtist(
            gettext("{person} is not one of the people of {artist_name}", person=asked.person, artist_name=artist.name)
        )
    return artist, person.id if person else None


def _as_json(whose: Whose | None, report: Report) -> dict[str, Any]:
    def listed(pairs: list[tuple[str, str]]) -> list[dict[str, str]]:
        return [{"path": path, "reason": reason} for path, reason in pairs]

    releases = [
        {**asdict(one), "files": [{"path": path, "taken_for": what} for path, what in one.files]}
        for one in report.releases
    ]
    artist = {"id": whose.artist_id, "slug": whose.slug, "name": whose.name} if whose else None
    return {
        "ok": report.ok,
        "run_id": report.run_id,
        "dry_run": report.is_dry,
        "artist": artist,
        "releases": releases,
        "refused": listed(report.refused),
        "gone": listed(report.gone),
        "films": report.films,
        "passed_over": report.passed_over,
        "notes": report.notes,
        "cue_sheets": [asdict(one) for one in report.sheets],
    }


def _print(whose: Whose | None, report: Report) -> None:
    from rich.table import Table
    from rich.text import Text

    from veza.ops.terminal_console import Console

    console = Console()
    title = f"Releases of {whose.name}" if whose else "Taken back"
    table = Table(title=f"{title}, as they would be" if report.is_dry else title, title_justify="left")
    for heading in ("release", "result", "tracks made", "updated"):
        table.add_column(heading)
    for one in report.releases:
        result = Text(f"would be {one.result}" if report.is_dry else one.result, STYLES[one.result])
        table.add_row(Text(one.title), result, str(one.tracks_made), str(one.tracks_updated))
    console.print(table if report.releases else "No recordings were found." if whose else NOTHING_TO_UNDO)
    for line, style in _lines(report, is_undo=whose is None):
        console.print(Text(line, style), soft_wrap=True)


def _lines(report: Report, *, is_undo: bool = False) -> Iterator[tuple[str, str]]:
    """What is said under the table, each with its style."""
    for one in report.releases:
        if one.release_id is not None:
            yield f"{one.title}: release {one.release_id}", ""
        if one.cover:
            yield f"{one.title}: its cover is {one.cover}", ""
        for note in one.notes:
            yield f"{one.title}: {note}", ""
        for path, what in one.files:
            if report.is_dry or what.startswith("taken for") or "; it changes" in what:
                yield f"{one.title}: {path}: {what}", ""
    for note in report.notes:
        yield note, "yellow"
    for path, reason in report.gone:
        yield f"not there: {path}: {reason}", "red"
    for path, reason in report.refused:
        yield f"not imported: {path}: {reason}", "red"
    yield from _sheet_lines(report)
    if report.films:
        yield f"{_counted(len(report.films), 'film')} passed over: {_shown(report.films)}", ""
    if report.passed_over:
        count = _counted(len(report.passed_over), "other file")
        yield f"{count} passed over, neither a recording nor a cover: {_shown(report.passed_over)}", ""
    made = sum(one.result == "made" for one in report.releases)
    if made and not report.is_dry:
        yield (
            (
                f"{_counted(made, 'new draft')}: only the artist's own people see a draft. To publish one: "
                "POST /api/v1/releases/ID/publish with its id."
            ),
            "",
        )
    wrote = any(one.result in {"made", "updated"} for one in report.releases)
    if report.run_id is not None and wrote and not is_undo:
        yield f"To take this import back: veza import --undo {report.run_id}", ""


def _shown(paths: list[str]) -> str:
    more = len(paths) - SHOWN_OTHERS
    return ", ".join(paths[:SHOWN_OTHERS]) + (f" and {more} more (--json names them all)" if more > 0 else "")


def _sheet_lines(report: Report) -> Iterator[tuple[str, str]]:
    """Each cue sheet, and every track it names where it is not a file of its own."""
    for one in report.sheets:
        if not one.is_left_out:
            yield f"{one.path}: {one.what}", ""
            continue
        yield f"cue sheet {one.path}: {one.what}", "red"
        for track in one.tracks:
            who = f" · {track.performer}" if track.performer not in ("", one.performer) else ""
            begins = f", from {_clock(track.begins_ms)}" if track.begins_ms is not None else ""
            yield f"  {track.number:02d} {track.title or 'without a title'}{who}{begins}", ""


def _clock(milliseconds: int) -> str:
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes}:{rest / 1000:05.2f}"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
