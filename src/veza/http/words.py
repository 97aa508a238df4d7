"""What would be right, in words: “two letters such as DE”, where a machine would say a pattern."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import inspect

from veza.kit.messages import Message, gettext, joined, ngettext, verbatim

# No control characters: PostgreSQL stores no NUL, and the others break logs and headers. `$` alone lets a line
# break at the end pass.
PLAIN = r"^[^\x00-\x1f\x7f]+$(?!\n)"
MAYBE_NOTHING = r"^[^\x00-\x1f\x7f]*$(?!\n)"
FORMAT = r"^[a-z_]+$(?!\n)"
PRICE_STEP = r"^[A-Za-z]+(:[0-9]+-[0-9]*)?$(?!\n)"
LANGUAGE_TAG = r"^[A-Za-z-]+$(?!\n)"
COUNTRY = r"^[A-Za-z]{2}$(?!\n)"
CAPITAL_COUNTRY = r"^[A-Z]{2}$(?!\n)"
CURRENCY = r"^[A-Za-z]{3}$(?!\n)"
SELLER = r"^[A-Za-z0-9._:-]{1,100}$(?!\n)"
WEB_ADDRESS = r"^https?://[^\s/][^\x00-\x20\x7f]*$(?!\n)"
EMAIL = r"^[^\s@\x00-\x20\x7f]{1,64}@[^\s@\x00-\x20\x7f]{1,189}$(?!\n)"
LINK_TOKEN = r"^[A-Za-z0-9_-]{32,128}$(?!\n)"  # noqa: S105  (a form, no secret)

IF_MATCH = r'^ *(?:\*|(?:W/)?"[!#-~]*"(?: *, *(?:W/)?"[!#-~]*")*) *$(?!\n)'

OF_PATTERNS: Mapping[str, Message] = {
    PLAIN: gettext("one line of text without control characters"),
    MAYBE_NOTHING: gettext("one line of text without control characters, or nothing"),
    FORMAT: gettext("small letters and underscores, such as sample_pack"),
    PRICE_STEP: gettext("free, or a currency and a step such as EUR:0-5"),
    LANGUAGE_TAG: gettext("letters and dashes, such as fr or pt-BR"),
    COUNTRY: gettext("two letters such as DE"),
    CAPITAL_COUNTRY: gettext("two capital letters such as DE"),
    CURRENCY: gettext("three letters such as EUR"),
    SELLER: gettext("1 to 100 letters, digits, dots, colons, dashes and underscores"),
    WEB_ADDRESS: gettext("a web address such as https://example.org/thanks"),
    EMAIL: gettext("an e-mail address such as name@example.org"),
    IF_MATCH: gettext("the ETag of what you read, with its quotes, or *"),
    LINK_TOKEN: gettext("the token of a mailed link, 32 to 128 letters, digits, dashes and underscores"),
}
"""Every pattern of the API in words; a test walks the description and finds each of its patterns here."""

_FORMS: Mapping[type[inspect.Type], Message] = {
    inspect.BoolType: gettext("true or false"),
    inspect.FloatType: gettext("a number"),
    inspect.NoneType: gettext("null"),
    inspect.UUIDType: gettext("an id such as 01890000-0000-7000-8000-000000000000"),
    inspect.DateTimeType: gettext("a date and time such as 2026-01-02T10:30:00Z"),
    inspect.DateType: gettext("a day such as 2026-01-02"),
    inspect.StructType: gettext("an object"),
    inspect.DictType: gettext("an object"),
    inspect.AnyType: gettext("a value"),
}
_CAME: Mapping[type, Message] = {
    bool: gettext("true or false"),
    int: gettext("a whole number"),
    float: gettext("a number with a fraction"),
    str: gettext("a text"),
    list: gettext("a list"),
    dict: gettext("an object"),
    type(None): gettext("null"),
}


def expected(value: Any, annotation: Any, by_library: str) -> Message:
    """Words for what `annotation` wants instead of `value`.

    The value itself is told only where it is a number or stands beside a few choices: it may be a password.
    `by_library` is msgspec's own sentence, for a form no words are known for.
    """
    try:
        form = inspect.type_info(annotation)
    except TypeError:
        return _of_library(by_library)
    return _words(value, _without_remarks(form)) or _of_library(by_library)


def _of_library(sentence: str) -> Message:
    return verbatim(sentence.split(" - ", maxsplit=1)[0])


def _without_remarks(form: inspect.Type) -> inspect.Type:
    while isinstance(form, inspect.Metadata):
        form = form.type
    return form


def _words(value: Any, form: inspect.Type) -> Message | None:
    if isinstance(form, inspect.UnionType):
        arms = [arm for one in form.types if not isinstance(arm := _without_remarks(one), inspect.NoneType)]
        found: list[Message] = []
        for said in (_words(value, arm) for arm in arms):
            if said is not None and said not in found:
                found.append(said)
        if len(found) < 2:
            return found[0] if found else None
        return gettext("{first} or {last}", first=joined(found[:-1], " or "), last=found[-1])
    for kind, words in _WITH_BOUNDS.items():
        if isinstance(form, kind):
            return words(value, form)
    return _but(_FORMS.get(type(form)), value, form)


def _but(words: Message | None, value: Any, form: inspect.Type) -> Message | None:
    """`words`, and what came instead if it was of another kind."""
    came = _CAME.get(type(value))
    if words is None or came is None or came == words or (isinstance(value, str) and not _is_said_by_text(form)):
        return words
    return gettext("{words}, not {came}", words=words, came=came)


def _is_said_by_text(form: inspect.Type) -> bool:
    """Whether a text is the wrong kind for it, and not only a wrong text."""
    return not isinstance(form, (inspect.StrType, inspect.UUIDType, inspect.DateTimeType, inspect.DateType))


def _whole_number(value: Any, form: Any) -> Message | None:
    words = _between(form.ge, form.le)
    return gettext("{words}, not {came}", words=words, came=value) if type(value) is int else _but(words, value, form)


def _between(least: Any, most: Any) -> Message:
    if least is not None and most is not None:
        return gettext("a whole number from {least} to {most}", least=least, most=most)
    if least is not None:
        return gettext("a whole number of at least {least}", least=least)
    if most is not None:
        return gettext("a whole number of at most {most}", most=most)
    return _CAME[int]


def _text(value: Any, form: Any) -> Message | None:
    if not isinstance(value, str):
        return _but(OF_PATTERNS.get(form.pattern, _CAME[str]), value, form)
    if form.max_length is not None and len(value) > form.max_length:
        return gettext("at most {most} characters, these are {count}", most=form.max_length, count=len(value))
    if form.min_length is not None and len(value) < form.min_length:
        return ngettext(
            "at least {n} character, these are {count}",
            "at least {n} characters, these are {count}",
            form.min_length,
            count=len(value),
        )
    if form.pattern is None:
        return _CAME[str]
    return OF_PATTERNS.get(form.pattern) or gettext("a text like {pattern}", pattern=form.pattern)


def _list(value: Any, form: Any) -> Message | None:
    if not isinstance(value, list):
        return _but(_CAME[list], value, form)
    if form.max_length is not None and len(value) > form.max_length:
        return gettext("at most {most} items, these are {count}", most=form.max_length, count=len(value))
    if form.min_length is not None and len(value) < form.min_length:
        return ngettext(
            "at least {n} item, these are {count}",
            "at least {n} items, these are {count}",
            form.min_length,
            count=len(value),
        )
    return _CAME[list]


def _choice(value: Any, form: Any) -> Message | None:
    choices = [one.value for one in form.cls] if isinstance(form, inspect.EnumType) else form.values
    if isinstance(value, str) and len(value) <= 50 and value.isprintable():
        return gettext("one of {choices}, not “{came}”", choices=joined(choices, ", "), came=value)
    return gettext("one of {choices}", choices=joined(choices, ", "))


_WITH_BOUNDS: Mapping[type[inspect.Type], Callable[[Any, Any], Message | None]] = {
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
