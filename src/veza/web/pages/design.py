"""Every component in every state on one page, from the parts that pages are made of: to be looked at while one changes
them.

It is always served: it reads nothing and says nothing of the site's people.
"""

from __future__ import annotations

from math import sin
from types import SimpleNamespace
from uuid import UUID

from veza.accounts.permissions import Permission
from veza.audio.rendered import Waveform
from veza.kit.messages import gettext
from veza.web.answers import Form, Shown
from veza.web.declared import page
from veza.web.waves import ROW_HEIGHT, ROW_POINTS, draw

_ID = UUID(int=0)
_CURRENCY = "EUR"
_SWELLS = [abs(sin(place / 21) * sin(place / 3)) for place in range(400)]
_SOUND = Waveform(bytes(round(250 * one) for one in _SWELLS), bytes(round(150 * one) for one in _SWELLS))
TONES = ("good", "bad", "warn", "busy", "off")
SOUND_STATES = ("none", "processing", "ready", "failed")


@page("/design", permission=Permission.BROWSE)
def design_page() -> Shown:
    """The components. Their samples have no address of their own: links and forms of theirs lead to no record."""
    filled = Form(
        {"filled": "3", "faulty": "3,000,000", "amount": "1"},
        str(gettext("The request is not valid")),
        {"faulty": str(gettext("a number")), "amount": str(gettext("a number"))},
    )
    return Shown(
        "design.html",
        form=filled,
        tones=TONES,
        sound_states=SOUND_STATES,
        sleeve=_record(),
        rows=[_track(1, "full", "ready"), _track(2, "preview", "ready"), *_mute()],
        drawn=draw(_SOUND, ROW_POINTS, ROW_HEIGHT),
        prices={one: _product(one) for one in ("fixed", "minimum", "free")},
        offer=SimpleNamespace(product=_product("minimum"), artist=SimpleNamespace(name="Artist")),
        gift=SimpleNamespace(product=_product("free"), artist=SimpleNamespace(name="Artist")),
        chips=(500, 700, 1000), suggested=700, fee_bps=1000, digits=2, share=630, fee=70,
    )  # fmt: skip


def _record() -> SimpleNamespace:
    return SimpleNamespace(id=_ID, title="Record", artist_name="Artist", palette_hash=None, cover_id=None, sizes=None)


def _track(position: int, hears: str | None, state: str) -> SimpleNamespace:
    return SimpleNamespace(
        id=UUID(int=position), title=f"Track {position}", artist_name="Artist", release_title="Record", cover_id=None,
        palette_hash=None, release_id=_ID,
        sizes=None, duration_ms=214_000, position=position, audio_state=state, hears=hears,
    )  # fmt: skip


def _mute() -> list[SimpleNamespace]:
    """Rows that cannot be heard, one for each reason."""
    return [_track(place, None, state) for place, state in enumerate(SOUND_STATES, 3)]


def _product(pricing: str) -> SimpleNamespace:
    price = None if pricing == "free" else 700
    return SimpleNamespace(id=_ID, pricing=pricing, price_minor=price, currency=_CURRENCY, release_id=_ID)
