"""What would be right, in words: “two letters such as DE”, where a machine would say a pattern."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import inspect

# No control characters: PostgreSQL stores no NUL, and the others break logs and headers. `$` alone lets a line
# break at the end pass.
PLAIN = r"^[^\x00-\x1f\x7f]+$(?!\n)"
COUNTRY = r"^[A-Za-z]{2}$(?!\n)"
CAPITAL_COUNTRY = r"^[A-Z]{2}$(?!\n)"
CURRENCY = r"^[A-Za-z]{3}$(?!\n)"
SELLER = r"^[A-Za-z0-9._:-]{1,100}$(?!\n)"
WEB_ADDRESS = r"^https?://[^\s/][^\x00-\x20\x7f]*$(?!\n)"
EMAIL = r"^[^\s@\x00-\x20\x7f]{1,64}@[^\s@\x00-\x20\x7f]{1,189}$(?!\n)"
LINK_TOKEN = r"^[A-Za-z0-9_-]{32,128}$(?!\n)"  # noqa: S105  (a form, no secret)

IF_MATCH = r'^ *(?:\*|(?:W/)?"[!#-~]*"(?: *, *(?:W/)?"[!#-~]*")*) *$(?!\n)'

OF_PATTERNS: Mapping[str, str] = {
    PLAIN: "one line of text without control characters",
    COUNTRY: "two letters such as DE",
    CAPITAL_COUNTRY: "two capital letters such as DE",
    CURRENCY: "three letters such as EUR",
    SELLER: "1 to 100 letters, digits, dots, colons, dashes and underscores",
    WEB_ADDRESS: "a web address such as https://example.org/thanks",
    EMAIL: "an e-mail address such as name@example.org",
    IF_MATCH: "the ETag of what you read, with its quotes, or *",
    LINK_TOKEN: "the token of a mailed link, 32 to 128 letters, digits, dashes and underscores",
}
"""Every pattern of the API in words; a test walks the description and finds each of its patterns here."""

_FORMS: Mapping[type[inspect.Type], str] = {
    inspect.BoolType: "true or false",
    inspect.FloatType: "a number",
    inspect.NoneType: "null",
    inspect.UUIDType: "an id such as 01890000-0000-7000-8000-000000000000",
    inspect.DateTimeType: "a date and time such as 2026-01-02T10:30:00Z",
    inspect.DateType: "a day such as 2026-01-02",
    inspect.StructType: "an object",
    inspect.DictType: "an object",
    inspect.AnyType: "a value",
}
_CAME: Mapping[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number with a fraction",
    str: "a text",
    list: "a list",
    dict: "an object",
    type(None): "null",
}


def expected(value: Any, annotation: Any, by_library: str) -> str:
    """Words for what `annotation` wants instead of `value`.

    The value itself is told only where it is a number or stands beside a few choices: it may be a password.
    `by_library` is msgspec's own sentence, for a form no words are known for.
    """
    try:
        form = inspect.type_info(annotation)
    except TypeError:
        return by_library.split(" - ", maxsplit=1)[0]
    return _words(value, _without_remarks(form)) or by_library.split(" - ", maxsplit=1)[0]


def _without_remarks(form: inspect.Type) -> inspect.Type:
    while isinstance(form, inspect.Metadata):
        form = form.type
    return form


def _words(value: Any, form: inspect.Type) -> str:
    if isinstance(form, inspect.UnionType):
        arms = [arm for one in form.types if not isinstance(arm := _without_remarks(one), inspect.NoneType)]
        return " or ".join(dict.fromkeys(_words(value, arm) for arm in arms))
    for kind, words in _WITH_BOUNDS.items():
        if isinstance(form, kind):
            return words(value, form)
    return _but(_FORMS.get(type(form), ""), value, form)


def _but(words: str, value: Any, form: inspect.Type) -> str:
    """`words`, and what came instead if it was of another kind."""
    came = _CAME.get(type(value), "")
    if not words or not came or came == words or (isinstance(value, str) and not _is_said_by_text(form)):
        return words
    return f"{words}, not {came}"


def _is_said_by_text(form: inspect.Type) -> bool:
    """Whether a text is the wrong kind for it, and not only a wrong text."""
    return not isinstance(form, (inspect.StrType, inspect.UUIDType, inspect.DateTimeType, inspect.DateType))


def _whole_number(value: Any, form: Any) -> str:
    words = f"a whole number{_between(form.ge, form.le)}"
    return f"{words}, not {value}" if type(value) is int else _but(words, value, form)


def _between(least: Any, most: Any) -> str:
    if least is not None and most is not None:
        return f" from {least} to {most}"
    return f" of at least {least}" if least is not None else f" of at most {most}" if most is not None else ""


def _text(value: Any, form: Any) -> str:
    if not isinstance(value, str):
        return _but(OF_PATTERNS.get(form.pattern, "a text"), value, form)
    if form.max_length is not None and len(value) > form.max_length:
        return f"at most {form.max_length} characters, these are {len(value)}"
    if form.min_length is not None and len(value) < form.min_length:
        return f"at least {form.min_length} character{'s' * (form.min_length > 1)}, these are {len(value)}"
    return OF_PATTERNS.get(form.pattern, f"a text like {form.pattern}" if form.pattern else "a text")


def _list(value: Any, form: Any) -> str:
    if not isinstance(value, list):
        return _but("a list", value, form)
    if form.max_length is not None and len(value) > form.max_length:
        return f"at most {form.max_length} items, these are {len(value)}"
    if form.min_length is not None and len(value) < form.min_length:
        return f"at least {form.min_length} item{'s' * (form.min_length > 1)}, these are {len(value)}"
    return "a list"


def _choice(value: Any, form: Any) -> str:
    choices = [one.value for one in form.cls] if isinstance(form, inspect.EnumType) else form.values
    words = f"one of {', '.join(map(str, choices))}"
    is_short = isinstance(value, str) and len(value) <= 50 and value.isprintable()
    return f"{words}, not “{value}”" if is_short else words


_WITH_BOUNDS: Mapping[type[inspect.Type], Callable[[Any, Any], str]] = {
    inspect.IntType: _whole_number,
    inspect.StrType: _text,
    inspect.ListType: _list,
    inspect.SetType: _list,
    inspect.LiteralType: _choice,
    inspect.EnumType: _choice,
}

_SCALAR = re.compile(r"^-?[0-9]+$")


def text_as_meant(text: str) -> Any:
    """A parameter's text as its sender means it, to be told about: `0` is a number that is too small, `many` none."""
    return int(text) if len(text) <= 20 and _SCALAR.fullmatch(text) else text
