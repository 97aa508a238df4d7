"""Messages: sentences to people as an id and typed fields, put into words where they are shown.

The id is the English template, as gettext has it; a field is a typed value, never a piece of a sentence. Each reader
sees a message in the reader's language: a door renders it for its reader, the mail worker for the recipient.
`str(message)` is the English sentence.

    raise BadAmount(gettext("asked to refund {asked}, only {left} is left", asked=asked, left=left))

`message_of(error)` is the message of an error whose first argument is one. A message is stored as its id and its
`packed` fields.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from gettext import NullTranslations
from string import Formatter
from typing import Any, TypeAlias
from uuid import UUID

from veza.kit.amount import Amount
from veza.kit.catalogues import shipped
from veza.kit.written import writer, written

_WIDEST = 100
ENGLISH = "en"
"""The language of the ids: its catalogue is empty."""

Packed: TypeAlias = dict[str, Any]
"""The fields of a message as JSON; a type that JSON lacks is a one-key object, such as {"amount": [500, "EUR"]}."""


@dataclass(frozen=True, slots=True)
class Message:
    """`template` is the id, with a `{name}` for each field and a format if the field needs one (`{share:.1f}`). A time
    takes none, or `{at:day}`: it is told in its reader's zone, and names it.

    With `plural`, the field `n` chooses between the two; `fields` are texts, numbers, ids, dates, amounts, messages and
    `Joined` messages.
    """

    template: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    plural: str | None = None

    def __str__(self) -> str:
        return render(self, ENGLISH)


@dataclass(frozen=True, slots=True)
class Joined:
    """Several messages or values, rendered one by one, with `by` between them."""

    items: tuple[Any, ...]
    by: str = "; "

    def __str__(self) -> str:
        return render(self, ENGLISH)


def gettext(template: str, /, **fields: Any) -> Message:
    """A message. `babel extract` finds it by this name, so `template` is written here and not computed."""
    return Message(template, fields)


def ngettext(singular: str, plural: str, n: int, /, **fields: Any) -> Message:
    """A message that depends on the number `n`; both templates may name it as `{n}`."""
    return Message(singular, {"n": n, **fields}, plural)


def joined(items: Iterable[Any], by: str = "; ") -> Joined:
    """Messages or values in a row."""
    return Joined(tuple(items), by)


def paragraphs(*said: Any) -> Message:
    """A mail's text: each in its words, with an empty line between two and the end of a line after the last."""
    return Message("{paragraphs}\n", {"paragraphs": Joined(said, "\n\n")})


def verbatim(text: str) -> Message:
    """A text of a person, the provider or another library, unchanged: it has no translation."""
    return Message(_VERBATIM, {"text": text})


_VERBATIM = "{text}"


def message_of(error: BaseException) -> Message:
    """The message of an error."""
    said = error.args[0] if error.args else None
    return said if isinstance(said, Message) else verbatim(str(error))


def render(said: Any, language: str, zone: str | None = None) -> str:
    """A message, or a field of one, in `language` (such as `fr`), in English if there is no catalogue.

    Times are told in `zone` (such as `Europe/Paris`), in UTC for None.
    """
    if isinstance(said, Message):
        words = catalogue(language)
        if said.plural is not None:
            template = words.ngettext(said.template, said.plural, said.fields["n"])
        else:
            template = words.gettext(said.template)
        fields = {name: _shown(value, language, zone) for name, value in said.fields.items()}
        return writer(_known(language), zone).vformat(template, (), fields)
    if isinstance(said, Joined):
        return said.by.join(render(one, language, zone) for one in said.items)
    return written(said, _known(language), zone)


def _known(language: str) -> str:
    return language if language in CATALOGUES else ENGLISH


def _shown(value: Any, language: str, zone: str | None) -> Any:
    # Dates and numbers stay what they are: the template may say how to write them.
    return render(value, language, zone) if isinstance(value, (Message, Joined)) else value


CATALOGUES: dict[str, NullTranslations] = {ENGLISH: NullTranslations(), **shipped()}
"""Language → its catalogue. A test replaces English by a pseudo-language."""


def catalogue(language: str) -> NullTranslations:
    return CATALOGUES.get(language) or CATALOGUES[ENGLISH]


def packed(fields: Mapping[str, Any]) -> Packed:
    """The fields as JSON; `unpacked` restores them with their types."""
    return {name: _json_of(value) for name, value in fields.items()}


def unpacked(fields: Packed) -> dict[str, Any]:
    """The fields that `packed` was given."""
    return {name: _value_of(value) for name, value in fields.items()}


def to_json(said: Message) -> str:
    """A message as JSON text for storing; `from_json` restores it."""
    return json.dumps(_json_of(said))


def from_json(stored: str) -> Message:
    """The message that `to_json` was given."""
    said: Message = _value_of(json.loads(stored))
    return said


def from_child(said: str) -> Message:
    """The message that a child process was left with, which a hostile file may have taken over: what it says fills
    no memory and reads no attribute when it is rendered. Raises ValueError."""
    try:
        message = from_json(said)
        _check_plain(message)
    except (AttributeError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise ValueError("no message") from error
    return message


def _check_plain(message: Message) -> None:
    for template in (message.template, message.plural or ""):
        for _, name, spec, _ in Formatter().parse(template):
            if name is not None and not name.isidentifier():
                raise ValueError("a field is a name")
            if any(int(number) > _WIDEST for number in re.findall(r"\d+", spec or "")):
                raise ValueError("a field is wider than a line")
    values = [*message.fields.values()]
    values += [item for value in values if isinstance(value, Joined) for item in value.items]
    for value in values:
        if isinstance(value, Message):
            _check_plain(value)
        elif not isinstance(value, (Joined, str, int, float, bool, UUID, date, Amount, type(None))):
            raise ValueError("a field is a plain value")


def stored(said: Message) -> tuple[str, Packed | None]:
    """What two columns keep of a message: its id and its fields. Another's own words have no fields (null)."""
    if said.template == _VERBATIM:
        return str(said.fields["text"]), None
    plural = {} if said.plural is None else {"": said.plural}
    return said.template, {**packed(said.fields), **plural}


def restored(text: str, fields: Packed | None) -> Message:
    """The message that `stored` was given; text without fields is a person's own, or of an earlier version."""
    if fields is None:
        return verbatim(text)
    plain = {name: value for name, value in fields.items() if name}
    return Message(text, unpacked(plain), fields.get(""))


def _json_of(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float)) or type(value) is str:
        return value
    for kind, (type_, pack, _) in _TYPES.items():
        if isinstance(value, type_):
            return {kind: pack(value)}
    return str(value)


def _value_of(value: Any) -> Any:
    if isinstance(value, dict):
        ((kind, inner),) = value.items()
        return _TYPES[kind][2](inner)
    return value


_TYPES: dict[str, tuple[type[Any], Callable[[Any], Any], Callable[[Any], Any]]] = {
    "amount": (Amount, lambda one: [one.minor, one.currency], lambda one: Amount(*one)),
    "id": (UUID, str, UUID),
    "at": (datetime, datetime.isoformat, datetime.fromisoformat),
    "on": (date, date.isoformat, date.fromisoformat),
    "message": (
        Message,
        lambda one: [one.template, packed(one.fields), one.plural],
        lambda one: Message(one[0], unpacked(one[1]), one[2]),
    ),
    "joined": (
        Joined,
        lambda one: [[_json_of(item) for item in one.items], one.by],
        lambda one: Joined(tuple(_value_of(item) for item in one[0]), one[1]),
    ),
}
