"""Database and sandbox belong together: one that is new beside one that is old is told before anything starts.

A sandbox plays the provider. One that knows nothing of the database's sales would lose them, and a database that knows
nothing of the sandbox's would be told of sales it never made.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import func, or_, select
from sqlalchemy.engine import make_url

from veza.kit.database import Database
from veza.kit.messages import gettext
from veza.kit.sqlite_files import missing_file
from veza.lab.sandbox.hosted import state_file
from veza.money.payments import Payment
from veza.settings import Settings

WAY_ON = "`veza serve --repair` saves what can be saved, `veza sandbox reset` begins anew; both keep the file as it was"
"""From a damaged sandbox file."""
BEGIN_ANEW = "`veza sandbox reset` begins with an empty sandbox and keeps the old file beside it"
_ASKED = or_(Payment.stripe_checkout_session_id.is_not(None), Payment.stripe_charge_id.is_not(None))
_SALES = "SELECT count(*) FROM objects WHERE kind = ? AND json_extract(json, '$.metadata.veza_payment') > ''"


class NotTogether(Exception):
    """Database and sandbox are not of one shop; says which is new, and the way on."""


async def demand_together(settings: Settings) -> None:
    """Raise NotTogether where the sandbox in VAR_DIR or the database lacks every sale that the other has."""
    if not settings.hosts_sandbox:
        return
    file = state_file(settings)
    is_new, sales = _seen_in(file)
    has_payments, asked = (False, 0) if missing_file(settings.database_url) else await _payments(settings)
    if sales and not has_payments:
        raise NotTogether(
            gettext(
                "the sandbox in {file} has {counted}, and the database {named} has none: it is new. "
                "Name the database these sales were made with (DATABASE_URL), or begin anew: "
                "{begin_anew}",
                file=file,
                counted=_counted(sales),
                named=_named(settings),
                begin_anew=BEGIN_ANEW,
            )
        )
    if is_new and asked and not reset_mark(settings).exists():
        raise NotTogether(
            gettext(
                "the database {named} has {counted} that the provider was asked for, and the sandbox "
                "in {file} is a new one. Put the sandbox.db back that these sales were made with, or "
                "name its folder (VAR_DIR), or begin anew: {begin_anew}",
                named=_named(settings),
                counted=_counted(asked),
                file=file,
                begin_anew=BEGIN_ANEW,
            )
        )
    if not is_new:
        reset_mark(settings).unlink(missing_ok=True)


async def _payments(settings: Settings) -> tuple[bool, int]:
    """Whether the database has any payment, and how many of them the provider was asked for."""
    database = Database.open(settings.database_url, pool_size=1)
    try:
        async with database.read() as session:
            has_payments = (await session.scalars(select(Payment.id).limit(1))).first() is not None
            return has_payments, int(await session.scalar(select(func.count()).select_from(Payment).where(_ASKED)) or 0)
    finally:
        await database.close()


def reset_mark(settings: Settings) -> Path:
    """A file that says: the sandbox is empty because an operator wanted it so. Gone once the sandbox was used."""
    return settings.var_dir / "sandbox.reset"


def _seen_in(file: Path) -> tuple[bool, int]:
    """Whether the sandbox's file is new, and how many pay pages or charges in it name a payment."""
    if not file.exists():
        return True, 0
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as state:
            is_new = state.execute("SELECT 1 FROM objects LIMIT 1").fetchone() is None
            return is_new, max(int(state.execute(_SALES, (kind,)).fetchone()[0]) for kind in ("sessions", "charges"))
    except sqlite3.Error:
        return False, 0  # a damaged file has a sentence of its own when it is opened


def _counted(sales: int) -> str:
    return "1 sale" if sales == 1 else f"{sales} sales"


def _named(settings: Settings) -> str:
    url = make_url(settings.database_url)
    is_file = url.get_backend_name() == "sqlite"
    return str(url.database) if is_file else url.render_as_string(hide_password=True)
