"""Names in `.env` and the environment that are no settings or have no effect."""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

from veza.settings.table import Settings


def strangers() -> list[tuple[str, str]]:
    """Names in `.env` or the environment that look like a misspelt setting, each with the one probably meant."""
    known = [str(field.validation_alias) for field in Settings.model_fields.values()]
    written = set(os.environ) | {name for name, _ in _env_file()[0]}
    found = ((name, _meant(name, known)) for name in written - set(known))
    return sorted((name, close) for name, close in found if close)


def ignored() -> list[str]:
    """One sentence for each line of `.env` or variable that has no effect though it seems meant to have one."""
    names, unreadable = _env_file()
    meant = dict(strangers())
    known = {str(field.validation_alias) for field in Settings.model_fields.values()}
    said = [f".env line {line}, “{text}”, is not NAME=value: it has no effect" for line, text in unreadable]
    said += [f"{name} is no setting: did you mean {close}?" for name, close in meant.items()]
    others = (one for one in names if one[0] not in known and one[0] not in meant)
    return said + [f".env line {line}: {name} is no setting: it has no effect" for name, line in others]


def _meant(name: str, known: Sequence[str]) -> str | None:
    """The setting that was probably meant: nearly the same letters, or two neighbours swapped."""
    turned = {name[:at] + name[at + 1] + name[at] + name[at + 2 :] for at in range(len(name) - 1)}
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.88)
    return next((one for one in known if one in turned), None) or (close[0] if close else None)


def environment_for_children() -> dict[str, str]:
    """The variables that a child process needs to run; it gets no setting of ours."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "SYSTEMROOT") if name in os.environ}


def _env_file() -> tuple[list[tuple[str, int]], list[tuple[int, str]]]:
    """The names in `.env` with their lines, and the lines that give no name a value."""
    from dotenv.parser import parse_stream

    env_file = Path(".env")
    if not env_file.is_file():
        return [], []
    found = list(parse_stream(StringIO(env_file.read_text(encoding="utf-8", errors="replace"))))
    names = [(one.key, one.original.line) for one in found if one.key is not None and one.value is not None]
    wrong = [one.original for one in found if one.error or (one.key is not None and one.value is None)]
    # What is shown may be part of a secret: its beginning is enough to find the line.
    return names, [(one.line, one.string.strip()[:20]) for one in wrong]
