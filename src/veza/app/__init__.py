"""The composition root: builds the rooms, and lists who hears which event, and when."""

from __future__ import annotations

from veza.app.build import Veza, build

__all__ = ["Veza", "build"]
