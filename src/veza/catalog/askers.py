"""Who asks for something of the catalogue, as far as it matters here."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from veza.kit.messages import Message


@dataclass(frozen=True, slots=True)
class Asker:
    """A person or nobody known; a moderator sees what is not published, an administrator acts for every artist."""

    person_id: UUID | None = None
    moderates: bool = False
    administers: bool = False

    @property
    def sees_everything(self) -> bool:
        return self.moderates or self.administers


ANYBODY = Asker()
SYSTEM = Asker(administers=True)
"""What Veza does by itself: the publisher, the import."""


class NotYours(Exception):
    """What is asked is for the artist's people, or its owners, only."""

    def __init__(self, what: Message) -> None:
        super().__init__(what)
