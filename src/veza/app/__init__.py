"""The composition root: builds the modules, and lists who hears which event, and when."""

from __future__ import annotations

from veza.app.build import Veza, build

__all__ = ["Veza", "build"]
