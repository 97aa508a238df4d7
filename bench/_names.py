"""Generated things to be searched: frequent and rare words, several scripts, played as unevenly as music is."""

from __future__ import annotations

import random
from collections.abc import Iterator
from uuid import UUID

from veza.search.facets import word_of
from veza.search.index import Document
from veza.search.places import Kind, bucket_of

RELEASES, ARTISTS = 10, 50
"""Tracks of one release, and of one artist."""
FREQUENT = (
    "the love you me of night in my blue to heart a day time one black dance sun moon fire and rain world life girl "
    "sweet home dream light red river summer last good baby rock city song road new all lost gold little train live "
    "high star angel wild cold deep true long free sky street king queen be it help x metal band"
).split()
SYLLABLES = (
    "ba ko ri tu ve la mo shi an do el ny sa fe gra ul zor bel quin tra mis pel dor han lev nor qua rus ti wen yar "
    "chi os pra gim hul jek lam"
).split()
CYRILLIC = "ба ко ри ту ве ла мо ши ан до ель ны са фе гра ул ночь день свет".split()
KANA = "かきくけこさしすせそたちつてとなにぬねの光夜空海星桜風月花雨"
TAGS = "rock pop folk jazz metal punk house techno ambient dub latin reggae blues soul funk classical".split()


def documents(tracks: int, seed: int = 1) -> Iterator[Document]:
    """So many tracks with their releases and artists; the same each time."""
    chance = random.Random(seed)
    artist, release = "", ""
    for number in range(tracks):
        if number % ARTISTS == 0:
            artist = name(chance)
            yield _document(chance, "artist", artist)
        if number % RELEASES == 0:
            release = name(chance)
            yield _document(chance, "release", release, artist)
        yield _document(chance, "track", name(chance), artist, release)


def _document(chance: random.Random, kind: Kind, called: str, by: str = "", on: str = "") -> Document:
    plays = min(int(chance.paretovariate(0.5)), 10**7)
    facets = [word_of("tag", chance.choice(TAGS)), word_of("format", "album")]
    return Document(UUID(int=chance.getrandbits(128)), kind, called, bucket_of(plays), by, on, facets=facets)


def name(chance: random.Random) -> str:
    """One to four words, most of them frequent; one in twenty is Cyrillic, one in twenty Japanese."""
    script = chance.random()
    if script < 0.05:
        return "".join(chance.choices(KANA, k=chance.randint(2, 8)))
    if script < 0.1:
        return " ".join("".join(chance.choices(CYRILLIC, k=chance.randint(2, 4))) for _ in range(2)).title()
    return " ".join(_word(chance) for _ in range(chance.choice((1, 2, 2, 3, 3, 4)))).title()


def _word(chance: random.Random) -> str:
    if chance.random() < 0.55:
        return FREQUENT[min(int(chance.paretovariate(0.7)) - 1, len(FREQUENT) - 1)]
    return "".join(chance.choices(SYLLABLES, k=chance.choice((2, 3, 3, 4, 4))))


def mistyped(chance: random.Random, word: str) -> str:
    """The word with one edit, past its first letter."""
    at = chance.randrange(1, max(2, len(word) - 1))
    letter = chance.choice("abcdefghijklmnopqrstuvwxyz")
    swapped = word[:at] + word[at : at + 2][::-1] + word[at + 2 :]
    return chance.choice([word[:at] + word[at + 1 :], word[:at] + letter + word[at:], swapped])
