"""Secrets that are handed out: made unguessable, kept as a hash only."""

from __future__ import annotations

import hashlib
import re
import secrets

_TOKEN = re.compile(r"[A-Za-z0-9_-]{32,128}")


def new_token() -> str:
    """256 random bits, fit for an address."""
    return secrets.token_urlsafe(32)


def looks_like_token(said: str) -> bool:
    return _TOKEN.fullmatch(said) is not None


def hash_of(secret: str) -> str:
    """The hash that is stored. A fast hash is enough: 2^100 secrets cannot be tried."""
    return hashlib.sha256(secret.encode()).hexdigest()
