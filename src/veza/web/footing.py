"""What the foot of every page links: the texts that the site's owner has written.

Each process looks again after a few seconds, so that a page costs no statement for it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from veza.accounts import site_texts
from veza.accounts.site_texts import SiteTextName
from veza.kit.database import Session

LOOKS_AGAIN = timedelta(seconds=10)


class Footing:
    """The names of the texts there are, as far as this process knows."""

    def __init__(self) -> None:
        self.written: tuple[SiteTextName, ...] = ()
        self._looked_at: datetime | None = None

    async def look(self, session: Session) -> None:
        """Look again, where the last look is some seconds old."""
        if self._looked_at is None or session.now - self._looked_at >= LOOKS_AGAIN:
            self.written, self._looked_at = tuple(await site_texts.written(session)), session.now

    def changed(self) -> None:
        """The next page looks again."""
        self._looked_at = None
