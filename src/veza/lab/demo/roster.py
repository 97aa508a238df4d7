"""Eight artists, twenty releases and six listeners of a small label that does not exist, drawn by a seed.

The kinds of records (a sample pack, a free one, a scheduled one, a withdrawn one) are the same for every seed, so that
the month that follows can be told. Names, titles and prices are drawn by the seed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from veza.lab.demo.vocabulary import ARABIC, CYRILLIC, HANDLES, PACKS, REMIXES, SAMPLES, SCENES, Scene

LICENCE = "Royalty-free in your own music, released or not. The samples alone may not be sold or given away."
LISTENERS = 6
SONG_MINOR = 150
"""The price of a song, if the release sells its songs singly."""


@dataclass(frozen=True, slots=True)
class Song:
    """A track: its title and length; `is_sold` when it is for sale by itself, too."""

    title: str
    seconds: int
    explicit: bool = False
    is_sold: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A release. `price_minor` is in its artist's currency; `pricing` fixed, minimum or free; what is not out has no
    `year`."""

    title: str
    kind: str
    year: int | None
    pricing: str
    price_minor: int
    songs: tuple[Song, ...]
    status: str = "published"
    licence: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """An artist of the label."""

    name: str
    country: str
    currency: str
    bio: str
    tags: tuple[str, ...]
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Roster:
    """A whole label. Records are spoken of by (act, record), both from 0."""

    acts: tuple[Act, ...]
    listeners: tuple[str, ...]

    def record(self, where: tuple[int, int]) -> Record:
        return self.acts[where[0]].records[where[1]]


@dataclass(frozen=True, slots=True)
class _Plan:
    """A record before it has a title. Prices are drawn from `prices`, in minor units."""

    kind: str
    songs: tuple[int, int]
    prices: range
    pricing: str = "fixed"
    status: str = "published"
    sells_songs: bool = False


_ALBUM, _EP = range(700, 1301, 100), range(350, 651, 50)
_PLANS: tuple[tuple[str, tuple[_Plan, ...]], ...] = (
    ("EUR", (_Plan("album", (5, 8), _ALBUM), _Plan("ep", (3, 4), _EP, "minimum"), _Plan("sample_pack", (3, 5), range(1200, 2001, 100)))),
    ("EUR", (_Plan("album", (6, 9), _ALBUM, sells_songs=True), _Plan("remixes", (2, 3), _EP), _Plan("single", (1, 1), range(100, 251, 50)))),
    ("EUR", (_Plan("album", (5, 7), _ALBUM), _Plan("single", (2, 2), range(0, 1), "free"))),
    ("GBP", (_Plan("album", (4, 6), _ALBUM), _Plan("ep", (2, 3), _EP, "minimum"), _Plan("live", (1, 2), _EP, status="scheduled"))),
    ("USD", (_Plan("album", (4, 6), _ALBUM, sells_songs=True), _Plan("single", (1, 1), range(100, 251, 50)), _Plan("sample_pack", (2, 4), range(1200, 2001, 100)))),
    ("EUR", (_Plan("album", (4, 6), _ALBUM), _Plan("ep", (2, 3), _EP, status="draft"))),
    ("USD", (_Plan("album", (4, 5), _ALBUM, "minimum"), _Plan("ep", (1, 2), _EP, status="withdrawn"))),
    ("EUR", (_Plan("album", (5, 6), _ALBUM), _Plan("demos", (2, 3), range(0, 1), "free"))),
)  # fmt: skip
"""Currency and records of each act. The sixth sings in Russian and Georgian, the seventh in Arabic."""
_COUNTRIES = {"EUR": ("PT", "DE", "FR", "NL", "IE", "AT"), "GBP": ("GB",), "USD": ("US",)}
_CALLED = {"remixes": "ep", "live": "ep", "demos": "ep"}


def roster_of(seed: int) -> Roster:
    """The label of a seed: always the same one."""
    dice = random.Random(f"roster {seed}")  # noqa: S311  (a demo that repeats, not a secret)
    scenes = dice.sample(SCENES, 6)
    scenes[5:5] = [CYRILLIC, ARABIC]
    packs = iter(dice.sample(PACKS, len(PACKS)))
    acts = [_act(dice, scene, currency, plans, packs) for scene, (currency, plans) in zip(scenes, _PLANS, strict=True)]
    return Roster(tuple(acts), tuple(dice.sample(HANDLES, LISTENERS)))


def _act(dice: random.Random, scene: Scene, currency: str, plans: Sequence[_Plan], packs: Iterator[str]) -> Act:
    country = {CYRILLIC: "GE", ARABIC: "LB"}.get(scene) or dice.choice(_COUNTRIES[currency])
    drawn = _Drawn(
        dice, packs, dice.sample(scene.albums, len(scene.albums)), dice.sample(scene.songs, len(scene.songs))
    )
    records = tuple(drawn.record(plan) for plan in plans)
    return Act(dice.choice(scene.names), country, currency, dice.choice(scene.bios), scene.tags, records)


@dataclass
class _Drawn:
    """Titles not used yet, and those of the album that remixes, demos and the stage come back to."""

    dice: random.Random
    packs: Iterator[str]
    albums: list[str]
    songs: list[str]
    known: list[str] = field(default_factory=list)

    def record(self, plan: _Plan) -> Record:
        title, titles = self._titles(plan)
        self.known = self.known or titles
        lengths = range(32, 75) if plan.kind == "sample_pack" else range(150, 470)
        songs = [
            Song(one, self.dice.choice(lengths), explicit=one == "Not Sorry", is_sold=plan.sells_songs and number < 3)
            for number, one in enumerate(titles)
        ]
        year = None if plan.status in ("draft", "scheduled") else self.dice.randint(2021, 2025)
        licence = LICENCE if plan.kind == "sample_pack" else ""
        kind, price = _CALLED.get(plan.kind, plan.kind), self.dice.choice(plan.prices)
        return Record(title, kind, year, plan.pricing, price, tuple(songs), plan.status, licence)

    def _titles(self, plan: _Plan) -> tuple[str, list[str]]:
        count = self.dice.randint(*plan.songs)
        match plan.kind:
            case "sample_pack":
                return next(self.packs), self.dice.sample(SAMPLES, count)
            case "remixes":
                song = self.dice.choice(self.known)
                return f"{song} (Remixes)", [f"{song} ({how})" for how in self.dice.sample(REMIXES, count)]
            case "live":
                return f"{self.known[0]}, Live", [f"{song}, Live" for song in self.known[:count]]
            case "demos":
                return "Demo Tape", [f"{song} (Demo)" for song in self.known[:count]]
            case "album":
                return self.albums.pop(), [self.songs.pop() for _ in range(count)]
            case _:
                titles = [self.songs.pop() for _ in range(count)]
                return titles[0] if plan.kind == "single" else self.albums.pop(), titles
