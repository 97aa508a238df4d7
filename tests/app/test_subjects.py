"""Moderation knows how to handle every kind that can be reported."""

from __future__ import annotations

from veza.app.subjects import SUBJECTS
from veza.moderation.subjects import SUBJECT_KINDS


def test_every_kind_that_can_be_reported_is_registered_by_a_module() -> None:
    assert set(SUBJECTS) == set(SUBJECT_KINDS)
