"""Where a page may lead on to: addresses of this site alone."""

from __future__ import annotations

import re

_OURS = re.compile(r"/(?![/\\])[A-Za-z0-9_./?&=%+,~:@!$'()*;-]*")
LONGEST = 1_000


def own_address(wanted: str, otherwise: str = "/") -> str:
    """`wanted` if it is an address of this site: a path, with no host before it and nothing a browser reads as one."""
    if len(wanted) <= LONGEST and _OURS.fullmatch(wanted) and not wanted.startswith("/sign-in"):
        return wanted
    return otherwise
