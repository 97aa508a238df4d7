"""Who looks at a page: what the header and the foot of every page say of them, read by one statement at most."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select

from veza.accounts.identity import Identity
from veza.accounts.people import Person
from veza.accounts.permissions import Permission
from veza.http.buyers import cart_token_of
from veza.http.identity import Connection, anonymous, known_identity
from veza.http.language import language_of
from veza.http.preferences import has_record_colours, theme_of
from veza.http.requests import DoorRequest
from veza.kit.database import Session
from veza.kit.secret import digest
from veza.market.cart import Cart, CartItem
from veza.moderation import notices


@dataclass(frozen=True, slots=True)
class Visit:
    """The reader of a page. `name` is None for a visitor, `theme` None where the system's is followed; times
    are shown in `zone` (IANA), in UTC where it is None."""

    identity: Identity
    name: str | None
    in_cart: int
    language: str
    theme: str | None
    unread: int = 0
    """Notices that a person has not read."""
    zone: str | None = None
    record_colours: bool = True
    """Whether a page about a record takes the colours of its cover."""

    @property
    def is_person(self) -> bool:
        return self.identity.person_id is not None

    def may(self, permission: str) -> bool:
        """Whether the reader has the permission of this name: pages offer what will be let through."""
        return self.identity.may(Permission(permission))


async def visit_of(session: Session, request: DoorRequest, identity: Identity, base_url: str) -> Visit:
    """The visit behind a request. A visitor without a cart costs no statement."""
    name, in_cart, unread, zone = None, 0, 0, None
    token = cart_token_of(request, base_url)
    if identity.person_id is not None:
        mine = _things(Cart.person_id == identity.person_id)
        asked = select(Person.name, mine, notices.unread(identity.person_id), Person.time_zone)
        found = (await session.execute(asked.where(Person.id == identity.person_id))).one_or_none()
        name, in_cart, unread, zone = found or (None, 0, 0, None)
    elif token is not None:
        in_cart = (await session.execute(select(_things(Cart.token_hash == digest(token))))).scalar_one()
    return Visit(
        identity, name, in_cart, language_of(request), theme_of(request), unread, zone, has_record_colours(request)
    )


def reader_of(request: Connection) -> Visit:
    """What is known of a reader without asking the database: for pages of errors and of mailed links."""
    found = known_identity(request) or anonymous(request)
    return Visit(found, None, 0, language_of(request), theme_of(request), record_colours=has_record_colours(request))


def _things(whose: ColumnElement[bool]) -> ColumnElement[int]:
    held = select(func.count()).select_from(CartItem).join(Cart, Cart.id == CartItem.cart_id)
    return held.where(whose).scalar_subquery()
