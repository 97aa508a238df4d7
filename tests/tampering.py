"""Links and cookies that were changed on their way."""

from __future__ import annotations

BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def changed(signed: str, at: int = -10) -> str:
    """The text with another character of its alphabet at that place.

    It differs in the first of six bits, which all count: the last character of a signature holds bits that mean
    nothing, so another one there may be the same signature.
    """
    at %= len(signed)
    number = BASE64.index(signed[at])
    return f"{signed[:at]}{BASE64[number ^ 32]}{signed[at + 1 :]}"
