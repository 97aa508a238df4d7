"""A form that was sent after its sender's session had ended: what was typed is carried through signing in.

The sign-in page carries it in a field of its own, and the page after it shows it with one button that sends it. It
never leaves this site's own pages, so it is neither kept nor signed. Passwords and codes are not carried.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from veza.web.declared import KEY_FIELD
from veza.web.own_addresses import own_address
from veza.web.proving import SECRET_FIELDS

FIELD = "interrupted"
_UNSEEN = frozenset({KEY_FIELD, "next", "version"})
"""Fields that no reader has typed."""


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A form as it was sent: its address, and its fields without secrets."""

    action: str
    fields: Mapping[str, str]

    @property
    def typed(self) -> list[str]:
        """What its reader will know again: the texts of it."""
        return [value for name, value in self.fields.items() if name not in _UNSEEN and len(value) > 1]

    @property
    def packed(self) -> str:
        """The same as the value of a field."""
        return json.dumps([self.action, dict(self.fields)], ensure_ascii=False)


def interrupted_by(path: str, fields: Mapping[str, str]) -> Interrupted | None:
    """The form of a request that its sender was not signed in for; None where nothing was typed."""
    kept = {name: value for name, value in fields.items() if name not in SECRET_FIELDS}
    found = Interrupted(path, kept)
    return found if found.typed else None


def unpacked(packed: str) -> Interrupted | None:
    """What a field carried; None for what our pages do not write."""
    try:
        action, fields = json.loads(packed)
    except (ValueError, TypeError):
        return None
    is_plain = isinstance(fields, dict) and all(isinstance(one, str) for one in fields.values())
    if not isinstance(action, str) or not is_plain or own_address(action, "") != action or not action:
        return None
    return Interrupted(action, fields)
