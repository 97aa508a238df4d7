"""What SQLAlchemy has compiled stays known when a test opens an engine of its own, as in a server that has run a while.

A statement takes about a millisecond the first time an engine sees it, and every test's engine is new: a quarter of
the time of tests that sell something. Statements are kept by engine and dialect, so each engine gets the dialect and
the statements of the first of its driver.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.engine import URL, Dialect
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

_kept: dict[str, tuple[Dialect, Any]] = {}
"""By driver: the dialect, and the statements compiled for it."""


def open_engine(url: URL, **options: Any) -> AsyncEngine:
    """What `create_async_engine` makes, with what was compiled for others of this driver."""
    engine = create_async_engine(url, **options)
    made = engine.sync_engine
    known = _kept.get(url.drivername)
    if known is None or known[0].server_version_info is None:  # the first has never reached its server
        _kept[url.drivername] = made.dialect, made._compiled_cache
    else:
        made.dialect, made._compiled_cache = known
        made.pool._dialect = made.dialect
    return engine
