"""The strength of a new password, by zxcvbn's word lists and patterns and the words of this site and the person.

zxcvbn (Wheeler, USENIX Security 2016) estimates how many guesses a password stands. Its time grows with the length
of the text and with the number of different signs that look like letters (`4`, `@`, `$`): 72 hostile characters, the
most it takes, need three seconds. Hence a password of any length is judged in pieces, each bounded in both;
it withstands at least as many guesses as its best piece. Words a guesser knows beforehand count for nothing.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator

from veza.kit.field_faults import FieldFault
from veza.kit.messages import Message, gettext, verbatim

SHORTEST, LONGEST = 12, 200
LEAST_GUESSES = 10**9
"""At 30 ms a guess, which is what our hash takes, a year of one core. A season, a year and two signs stand 3·10⁸."""
PIECE_CHARACTERS, PIECE_LOOKALIKES = 24, 10
"""The worst piece found takes 50 ms of a core; the longest password has nine."""

_LOOKALIKES = frozenset("4@8({[<3691!|70$5+%2")
"""The signs zxcvbn reads as letters as well."""
_KNOWN_EVERYWHERE = (
    "veza",
    "correct horse battery staple",
    "correcthorsebatterystaple",
)
"""The name of this program, and a phrase that zxcvbn's lists leave out."""
_WORD = re.compile(r"\w+")
_OWN_WORDS = gettext("it is made of what a guesser knows: your address, your name, the name of this site")
_one_at_a_time = threading.Lock()  # zxcvbn keeps the words it is given in a global


class BadPassword(FieldFault):
    """A new password that is not good enough; says why."""


def demand_length(password: str) -> None:
    """Raises BadPassword for one that is too short or too long; `demand` asks more, and takes its time."""
    _of_length(password)


def _of_length(password: str) -> str:
    text = unicodedata.normalize("NFC", password)
    if not SHORTEST <= len(text) <= LONGEST:
        raise BadPassword(
            gettext(
                "a password has {shortest} to {longest} characters, this one has {text_count}",
                shortest=SHORTEST,
                longest=LONGEST,
                text_count=len(text),
            )
        )
    return text


def demand(password: str, words: Iterable[str]) -> None:
    """Raises BadPassword for a new password that is too short, too long, or too easy to guess.

    `words` are what a guesser knows: the address and the name of the person, the name and the host of the site. Takes
    up to 300 ms of a core: call it in a thread.
    """
    text = _of_length(password)
    known = sorted({part for word in words for part in _parts(word)} | {*_KNOWN_EVERYWHERE}, key=len, reverse=True)
    reason = _weakness(text, known)
    if reason is None and _weakness(_without(text, known), known) is not None:
        reason = _OWN_WORDS
    if reason is not None:
        if str(reason):
            raise BadPassword(
                gettext("this password is too easy to guess ({why}): take more words, or less usual ones", why=reason)
            )
        raise BadPassword(gettext("this password is too easy to guess: take more words, or less usual ones"))


def _weakness(text: str, known: list[str]) -> Message | None:
    """None for a text that withstands LEAST_GUESSES, else its weakness in words (none, if zxcvbn has none)."""
    found = None
    for piece in _pieces(text):
        guesses, warning = _judge(piece, known)
        if guesses >= LEAST_GUESSES:
            return None
        found = found or warning
    return found or verbatim("")


def _without(text: str, known: list[str]) -> str:
    lowered = text.casefold()
    for word in known:
        lowered = lowered.replace(word, "")
    return lowered


def _parts(word: str) -> Iterator[str]:
    """The word, and the words in it: an address is known as a whole, and so are its name and its host."""
    lowered = unicodedata.normalize("NFC", word).casefold().strip()[:LONGEST]
    yield from (part for part in (lowered, lowered.partition("@")[0], *_WORD.findall(lowered)) if len(part) > 2)


def _pieces(text: str) -> Iterator[str]:
    piece, lookalikes = "", set[str]()
    for character in text:
        more = lookalikes | ({character} & _LOOKALIKES)
        if len(piece) == PIECE_CHARACTERS or len(more) > PIECE_LOOKALIKES:
            yield piece
            piece, more = "", {character} & _LOOKALIKES
        piece, lookalikes = piece + character, more
    yield piece


def _judge(piece: str, known: list[str]) -> tuple[float, Message | None]:
    """The guesses a piece withstands, and its weakness in a few words (None if zxcvbn has none)."""
    if not piece:
        return 1, None
    # A tenth of a second and 8 MB: only a process that judges passwords pays it.
    from zxcvbn import zxcvbn  # type: ignore[import-untyped]  # zxcvbn has no types

    with _one_at_a_time:
        found = zxcvbn(piece, user_inputs=known, max_length=PIECE_CHARACTERS)
    words = {match["dictionary_name"] for match in found["sequence"] if match["pattern"] == "dictionary"}
    if "user_inputs" in words:
        return float(found["guesses"]), _OWN_WORDS
    warning = str(found["feedback"]["warning"]).rstrip(".")
    return float(found["guesses"]), verbatim(warning[:1].lower() + warning[1:]) if warning else None
