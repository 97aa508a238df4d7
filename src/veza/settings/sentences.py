"""One sentence for each wrong setting, which names it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from veza.settings.addresses import BadUrl
from veza.settings.durations import show_duration


class SettingsError(Exception):
    """The environment makes no sense; `problems` holds one sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


_MEANS = {
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "bool_parsing": "must be true or false",
    "literal_error": "must be {expected}",
    "too_short": "must name at least {min_length}",
    "string_pattern_mismatch": "must look like {like}",
    "extra_forbidden": "is not a setting",
}


def sentences(error: ValidationError, fields: Mapping[str, FieldInfo]) -> list[str]:
    """One for each problem of `error`; `fields` are the settings."""
    said: list[str] = []
    for problem in error.errors(include_url=False):
        if problem["type"] == "default_factory_not_called":
            continue  # only follows from another problem
        text = problem["msg"].removeprefix("Value error, ")
        if not problem["loc"]:
            said += text.split("\n")
            continue
        name = str(problem["loc"][0]).upper()
        means = _MEANS.get(problem["type"])
        text = means.format(**problem.get("ctx", {}) | _known_of(name, fields)) if means else text
        value = _as_written(problem["input"])
        shown = "" if _may_hold_a_secret(name, problem) else f" “{value}”"
        said.append(f"{name}{shown}: {text}")
    return said


def _may_hold_a_secret(name: str, problem: ErrorDetails) -> bool:
    is_url = isinstance(problem.get("ctx", {}).get("error"), BadUrl)  # a password may stand in it
    return is_url or isinstance(problem["input"], SecretStr) or any(word in name for word in ("SECRET", "TOKEN", "URL"))


def bounds_of(field: FieldInfo) -> dict[str, str]:
    """The least (`ge`) and the most (`le`) of a number or duration, as they are written; empty for other types."""
    found = {name: getattr(one, name) for one in field.metadata for name in ("ge", "le") if hasattr(one, name)}
    return {name: _as_written(bound) for name, bound in found.items()}


def _known_of(name: str, fields: Mapping[str, FieldInfo]) -> dict[str, Any]:
    """The setting `name` with its meaning, as a sentence about it begins."""
    field = next((one for one in fields.values() if one.validation_alias == name), None)
    if field is None:
        return {}
    return {**bounds_of(field), "like": cast("dict[str, Any]", field.json_schema_extra)["like"]}


def _as_written(value: object) -> str:
    return show_duration(value) if isinstance(value, timedelta) else str(value)
