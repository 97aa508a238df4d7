"""Names of discs and sides: `CD2`, `Disc One`, `[CD II]`, `Blue (Disc 2)`, `Side B`. What such a name means beside
others is decided in `disc_folders.py`.

| part of the name | forms |
|---|---|
| word | CD, DVD, SACD, disc, disk, and what other languages call it; LP, vinyl, record, tape and Disco are weak |
| number | `2`, `02`, `Two`, `Second`, `II`, `B`; a bonus disc is the last |
| around it | nothing, or `( )`, `[ ]`, ` - `; an album's name before it, a title of its own behind it |

Weak words are titles of albums as well (LP3, Disco 2).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_STRONG = (
    r"cd|dvd(?:-?a)?|sacd|hdcd|blu-?ray|compact\s?disc|disc|disk|disque|diskas|disko|dysk|disc[oă]\b(?<!disco)|schijf"
    r"|skiva|levy|lemez|deska|platte|płyta|диск|кд|ディスク|碟|唱片|디스크|δίσκος"
)
_WEAK = r"lp|vinyl|record|tape|cassette|kassette|disco"
_WORDS = {
    word: number
    for number, words in enumerate(
        (
            "one first 1st eins erste uno un une um primo",
            "two second 2nd zwei zweite dos deux due dois secondo",
            "three third 3rd drei dritte tres trois tre três terzo",
            "four fourth 4th vier vierte cuatro quatre quattro quatro",
            "five fifth 5th fünf cinco cinq cinque",
            "six sixth 6th sechs seis sei",
            "seven seventh 7th sieben siete sept sette sete",
            "eight eighth 8th acht ocho huit otto oito",
            "nine ninth 9th neun nueve neuf nove",
            "ten tenth 10th zehn diez dix dieci dez",
            "eleven eleventh 11th",
            "twelve twelfth 12th",
        ),
        1,
    )
    for word in words.split()
}
_ROMAN = {
    roman: number
    for number, roman in enumerate("i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx".split(), 1)
}
BONUS = "bonus"

_EITHER = rf"(?P<strong>{_STRONG})|(?P<weak>{_WEAK})"
_SAID = "|".join(sorted((*_WORDS, *(one for one in _ROMAN if len(one) > 1), BONUS), key=len, reverse=True))
_ORDINALS = "|".join(sorted((*_WORDS, BONUS), key=len, reverse=True))
_CORE = (
    rf"(?:(?:{_EITHER})(?:[\s._-]*(?P<digits>\d{{1,3}})|[\s._-]+(?P<said>{_SAID})|[\s._]+(?P<letter>[a-z]))"
    rf"|(?P<ordinal>{_ORDINALS})[\s._-]+(?P<named>{_STRONG}))"
    r"(?![^\W_])(?:\s*(?:of|von|de|di|/)\s*\d{1,3}(?!\d))?"
)
_TITLE = r"(?:\s*[-–—:,.]\s*|\s*(?=[(\[{]))(?P<title>.+)"
_BARE = re.compile(
    rf"(?:[(\[{{]\s*{_CORE}\s*[)\]}}]|{_CORE.replace('P<', 'P<x_')})(?:\s*|{_TITLE}|[\s_](?P<loose>.+))", re.IGNORECASE
)
_BRACKETS = r"(?P<behind>(?:\s*[(\[{][^)\]}]*[)\]}])*)"
_IN_BRACKETS = re.compile(rf"(?P<rest>.+?)[\s._-]*[(\[{{]\s*{_CORE}[^)\]}}]*[)\]}}]{_BRACKETS}", re.IGNORECASE)
_BEHIND = re.compile(
    rf"(?P<rest>.+?)(?P<mark>\s*[-–—,:]\s*|[\s._]+){_CORE}(?:{_BRACKETS}|\s+[-–—:]\s+(?P<title>.+))", re.IGNORECASE
)
_SIDE = re.compile(
    r"[(\[{]?\s*(?:side|seite|face|lado|lato|kant|strana|сторона)[\s._-]*(?:(?P<letter>[a-z]{1,2})|(?P<digit>[1-9]))"
    r"\s*[)\]}]?(?:\s*[-–—:(\[].*)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class DiscName:
    """What a name says: the album before the disc (`rest`, "" where it says none), how its number is written (`said`),
    and the disc's own `title`. `is_marked`: brackets or a dash part it from the album."""

    rest: str
    said: str
    title: str = ""
    is_weak: bool = False
    is_marked: bool = True


def disc_name(name: str) -> DiscName | None:
    """What a folder's name says of a disc; None where it says nothing of one."""
    name = name.strip()
    if found := _BARE.fullmatch(name):
        parts = {key.removeprefix("x_"): text for key, text in found.groupdict().items() if text}
        if "loose" in parts and "digits" not in parts:
            return None  # “CD A Capella” is no disc A
        title = parts.get("title") or parts.get("loose", "")
        return DiscName("", _said(parts), title.strip(), is_weak="weak" in parts)
    for pattern in (_IN_BRACKETS, _BEHIND):
        found = pattern.fullmatch(name)
        if found and re.search(r"\w", found["rest"]):
            parts = {key: text for key, text in found.groupdict().items() if text}
            rest = f"{parts['rest'].rstrip(' ._-')}{parts.get('behind', '').rstrip()}"
            is_marked = pattern is _IN_BRACKETS or bool(parts["mark"].strip(" ._"))
            if not is_marked and "letter" in parts:
                return None  # “Greatest CD X”
            return DiscName(rest, _said(parts), parts.get("title", ""), "weak" in parts, is_marked)
    return None


def _said(parts: dict[str, str]) -> str:
    return (parts.get("digits") or parts.get("said") or parts.get("letter") or parts["ordinal"]).lower()


def numbers_of(said: Iterable[str], least_of_bonus: int = 1) -> list[int]:
    """The numbers of discs that stand beside each other: `i` is one beside `ii`, and the ninth letter beside `h`. A
    bonus disc comes behind all others, as `least_of_bonus` at least."""
    written = list(said)
    emails = {one for one in written if len(one) == 1 and one.isalpha() and one not in _WORDS}
    are_letters = bool(emails - _ROMAN.keys()) and not any(len(one) > 1 and one in _ROMAN for one in written)
    numbers = [_number(one, is_letter=are_letters and one in emails) for one in written]
    last = max([least_of_bonus - 1, *(one for one in numbers if one is not None)])
    for index, one in enumerate(numbers):
        if one is None:
            last += 1
            numbers[index] = last
    return [one or 0 for one in numbers]


def _number(said: str, *, is_letter: bool) -> int | None:
    if said.isdecimal():
        return int(said)
    if not is_letter and (number := _WORDS.get(said) or _ROMAN.get(said)):
        return number
    return ord(said) - ord("a") + 1 if len(said) == 1 else None


def side_name(name: str) -> str:
    """The side of a record that a folder's name says, `A` for `Side A` and `Side 1`; "" where it says none."""
    found = _SIDE.fullmatch(name.strip())
    if found is None:
        return ""
    return found["letter"].upper() if found["letter"] else chr(ord("A") + int(found["digit"]) - 1)


def without_disc(album: str) -> tuple[str, int | None]:
    """An album's title without the disc that some programs write behind it: “Blue (Disc 2)” is Blue, 2."""
    found = disc_name(album)
    if found is None or not found.rest or found.is_weak or not (found.is_marked or found.said.isdecimal()):
        return album, None
    number = None if found.said == BONUS else numbers_of([found.said])[0]
    return (found.rest, number) if number is not None else (album, None)
