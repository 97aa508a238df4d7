"""What the site's owner writes: imprint, terms and privacy. A text that is not written has no page."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base, Session
from veza.kit.field_faults import FieldChecks
from veza.kit.messages import gettext
from veza.kit.text import paragraphs

LONGEST = 16_000
"""Characters of a text, eight printed pages; of Chinese a form carries as many, in nine bytes each."""


class SiteTextName(StrEnum):
    """The texts there may be, in the order of the page's foot."""

    IMPRINT = "imprint"
    TERMS = "terms"
    PRIVACY = "privacy"


class SiteText(Base):
    """One text, as it was written; `text` is never empty."""

    __tablename__ = "site_texts"

    name: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]
    updated_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("name IN ({})".format(", ".join(f"'{one}'" for one in SiteTextName)), name="name_known"),
    )


class UnknownSiteText(LookupError):
    """There is no such text, or nothing is written in it."""

    def __init__(self, wanted: str) -> None:
        super().__init__(gettext("this site has no page {wanted}", wanted=wanted))


async def written(session: Session) -> dict[SiteTextName, SiteText]:
    """The texts that are written, in their order."""
    found = {row.name: row for row in await session.scalars(select(SiteText))}
    return {one: found[one] for one in SiteTextName if one in found}


async def find(session: Session, name: SiteTextName) -> SiteText:
    """One text. Raises UnknownSiteText."""
    row = await session.get(SiteText, name.value)
    if row is None:
        raise UnknownSiteText(name.value)
    return row


async def write(session: Session, name: SiteTextName, text: str) -> None:
    """Keep the text instead of the one before; an empty one takes its page away. Raises FieldFault."""
    checks = FieldChecks()
    with checks.field(name.value):
        kept = paragraphs(text, gettext("the text"), most=LONGEST)
    checks.demand()
    await session.execute(delete(SiteText).where(SiteText.name == name.value))
    if kept:
        session.add(SiteText(name=name.value, text=kept, updated_at=session.now))
        await session.flush()
