"""Control characters made visible: no text from outside moves a terminal's cursor or fakes a line."""

from __future__ import annotations

import re

from veza.kit.messages import Message

# C0 without tab and line break, DEL, C1 (0x9b is ESC [ in one character), and what turns the reading direction.
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_CONTROL_AND_BREAKS = re.compile(rf"{_CONTROL.pattern[:-1]}\t\n]")


def visible(text: str, *, one_line: bool = False) -> str:
    """`text` with every control character as `\\x1b`; line breaks and tabs stay, unless it must be one line."""
    return (_CONTROL_AND_BREAKS if one_line else _CONTROL).sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    return ascii(found[0])[1:-1]


def visible_in(said: Message) -> Message:
    """A message whose every text from outside is visible."""
    return Message(said.template, {name: _visible_field(value) for name, value in said.fields.items()}, said.plural)


def _visible_field(value: object) -> object:
    if isinstance(value, str):
        return visible(value)
    return visible_in(value) if isinstance(value, Message) else value
