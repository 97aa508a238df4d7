"""Every component in every state, from the parts that pages are made of: to be looked at while one changes them.

The pages are always served: they read nothing and say nothing of the site's people. Their samples have no address of
their own: links and forms of theirs lead to no record.
"""

from __future__ import annotations

from types import SimpleNamespace

from veza.accounts.permissions import Permission
from veza.kit.messages import gettext
from veza.web import samples_of_money, samples_of_music
from veza.web.answers import Form, Shown
from veza.web.declared import page
from veza.web.embedding import COMPACT, Embed
from veza.web.samples_of_music import NOTHING, RECORD, SOUND_STATES

TONES = ("good", "bad", "warn", "busy", "off")


@page("/design", permission=Permission.BROWSE)
def design_page() -> Shown:
    """What every page is made of: type, buttons, fields, states."""
    filled = Form(
        {"filled": "3", "faulty": "3,000,000"},
        str(gettext("The request is not valid")),
        {"faulty": str(gettext("a number"))},
    )
    embeds = (Embed("releases", NOTHING, RECORD.title), Embed("releases", NOTHING, RECORD.title, COMPACT))
    shared = SimpleNamespace(title=RECORD.title, path=f"/releases/{NOTHING}", embeds=embeds)
    return Shown(
        "design/house.html", form=filled, tones=TONES, sound_states=SOUND_STATES, sleeve=RECORD, shared=shared
    )  # fmt: skip


@page("/design/music", permission=Permission.BROWSE)
def music_page() -> Shown:
    """What plays, and what is said and owned of it."""
    return Shown("design/music.html", **samples_of_music.values())


@page("/design/money", permission=Permission.BROWSE)
def money_page() -> Shown:
    """What is bought, asked back and counted; of a line of the cart an amount was typed that is too low."""
    return Shown("design/money.html", **samples_of_money.values())
