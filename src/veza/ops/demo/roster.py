"""Eight artists and twenty releases of a small label that does not exist: plain data, read by the demo."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Song:
    """A track: its title, length and, where it has them, tags of its own."""

    title: str
    seconds: int
    explicit: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A release. `price_minor` is in its artist's currency; `pricing` fixed, minimum or free."""

    title: str
    kind: str
    year: int
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


def _songs(*said: tuple[str, str]) -> tuple[Song, ...]:
    """("Low Water", "4:12") pairs."""
    return tuple(Song(title, 60 * int(length.split(":")[0]) + int(length.split(":")[1])) for title, length in said)


LABEL = "label"
"""The account that runs all eight."""
LISTENERS = ("tape-hiss", "b-side", "low-end", "night-bus", "room-tone", "run-out-groove")
"""Accounts that buy, keep playlists and comment."""

LICENCE = "Royalty-free in your own music, released or not. The samples alone may not be sold or given away."

ROSTER: tuple[Act, ...] = (
    Act(
        "Kelp Forest", "PT", "EUR", "Slow guitars, tape echo and the sound of the harbour at Peniche.",
        ("ambient", "post-rock"),
        (
            Record("Low Water", "album", 2024, "fixed", 900, _songs(
                ("Moorings", "5:41"), ("Low Water", "7:08"), ("Salt on the Windows", "4:52"), ("A Lamp for the Boats", "6:30"),
                ("Undertow", "8:15"), ("Morning, No Wind", "3:59"))),
            Record("Tidal Charts", "ep", 2025, "minimum", 400, _songs(
                ("Neap", "4:44"), ("Spring", "5:20"), ("Slack", "3:12"))),
            Record("Harbour Recordings", "sample_pack", 2025, "fixed", 1500, _songs(
                ("Rigging, 96 bpm", "0:40"), ("Foghorn Choir", "0:52"), ("Gulls and Engines", "1:10")), licence=LICENCE),
        ),
    ),
    Act(
        "Night Ferry", "DE", "EUR", "Two synthesisers, one drum machine, last boat home.",
        ("synth-pop", "electronic"),
        (
            Record("Departures", "album", 2023, "fixed", 1000, _songs(
                ("Platform Light", "3:48"), ("The 23:40", "4:21"), ("Radio Off", "3:33"), ("Deckchairs", "4:05"),
                ("Bremerhaven", "5:12"), ("Nobody Sleeps", "3:56"), ("Arrivals", "6:01"))),
            Record("Nobody Sleeps (Remixes)", "ep", 2024, "fixed", 500, _songs(
                ("Nobody Sleeps (Long Way Round)", "6:40"), ("Nobody Sleeps (Engine Room)", "5:55"))),
            Record("Winter Timetable", "single", 2026, "fixed", 150, _songs(("Winter Timetable", "4:02"))),
        ),
    ),
    Act(
        "Paper Lanterns", "FR", "EUR", "Chamber pop for a street with the lights out.",
        ("chamber pop", "folk"),
        (
            Record("Rue des Ombres", "album", 2025, "fixed", 1100, _songs(
                ("Ouverture", "1:50"), ("Rue des Ombres", "4:17"), ("Petite Foule", "3:25"), ("L'Escalier", "3:58"),
                ("Sans Parapluie", "4:44"), ("Dernier Étage", "5:05"))),
            Record("Deux Valses", "single", 2024, "free", 0, _songs(("Valse du Matin", "2:41"), ("Valse du Soir", "3:09"))),
        ),
    ),
    Act(
        "Copper Wire Choir", "GB", "GBP", "Nine voices, no instruments, one very good cellar.",
        ("choral", "experimental"),
        (
            Record("Nine in a Cellar", "album", 2024, "fixed", 800, _songs(
                ("Hum", "3:30"), ("Ground", "6:12"), ("Copper", "5:08"), ("Wire", "4:40"), ("Choir", "7:22"))),
            Record("Rounds", "ep", 2026, "minimum", 300, _songs(("Round the First", "2:58"), ("Round the Second", "3:14"))),
            Record("Rounds, Live", "ep", 2026, "fixed", 350, _songs(("Round the First, Live", "3:20"),), status="scheduled"),
        ),
    ),
    Act(
        "Slow Elevator", "US", "USD", "Jazz for buildings with more than forty floors.",
        ("jazz", "downtempo"),
        (
            Record("Mezzanine Standards", "album", 2023, "fixed", 1200, _songs(
                ("Lobby", "4:10"), ("Doors Closing", "5:33"), ("Thirteen Is Missing", "6:18"), ("Observation Deck", "7:45"))),
            Record("Service Lift", "single", 2025, "fixed", 200, _songs(("Service Lift", "5:01"))),
            Record("Stairwell Drums", "sample_pack", 2026, "fixed", 1900, _songs(
                ("Brushes, 82 bpm", "0:46"), ("Rims, 120 bpm", "0:32")), licence=LICENCE),
        ),
    ),
    Act(
        "Дальний Свет", "GE", "EUR", "Long roads at night, sung in three languages.",
        ("dream pop", "shoegaze"),
        (
            Record("Перевал", "album", 2025, "fixed", 900, _songs(
                ("Дорога", "4:55"), ("Фары", "3:47"), ("Перевал", "6:31"), ("Chveni Gza", "5:02"))),
            Record("Обочина", "ep", 2026, "fixed", 450, _songs(("Обочина", "4:08"), ("Заправка", "3:36")), status="draft"),
        ),
    ),
    Act(
        "بيت الريح", "LB", "USD", "Oud, drone and field recordings from the roofs.",
        ("oud", "drone"),
        (
            Record("سطوح", "album", 2024, "minimum", 700, _songs(
                ("غسيل", "5:24"), ("حمام", "4:18"), ("مولّد", "6:50"), ("ليل", "8:08"))),
            Record("Rooftops, Reworked", "ep", 2025, "fixed", 500, _songs(("Laundry (Reworked)", "5:40"),), status="withdrawn"),
        ),
    ),
    Act(
        "Ostrich Parade", "NL", "EUR", "Loud, short, and over before the neighbours knock. 🪶",
        ("punk", "garage"),
        (
            Record("Head First", "album", 2026, "fixed", 700, (
                *_songs(("Feathers", "1:12"), ("Run", "0:58"), ("Sandbox", "1:40"), ("Bury It", "1:22")),
                Song("Not Sorry", 67, explicit=True))),
            Record("Demo Tape", "ep", 2022, "free", 0, _songs(("Feathers (Demo)", "1:15"), ("Run (Demo)", "1:01"))),
        ),
    ),
)  # fmt: skip
