"""The money module's stage, for what the operator's door shows of it."""

from __future__ import annotations

from tests.money.conftest import open_stage

__all__ = ["open_stage"]
