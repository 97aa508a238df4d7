"""The money module's stage, for what is played on it."""

from __future__ import annotations

from tests.money.conftest import any_stage, open_stage, postgres_stage, stage

__all__ = ["any_stage", "open_stage", "postgres_stage", "stage"]
