"""Chores on a schedule: one that does not come to its end is a finding, until it does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from veza.kit.database import Database
from veza.kit.database_trouble import DatabaseUnavailable
from veza.kit.messages import gettext, message_of
from veza.money import findings
from veza.money.findings import FindingKind


async def reported(database: Database, name: str, chore: Callable[[], Awaitable[object]]) -> None:
    """Do the chore; where it fails a finding says why, and the error goes on to the log. Success closes the finding.

    A database that cannot be reached is no failure of the chore: nothing could be written down.
    """
    try:
        await chore()
    except DatabaseUnavailable:
        raise
    except Exception as error:
        async with database.write(name) as session:
            said = gettext(
                "{name} did not come to its end ({kind}): {error}",
                name=name,
                kind=type(error).__name__,
                error=message_of(error),
            )
            mend = gettext(
                "it goes on at its next time, from where it stopped; the finding closes when it comes to its end"
            )
            await findings.report(session, FindingKind.RUN_FAILED, name, said, mend=mend)
        raise
    async with database.write(name) as session:
        await findings.resolve(session, FindingKind.RUN_FAILED, name)
