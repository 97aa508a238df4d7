"""docs/configuration.md and .env.example, written from the `Settings` class."""

from __future__ import annotations

import inspect
import re
from datetime import timedelta
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from veza.settings import Settings, bounds_of, show_duration

_HEAD = """# Configuration

Veza reads its settings from the environment and from a file `.env` in the folder it starts in; the environment wins.
Everything has a default: with nothing set, Veza runs on SQLite with sandbox payments. Durations are written `30s`,
`1m`, `1h`, `30d`. `veza doctor` checks what you set and names settings that look misspelt.

This page is generated from `src/veza/settings/table.py`.
"""


def configuration_page() -> str:
    """The settings as Markdown tables, one per section of the class."""
    parts = [_HEAD]
    for section, fields in _sections().items():
        parts.append(f"\n## {section}\n\n| setting | default | unit and bounds | meaning |\n|---|---|---|---|\n")
        for field in fields:
            default = _shown(field)
            parts.append(
                f"| `{field.validation_alias}` | {f'`{default}`' if default else 'empty'} | {_unit(field)} "
                f"| {field.description} |\n"
            )
    return "".join(parts)


def env_example() -> str:
    """A `.env` with every setting, commented out at its default."""
    parts = [
        "# Copy to .env and change what you need; every line shows the default. From src/veza/settings/table.py.\n"
    ]
    for section, fields in _sections().items():
        parts.append(f"\n# --- {section} ---\n")
        for field in fields:
            unit = f" ({_unit(field)})" if _unit(field) else ""
            parts.append(f"# {field.description}{unit}\n# {field.validation_alias}={_shown(field)}\n")
    return "".join(parts)


def _sections() -> dict[str, list[FieldInfo]]:
    """The fields under the comment that heads them in the source, which says once how they group."""
    by_name = {str(field.validation_alias): field for field in Settings.model_fields.values()}
    sections: dict[str, list[FieldInfo]] = {}
    current: list[FieldInfo] = []
    for line in inspect.getsource(Settings).splitlines():
        if (heading := re.match(r"    # ([A-Z].*)$", line)) is not None:
            current = sections.setdefault(heading[1], [])
        elif (named := re.search(r'"([A-Z][A-Z_]+)"', line)) is not None and named[1] in by_name:
            current.append(by_name.pop(named[1]))
    return {heading: fields for heading, fields in sections.items() if fields}


def _extra(field: FieldInfo) -> dict[str, Any]:
    return field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}


def _unit(field: FieldInfo) -> str:
    if field.annotation is bool:
        return "true or false"
    words = {"ge": "at least", "le": "at most"}
    limits = ", ".join(f"{words[name]} {bound}" for name, bound in bounds_of(field).items())
    return "; ".join(said for said in (str(_extra(field).get("unit", "")), limits) if said)


def _shown(field: FieldInfo) -> str:
    value = field.default
    if shown := _extra(field).get("shown"):
        return str(shown)
    if value is PydanticUndefined or isinstance(value, SecretStr):
        return ""
    if isinstance(value, timedelta):
        return show_duration(value)
    if isinstance(value, tuple):
        return ",".join(str(item) for item in value)
    return str(value).lower() if isinstance(value, bool) else str(value)
