"""Secrets that are handed out, in cookies, links and headers: 256 random bits, of which only the SHA-256 stays here.

A fast hash is enough: 256 random bits cannot be guessed, however fast each guess is.
"""

from __future__ import annotations

import hashlib
import secrets

_BYTES = 32


def new_secret() -> str:
    """43 characters that fit into an address, a header and a cookie."""
    return secrets.token_urlsafe(_BYTES)


def digest(secret: str) -> str:
    """The hash of a secret, which is stored."""
    return hashlib.sha256(secret.encode()).hexdigest()
