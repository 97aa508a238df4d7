"""One's ListenBrainz account: connected with a token, how it goes, disconnected."""

from __future__ import annotations

from litestar.di import NamedDependency

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.kit.database import Session
from veza.kit.messages import gettext
from veza.streaming import listenbrainz_accounts
from veza.streaming.facade import Streaming
from veza.streaming.listenbrainz_accounts import PAGE
from veza.web.answers import Form, See, Shown
from veza.web.declared import form, page


@page(PAGE, permission=Permission.CREDENTIALS)
async def listenbrainz_page(
    session: Session, identity: Identity, form: Form, streaming: NamedDependency[Streaming]
) -> Shown:
    """As whom one is connected, when a listen was sent last or why none is, and a form for a token."""
    connection = await listenbrainz_accounts.connection_of(session, identity.person)
    return Shown("settings/listenbrainz.html", connection=connection, server=streaming.listenbrainz)


@form(PAGE, permission=Permission.CREDENTIALS, shows=listenbrainz_page)
async def connect_listenbrainz(identity: Identity, form: Form, streaming: NamedDependency[Streaming]) -> See:
    """What one hears from now on is sent."""
    database, server, person = streaming.database, streaming.listenbrainz, identity.person
    checked = await listenbrainz_accounts.check(database, server, person, form.value("user_token"))
    async with database.write(identity.actor) as session:
        await listenbrainz_accounts.connect(session, person, checked)
    return See(PAGE, gettext("What you hear from now on is sent."))


@form(f"{PAGE}/end", permission=Permission.CREDENTIALS, shows=listenbrainz_page)
async def disconnect_listenbrainz(session: Session, identity: Identity) -> See:
    """Nothing more is sent, and the token is forgotten."""
    await listenbrainz_accounts.disconnect(session, identity.person)
    return See(PAGE, gettext("Nothing more is sent, and the token is deleted."))
