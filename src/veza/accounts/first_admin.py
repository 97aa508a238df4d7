"""The first admin: the signed-in person who opens the link that the first start prints or the operator token makes.

The token makes such links when there are admins already, too: it is how its holder gets back in.
"""

from __future__ import annotations

from uuid import UUID

from veza.accounts import emails, links, roles
from veza.accounts.links import Purpose
from veza.accounts.permissions import Role
from veza.kit.database import Database, Session

_ADMIN = (Purpose.ADMIN, Purpose.RECOVERY)


async def admin_link(database: Database, base_url: str) -> str | None:
    """A link that makes the person who opens it admin, once, within a day; None if there is an admin."""
    async with database.write("veza") as session:
        if await roles.is_there_an_admin(session):
            return None
        secret = links.make(session, Purpose.ADMIN, None)
    return emails.page_address(base_url, "admin", secret)


def recovery_link(session: Session) -> str:
    """The path of a link that makes the person who opens it admin, once, within a quarter of an hour: for the holder of
    the operator token."""
    return emails.page_address("", "admin", links.make(session, Purpose.RECOVERY, None))


async def look(session: Session, secret: str) -> None:
    """Raises BadLink for a link that is not good any more; that of the first start, also when there is an admin."""
    await _demand_wanted(session, await links.look(session, secret, *_ADMIN))


async def claim(session: Session, person_id: UUID, secret: str, address: str) -> None:
    """Make the person admin and every link of the first start invalid; raises BadLink as `look` does."""
    link = await links.use(session, secret, *_ADMIN)
    await _demand_wanted(session, link)
    by = "operator token" if link.purpose == Purpose.RECOVERY else "first start"
    await roles.give(session, person_id, Role.ADMIN, by=by, address=address)
    await links.forget_admin_links(session)


async def _demand_wanted(session: Session, link: links.Link) -> None:
    if link.purpose == Purpose.ADMIN and await roles.is_there_an_admin(session):
        raise links.BadLink
