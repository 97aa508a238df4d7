"""The one table: every error that a module raises on purpose, and which kind of problem it is at every door."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from veza.http import problems
from veza.http.errors import accounts, catalog, chat, community, ingest, kit, market, moderation, money, streaming
from veza.http.problems import Kind

_FILES = (kit, accounts, moderation, catalog, ingest, community, chat, streaming, market, money)


def _joined() -> dict[type[Exception], Kind]:
    joined: dict[type[Exception], Kind] = {}
    for file in _FILES:
        if twice := joined.keys() & file.ERRORS.keys():
            raise TypeError(f"{file.__name__} lists again: {', '.join(sorted(one.__name__ for one in twice))}")
        joined |= file.ERRORS
    return joined


ERRORS: Mapping[type[Exception], Kind] = _joined()
"""Error → kind. An error that is not listed here is a mistake of ours: 500, and the log has it."""

KINDS: tuple[Kind, ...] = tuple(chain(problems.KINDS, *(file.KINDS for file in _FILES)))
"""Every kind of problem, in the order docs/api-problems.md shows them."""


def kind_of(error: Exception) -> Kind:
    """Which kind of problem the error is, as it or the nearest of its base classes is listed; raises the error itself
    where none is. For `except Exception as error: kind = kind_of(error)`."""
    for one in type(error).__mro__:
        if one in ERRORS:
            return ERRORS[one]
    raise error
