"""How a file that is downloaded is called (RFC 6266), in letters that every program reads and in its own (RFC 8187)."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

_ODD = re.compile(r"[^ !#$&+.0-9A-Z^_`a-z{|}~()\',;=@\[\]-]")
"""What a quoted name does without: letters beyond ASCII, quotes, and `%` and backslashes, which programs undo."""
_ATTR_CHARS = "!#$&+-.^_`|~"


def attachment(name: str) -> str:
    """`Content-Disposition` of a file called `name`."""
    plain = unicodedata.normalize("NFKD", name)
    plain = _ODD.sub("_", "".join(one for one in plain if not unicodedata.combining(one)))
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe=_ATTR_CHARS)}"
