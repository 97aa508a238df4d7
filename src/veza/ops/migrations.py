"""The database schema: bring it up to date, and tell whether it is."""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.engine import make_url

import veza
from veza.kit.database import Database
from veza.kit.database_trouble import DatabaseMissing, DatabaseUnavailable
from veza.kit.messages import gettext
from veza.kit.secret_box import SecretBox
from veza.ops.encryption_keys import secret_box
from veza.ops.secret_files import close_to_others
from veza.settings import Settings

if TYPE_CHECKING:
    from alembic.config import Config


def migrations_folder() -> Path:
    """Inside the package when installed from a wheel, beside `src` in a checkout."""
    package = Path(veza.__file__).resolve().parent
    shipped = package / "migrations"
    return shipped if shipped.is_dir() else package.parents[1] / "migrations"


def alembic_config(url: str, box: SecretBox | None = None) -> Config:
    """What Alembic needs to know: where the scripts are, and the database; `box` seals what older versions did not."""
    from alembic.config import Config  # a quarter of a second: only who migrates pays it

    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))  # ConfigParser reads % as its own
    config.attributes["box"] = box
    return config


def migrate(settings: Settings) -> Path | None:
    """Bring the database to the newest revision; safe to repeat. Returns the SQLite file that was made for it.
    Raises NoKeys.

    The only folder that is made is VAR_DIR: any other one that is not there is a mistyped path.
    """
    from alembic import command

    url = make_url(settings.database_url)
    file = Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None
    is_new = file is not None and not file.exists() and str(file) != ":memory:"
    if file is not None and is_new:
        _demand_folder(file.parent, settings)
    command.upgrade(alembic_config(settings.database_url, secret_box(settings)), "head")
    close_to_others(settings)
    return file.resolve() if file is not None and is_new else None


def _demand_folder(folder: Path, settings: Settings) -> None:
    if folder.is_dir():
        return
    if folder.resolve() != settings.var_dir.resolve():
        raise DatabaseUnavailable(
            gettext(
                "there is no folder {folder} for the database: correct DATABASE_URL, or make it (mkdir -p {folder})",
                folder=folder,
            )
        )
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseUnavailable(
            gettext(
                "cannot make the folder {folder} ({strerror}): choose another", folder=folder, strerror=error.strerror
            )
        ) from error


@cache
def newest_revision() -> str:
    """The revision this version of Veza was written for."""
    from alembic.script import ScriptDirectory

    head = ScriptDirectory(str(migrations_folder())).get_current_head()
    if head is None:
        raise FileNotFoundError(f"no migrations in {migrations_folder()}")
    return head


async def out_of_date(database: Database) -> str | None:
    """None when the schema is the one this version was written for, else a sentence saying what to do."""
    newest = await asyncio.to_thread(newest_revision)  # the first call reads every migration
    try:
        found = await _revisions(database)
    except DatabaseUnavailable as error:
        return str(error)
    if found == [newest]:
        return None
    return f"the database is at revision {', '.join(found) or 'none'}, this Veza needs {newest}: run `veza migrate`"


async def _revisions(database: Database) -> list[str]:
    async with database.read() as session:
        return list((await session.execute(text("SELECT version_num FROM alembic_version"))).scalars().all())


async def demand_tables(url: str) -> None:
    """Raise DatabaseMissing when there are none: nothing would ever work. A database that is away may come back."""
    database = Database.open(url, pool_size=2)
    try:
        await _revisions(database)
    except DatabaseMissing:
        raise
    except DatabaseUnavailable:
        return
    finally:
        await database.close()
