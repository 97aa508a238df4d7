"""Which mails one wants."""

from __future__ import annotations

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.community import preferences
from veza.community.preferences import MEANING, Pace
from veza.kit.database import Session
from veza.kit.messages import gettext
from veza.web.answers import Form, See, Shown
from veza.web.declared import form, page

_HERE = "/account/mails"


@page(_HERE, permission=Permission.CREDENTIALS)
async def mails_page(session: Session, identity: Identity, form: Form) -> Shown:
    """A switch for each kind of mail that may be stopped."""
    chosen = await preferences.of_person(session, identity.person)
    wanted = {kind: pace is Pace.AT_ONCE for (kind, _), pace in chosen.items()}
    return Shown("settings/mails.html", wanted=wanted, meaning=MEANING)


@form(_HERE, permission=Permission.CREDENTIALS, shows=mails_page)
async def choose_mails(session: Session, identity: Identity, form: Form) -> See:
    """Every switch as it was set."""
    for (kind, channel), pace in (await preferences.of_person(session, identity.person)).items():
        wanted = Pace.AT_ONCE if form.value(kind.value) == "yes" else Pace.NEVER
        if wanted is not pace:
            await preferences.choose(session, identity.person, kind, channel, wanted)
    return See(_HERE, gettext("It holds from now on."))
