"""Logs: structured lines on stderr, for people or for a collector; every library's lines included.

No line holds the local variables of an exception's frames: passwords, cookies and keys are among them. No control
character of a value reaches a terminal as it is.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from io import StringIO
from typing import Any, TextIO

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import ExcInfo

from veza.kit.visible import visible
from veza.settings import Settings

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]

# Below warning these speak of every connection and every statement.
_CHATTY = ("uvicorn.error", "aiosqlite", "alembic", "stripe", "asyncio", "httpx")


def configure_logs(settings: Settings) -> None:
    """Send every log line, ours and the libraries', through one renderer to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(settings.log_format, colors=sys.stderr.isatty()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING))
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(root.level),
    )


def formatter(log_format: str, *, colors: bool = False) -> logging.Formatter:
    """Renders lines as `json` or for a `console`."""
    if log_format == "json":
        tracebacks = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
        ending: list[Any] = [tracebacks, structlog.processors.JSONRenderer()]
    else:
        console = structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=_visible_traceback)
        ending = [_visible_values, console]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending],
    )


def _visible_values(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """What a terminal would obey, in names and values, is shown instead."""
    return {visible(str(name), one_line=True): _escaped(str(name), value) for name, value in event.items()}


def _escaped(name: str, value: Any) -> Any:
    if name == "exc_info" or isinstance(value, (bool, int, float, type(None))):
        return value
    return visible(value if isinstance(value, str) else repr(value), one_line=name not in ("exception", "stack"))


def _visible_traceback(sink: TextIO, error: ExcInfo) -> None:
    # Without locals: Python's own form has none.
    plain = StringIO()
    structlog.dev.plain_traceback(plain, error)
    sink.write(visible(plain.getvalue()))
