"""Holding a request against its endpoint's table: what is taken has an effect, everything else is refused by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches

from veza.lab.sandbox.errors import ApiError, bad_param
from veza.lab.sandbox.offers import fields as f
from veza.lab.sandbox.offers.fields import Field, Fields
from veza.lab.sandbox.offers.typings import Names, Parameters
from veza.lab.sandbox.wire import Form

EMAIL = re.compile(r"[^@\s]+@[^@\s]+").fullmatch
INTEGER = re.compile(r"-?[0-9]{1,18}").fullmatch
TRUTHS = {"true": "true", "false": "false", "True": "true", "False": "false"}
"""stripe-python before 12.3 writes Python's own words."""
BOUNDS = frozenset({"gt", "gte", "lt", "lte"})


def check(values: Form, fields: Fields, known: Parameters, path: str = "") -> None:
    """Refuse the first parameter without an effect here. `known` is what Stripe's typings know of the endpoint."""
    for name, value in values.items():
        field = fields.get(name)
        if field is None:
            raise _refused_names(values, fields, known, path)
        judge = JUDGES[field.kind]
        judge(value, field, known, f"{path}[{name}]" if path else name)


def _text(value: object, _: Field, __: Parameters, path: str) -> None:
    if not isinstance(value, str):
        raise bad_param(path, f"Invalid string: {value}")


def _email(value: object, field: Field, known: Parameters, path: str) -> None:
    _text(value, field, known, path)
    if value and not EMAIL(str(value)):
        raise bad_param(path, f"Invalid email address: {value}", "email_invalid")


def _integer(value: object, _: Field, __: Parameters, path: str) -> None:
    if not isinstance(value, str) or not INTEGER(value):
        raise bad_param(path, f"Invalid integer: {value}", "parameter_invalid_integer")


def _flag(value: object, field: Field, known: Parameters, path: str) -> None:
    if value == "":
        return
    truth = TRUTHS.get(value) if isinstance(value, str) else None
    if truth is None:
        if value in known.values_of(path):
            raise not_offered(f"{path}={value}", path)
        raise bad_param(path, f"Invalid boolean: {value}")
    if field.values and truth not in field.values:
        raise not_offered(f"{path}={truth}", path)


def _choice(value: object, field: Field, known: Parameters, path: str) -> None:
    if not isinstance(value, str):
        raise bad_param(path, f"Invalid string: {value}")
    if value and value not in field.values:
        raise _refused_value(value, field, known, path)


def _texts(value: object, field: Field, known: Parameters, path: str) -> None:
    if value == "":
        return
    if not isinstance(value, dict):
        raise bad_param(path, "Invalid array")
    for index, item in value.items():
        if not isinstance(item, str):
            raise bad_param(f"{path}[{index}]", f"Invalid string: {item}")
        taken = known.values_of(path) if field.any_known else field.values
        if taken and item not in taken:
            raise _refused_value(item, field, known, f"{path}[{index}]")


def _object(value: object, field: Field, known: Parameters, path: str) -> None:
    if value == "":
        return
    if not isinstance(value, dict):
        raise bad_param(path, "Invalid object")
    check(value, field.fields or {}, known, path)


def _objects(value: object, field: Field, known: Parameters, path: str) -> None:
    if value == "":
        return
    if not isinstance(value, dict):
        raise bad_param(path, "Invalid array")
    for index, item in value.items():
        if not isinstance(item, dict) or not index.isdecimal():
            raise bad_param(f"{path}[{index}]", "Invalid object" if index.isdecimal() else "Invalid array")
        check(item, field.fields or {}, known, f"{path}[{index}]")


def _metadata(value: object, _: Field, __: Parameters, path: str) -> None:
    if value != "" and not isinstance(value, dict):
        raise bad_param(path, "Invalid object")


def _period(value: object, field: Field, known: Parameters, path: str) -> None:
    if not isinstance(value, dict):
        _integer(value, field, known, path)
        return
    for bound, moment in value.items():
        if bound not in BOUNDS:
            raise _unknown([f"{path}[{bound}]"], get_close_matches(bound, BOUNDS, 1))
        _integer(moment, field, known, f"{path}[{bound}]")


JUDGES: dict[str, Callable[[object, Field, Parameters, str], None]] = {
    f.TEXT: _text,
    f.EMAIL: _email,
    f.INTEGER: _integer,
    f.FLAG: _flag,
    f.CHOICE: _choice,
    f.TEXTS: _texts,
    f.OBJECT: _object,
    f.OBJECTS: _objects,
    f.METADATA: _metadata,
    f.PERIOD: _period,
}


def not_offered(what: str, param: str | None = None) -> ApiError:
    """The refusal of what Stripe has and this sandbox does not; `what` as one would type it."""
    return ApiError(400, f"This sandbox does not offer {what}.", param=param, kept=False, is_not_offered=True)


def _refused_names(values: Form, fields: Fields, known: Parameters, path: str) -> ApiError:
    """Unknown to Stripe as well, or only not offered here; the unknown ones come first, as Stripe names them."""
    names = known.inside(path)
    strange = [name for name in values if name not in fields]
    unknown = [name for name in strange if name not in names]
    if unknown:
        near = get_close_matches(unknown[0], [*names], 1, 0.75)
        return _unknown([f"{path}[{name}]" if path else name for name in unknown], near)
    full = f"{path}[{strange[0]}]" if path else strange[0]
    value = values[strange[0]]
    return not_offered(f"{full}={value}" if isinstance(value, str) and value else full, full)


def _unknown(paths: list[str], near: list[str]) -> ApiError:
    hint = f". Did you mean {near[0]}?" if near and len(paths) == 1 else ""
    plural = "s" if len(paths) > 1 else ""
    return bad_param(paths[0], f"Received unknown parameter{plural}: {', '.join(paths)}{hint}", "parameter_unknown")


def _refused_value(value: str, field: Field, known: Parameters, path: str) -> ApiError:
    names: Names = known.values_of(path)
    if value in names or not names:
        # Where the typings list no values, Stripe may well know this one.
        return not_offered(f"{path}={value}", path)
    options = list(dict.fromkeys([*names, *field.values]))
    listed = options[0] if len(options) == 1 else ", ".join(options[:-1]) + f", or {options[-1]}"
    if len(options) == 2:
        listed = " or ".join(options)
    return bad_param(path, f"Invalid {path}: must be one of {listed}")
