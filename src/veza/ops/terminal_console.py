"""Tables and styled text for a terminal, safe for any content. Apart from `terminal`, because Rich loads slowly."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich import console
from rich.segment import Segment

from veza.kit.visible import visible


class Console(console.Console):
    """Rich's console, which would hand ESC and its like on to the terminal."""

    def render(self, renderable: Any, options: console.ConsoleOptions | None = None) -> Iterable[Segment]:
        """The parts of what is printed, each with its control characters made visible."""
        for segment in super().render(renderable, options):
            # Rich's own movements, such as those of a progress bar, are segments of control.
            yield segment if segment.control else Segment(visible(segment.text), segment.style)
