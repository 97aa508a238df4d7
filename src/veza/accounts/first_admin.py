"""The first admin: the signed-in person who opens the link that the first start prints."""

from __future__ import annotations

from uuid import UUID

from veza.accounts import emails, links, roles
from veza.accounts.links import Purpose
from veza.accounts.permissions import Role
from veza.kit.database import Database, Session


async def admin_link(database: Database, base_url: str) -> str | None:
    """A link that makes the person who opens it admin, once, within a day; None if there is an admin."""
    async with database.write("veza") as session:
        if await roles.is_there_an_admin(session):
            return None
        secret = links.make(session, Purpose.ADMIN, None)
    return emails.page_address(base_url, "admin", secret)


async def look(session: Session, secret: str) -> None:
    """Raises BadLink for a link that is not good any more, also when there is an admin by now."""
    await links.look(session, secret, Purpose.ADMIN)
    if await roles.is_there_an_admin(session):
        raise links.BadLink


async def claim(session: Session, person_id: UUID, secret: str, address: str) -> None:
    """Make the person admin and every such link invalid; raises BadLink, also if there is an admin by now."""
    await links.use(session, secret, Purpose.ADMIN)
    if await roles.is_there_an_admin(session):
        raise links.BadLink
    await roles.give(session, person_id, Role.ADMIN, by="first start", address=address)
    await links.forget_admin_links(session)
