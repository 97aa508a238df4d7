"""Moderation as the composition root builds it, and as the doors are given it."""

from __future__ import annotations

from dataclasses import dataclass

from veza.moderation.subjects import Subjects


@dataclass(frozen=True, slots=True)
class Moderation:
    """What can be reported and decided about, kind by kind."""

    subjects: Subjects
