"""Slugs: readable addresses that stay good after a rename, because the former ones still lead there."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Index, and_, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from veza.catalog.sorted_text import SORTED
from veza.kit.database import Base, Session
from veza.kit.ids import id_of
from veza.kit.messages import gettext

ARTIST, RELEASE = "artist", "release"
EVERYWHERE = UUID(int=0)
"""The scope of slugs that are unique among all; a release's are unique among its artist's."""

LONGEST = 80
MOST_TWINS = 500
"""After so many of one name the rest are told apart by a part of their id."""
MOST_TRIES = 20

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class Slug(Base):
    """One address: `slug` leads to `target_id` among the things of `kind` in `scope`; a former one does so for ever."""

    __tablename__ = "slugs"

    kind: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(SORTED, primary_key=True)
    target_id: Mapped[UUID]
    is_current: Mapped[bool]
    since: Mapped[datetime]

    __table_args__ = (Index(None, "target_id"),)


class NoSlugFree(Exception):
    """Too many were given the same name at the same instant."""

    def __init__(self, text: str) -> None:
        super().__init__(gettext("too many are being named “{text}” at this moment: try again", text=text[:60]))


async def give(session: Session, kind: str, scope: UUID, target_id: UUID, text: str) -> str:
    """The slug of `target_id` for its new name `text`; what it had before still leads to it.

    Two with one name get `name` and `name-2`. A new name that makes the same slug changes nothing.
    """
    base = base_of(text, target_id)
    for _ in range(MOST_TRIES):
        owners = await _owners(session, kind, scope, base)
        current = await _current(session, target_id)
        if current is not None and _still_fits(current, base, owners, target_id):
            return current
        slug = _first_free(base, owners, target_id)
        if await _take(session, kind, scope, slug, target_id):
            others = update(Slug).where(Slug.target_id == target_id, Slug.slug != slug)
            await session.execute(others.values(is_current=False))
            return slug
    raise NoSlugFree(text)


def leads_to(kind: str, scope: Any, target_id: Any) -> ColumnElement[bool]:
    """Joins slugs to what they lead to, whose ids are in `target_id`: that of the parameter `slug`, current or former.

    Ask only for what `is_slug`.
    """
    mine = (Slug.kind == kind, Slug.scope == scope, Slug.slug == bindparam("slug"))
    return and_(*mine, Slug.target_id == target_id)


async def forget(session: Session, target_id: UUID) -> None:
    """Give back every slug of something that is gone."""
    await session.execute(delete(Slug).where(Slug.target_id == target_id))


def is_slug(text: str) -> bool:
    """Whether it could be one: nothing else need be looked for."""
    return len(text) <= LONGEST + 20 and _SLUG.fullmatch(text) is not None


def as_id(text: str) -> UUID | None:
    """The id that was sent instead of a slug, written as ids are: a slug may have 32 hexadecimal digits, too."""
    found = id_of(text)
    return found if str(found) == text.lower() else None


def base_of(text: str, target_id: UUID) -> str:
    """The name in plain letters; a part of the id where nothing is left of it, or what is left looks like an id."""
    from slugify import slugify  # late: it compiles a pattern of 2,000 entities, 40 ms of every process's start

    slug = str(slugify(text, max_length=LONGEST, word_boundary=False))
    return slug if slug and as_id(slug) is None else target_id.hex[-12:]


async def _owners(session: Session, kind: str, scope: UUID, base: str) -> dict[str, UUID]:
    """Who has `base` and its numbered twins."""
    twins = (Slug.slug > f"{base}-") & (Slug.slug < f"{base}.")  # "." is the character after "-"
    taken = select(Slug.slug, Slug.target_id).where(Slug.kind == kind, Slug.scope == scope, (Slug.slug == base) | twins)
    return {row.slug: row.target_id for row in await session.execute(taken)}


async def _current(session: Session, target_id: UUID) -> str | None:
    mine = select(Slug.slug).where(Slug.target_id == target_id, Slug.is_current)
    return (await session.execute(mine)).scalar()


def _still_fits(current: str, base: str, owners: dict[str, UUID], target_id: UUID) -> bool:
    if current == base:
        return True
    is_twin = re.fullmatch(rf"{re.escape(base)}-(\d+|{target_id.hex[-12:]})", current) is not None
    return is_twin and owners.get(base) not in (None, target_id)


def _first_free(base: str, owners: dict[str, UUID], target_id: UUID) -> str:
    for slug in (base, *(f"{base}-{number}" for number in range(2, MOST_TWINS + 2))):
        if owners.get(slug, target_id) == target_id:
            return slug
    return f"{base}-{target_id.hex[-12:]}"


async def _take(session: Session, kind: str, scope: UUID, slug: str, target_id: UUID) -> bool:
    """Make `slug` current for `target_id`; False when another request took it at the same instant."""
    insert: Any = postgresql.insert if session.dialect == "postgresql" else sqlite.insert
    row = {
        "kind": kind, "scope": scope, "slug": slug, "target_id": target_id, "is_current": True, "since": session.now,
    }  # fmt: skip
    if (await session.execute(insert(Slug).values(row).on_conflict_do_nothing().returning(Slug.slug))).first():
        return True
    mine = update(Slug).where(Slug.kind == kind, Slug.scope == scope, Slug.slug == slug, Slug.target_id == target_id)
    return (await session.execute(mine.values(is_current=True).returning(Slug.slug))).first() is not None
