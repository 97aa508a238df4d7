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
TYPED_FIELDS = frozenset(
    {
        "amount", "answer", "at", "bio", "count", "credits", "description", "edit", "email", "imprint", "isrc",
        "licence", "name", "note", "price", "privacy", "publish_at", "reason", "release_date", "reply", "tags", "terms",
        "text", "title", "track_title",
    }
)  # fmt: skip
"""Fields that people write into. What else a form sends, such as the id of what it is about, is carried unseen."""
_OF_EVERY_FORM = frozenset({KEY_FIELD, "next", "version"})
"""Fields that say nothing of what was wanted."""


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A form as it was sent: its address, and its fields without secrets."""

    action: str
    fields: Mapping[str, str]

    @property
    def typed(self) -> list[str]:
        """What its reader will know again: the texts of it."""
        return [value for name, value in self.fields.items() if name in TYPED_FIELDS and value.strip()]

    @property
    def packed(self) -> str:
        """The same as the value of a field."""
        return json.dumps([self.action, dict(self.fields)], ensure_ascii=False)


def interrupted_by(path: str, fields: Mapping[str, str]) -> Interrupted | None:
    """The form of a request that its sender was not signed in for; None where nothing of it is left."""
    kept = {name: value for name, value in fields.items() if name not in SECRET_FIELDS}
    wants = any(value.strip() for name, value in kept.items() if name not in _OF_EVERY_FORM)
    return Interrupted(path, kept) if wants else None


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
