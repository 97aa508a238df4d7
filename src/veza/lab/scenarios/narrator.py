"""Telling the story of a scenario while it is played."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from veza.kit.database import Database


class Narrator(Protocol):
    """Tells the story to a person, or tells none."""

    def step(self, sentence: str) -> None: ...

    def time_passes(self, by: timedelta) -> None: ...

    def note(self, sentence: str) -> None: ...

    def crowd(self, is_crowd: bool) -> None: ...

    async def catch_up(self, database: Database) -> None: ...


class Silent:
    """Tells no story."""

    def step(self, sentence: str) -> None:
        """Nothing is said."""

    def time_passes(self, by: timedelta) -> None:
        """Nothing is said."""

    def note(self, sentence: str) -> None:
        """Nothing is said."""

    def crowd(self, is_crowd: bool) -> None:
        """Nothing is said."""

    async def catch_up(self, database: Database) -> None:
        """Nothing is said."""
