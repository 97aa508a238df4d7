"""What the page of components shows of records, tracks, the player and the library: of no one, and with no address."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from math import sin
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from veza.audio.rendered import Waveform
from veza.kit.messages import Message, gettext
from veza.web.moments import pins, ticks
from veza.web.waves import ROW_HEIGHT, ROW_POINTS, TRACK_HEIGHT, TRACK_POINTS, draw

NOTHING = UUID(int=0)
"""The id of every sample that a link leads to."""
CURRENCY = "EUR"
AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
"""When all of it happens."""
SOUND_STATES = ("none", "processing", "ready", "failed")
PRICINGS = ("fixed", "minimum", "free")
LENGTH_MS = 214_000
_SWELLS = [abs(sin(place / 21) * sin(place / 3)) for place in range(400)]
_SOUND = Waveform(bytes(round(250 * one) for one in _SWELLS), bytes(round(150 * one) for one in _SWELLS))
_PLAYING_HEIGHT, _PLAYER_HEIGHT, _ROOM_HEIGHT = 56, 34, 112
"""As tokens.json has them."""

RECORD = SimpleNamespace(
    id=NOTHING, title="Record", artist_name="Artist", palette_hash=None, cover_id=None, sizes=None
)  # fmt: skip
ARTIST = SimpleNamespace(id=NOTHING, slug=str(NOTHING), name="Artist", currency=CURRENCY)


def track(position: int, hears: str | None, state: str) -> SimpleNamespace:
    """A row of a list of tracks."""
    return SimpleNamespace(
        id=UUID(int=position), title=f"Track {position}", artist_name="Artist", release_title="Record", cover_id=None,
        palette_hash=None, release_id=NOTHING, sizes=None, duration_ms=LENGTH_MS, position=position, audio_state=state,
        hears=hears,
    )  # fmt: skip


def product(pricing: str) -> SimpleNamespace:
    """What is sold, in one of PRICINGS."""
    price = None if pricing == "free" else 700
    return SimpleNamespace(id=NOTHING, pricing=pricing, price_minor=price, currency=CURRENCY, release_id=NOTHING)


def values() -> Mapping[str, Any]:
    """What the template of this group takes."""
    said, replies = _comments()
    return {
        "sleeve": RECORD,
        "prices": {one: product(one) for one in PRICINGS},
        "rows": [track(1, "whole", "ready"), track(2, "preview", "ready"), *_mute()],
        "playing": track(9, "whole", "ready"),
        "drawn": {
            "row": draw(_SOUND, ROW_POINTS, ROW_HEIGHT),
            "player": draw(_SOUND, ROW_POINTS, _PLAYER_HEIGHT),
            "playing": draw(_SOUND, ROW_POINTS, _PLAYING_HEIGHT),
            "room": draw(_SOUND, ROW_POINTS, _ROOM_HEIGHT),
            "track": draw(_SOUND, TRACK_POINTS, TRACK_HEIGHT),
        },
        "ticks": ticks(LENGTH_MS),
        "pins": pins([one for one in said if one.text], LENGTH_MS),
        "comments": said, "replies": replies, "hears": "whole", "acts": False, "key": str(NOTHING), "now": AT,
        "editable_until": timedelta(0),
        "players": _players(),
        **_owned(),
        "upload": SimpleNamespace(file_name="track.flac", length_bytes=40_000_000, offset_bytes=25_000_000),
        "step": SimpleNamespace(step=3, steps=6, percent=45),
        "master": SimpleNamespace(integrated_lufs=-13.8),
    }  # fmt: skip


def _mute() -> list[SimpleNamespace]:
    """Rows that cannot be heard, one for each reason."""
    return [track(place, None, state) for place, state in enumerate(SOUND_STATES, 3)]


def _comments() -> tuple[list[SimpleNamespace], Mapping[UUID, list[SimpleNamespace]]]:
    """As said, with a reply to the first; corrected; hidden; taken back."""
    said = [
        _comment(1, 24_000, "This bass line again"),
        _comment(2, 61_000, "The strings come in here, and the whole record turns", edited_at=AT),
        _comment(3, 102_000, "Words that its artist hid", is_hidden=True),
        _comment(4, 171_000, "", is_deleted=True),
    ]
    return said, {said[0].id: [_comment(5, None, "Played by hand", parent_id=said[0].id)]}


def _comment(number: int, at_ms: int | None, text: str, **more: Any) -> SimpleNamespace:
    one = {
        "id": UUID(int=number), "track_id": NOTHING, "track_title": "Track 1", "at_ms": at_ms, "text": text,
        "author": "Listener", "person_id": None, "parent_id": None, "created_at": AT, "edited_at": None,
        "is_deleted": False, "is_hidden": False, "cover_id": None, "sizes": None, "palette_hash": None,
    }  # fmt: skip
    return SimpleNamespace(**one | more)


def _players() -> list[SimpleNamespace]:
    """The bar in each of its states; open is what a phone shows of it."""
    return [
        _player(gettext("Nothing plays"), of=None),
        _player(gettext("It plays"), state="plays", is_liked=True),
        _player(gettext("It waits for the line"), state="waits"),
        _player(gettext("It cannot play"), says=gettext("The line is lost; it goes on by itself."), is_liked=False),
        _player(gettext("Opened on a phone"), state="plays", is_liked=False, is_open=True),
    ]


def _player(called: Message, **more: Any) -> SimpleNamespace:
    one = {"called": called, "of": track(1, "whole", "ready"), "state": "", "says": None, "is_liked": None}
    return SimpleNamespace(**one | {"is_open": False} | more)


def _owned() -> Mapping[str, Any]:
    """The wall of a library: as it is, chosen, one track, given back; and files that are being made."""
    ids = [UUID(int=number) for number in range(1, 5)]
    kinds, reasons = ("release", "release", "track", "release"), (None, None, None, gettext("given back"))
    things = [
        SimpleNamespace(release_id=one, title="Record", artist="Artist", kind=kind, why_revoked=why)
        for one, kind, why in zip(ids, kinds, reasons, strict=True)
    ]
    chosen = SimpleNamespace(
        card=SimpleNamespace(id=ids[1]), name="FLAC", whole=SimpleNamespace(share=0.6), is_being_made=True,
        wanted=SimpleNamespace(value="flac"),
    )  # fmt: skip
    downloads = [
        SimpleNamespace(status="waiting", share=None, reason=None),
        SimpleNamespace(status="making", share=0.6, reason=None),
        SimpleNamespace(status="failed", share=None, reason=None),
    ]
    return {"things": things, "cards": dict.fromkeys(ids, RECORD), "chosen": chosen, "downloads": downloads}
