"""The address of the live stream."""

from __future__ import annotations

from litestar.di import NamedDependency
from litestar.response import Stream

from veza.accounts.identity import Identity, SignInNeeded
from veza.accounts.permissions import Permission
from veza.http.request_log import keep_quiet
from veza.http.requests import DoorRequest
from veza.web.answers import See
from veza.web.declared import page
from veza.web.live import Live

_EVENTS = "text/event-stream"


@page("/live", permission=Permission.OWN_ACCOUNT)
async def live_stream(request: DoorRequest, identity: Identity, live: NamedDependency[Live]) -> Stream | See:
    """What changes, as server-sent events, until one signs out.

    A browser says by itself what it heard last; a tab that takes over from another says it as `last`. What does not ask
    for events, such as a person who types the address, is led to the start.
    """
    if _EVENTS not in request.headers.get("accept", ""):
        return See("/")
    if identity.session_id is None:
        raise SignInNeeded
    keep_quiet(request.scope)
    last = request.headers.get("last-event-id") or request.query_params.get("last") or ""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"}
    return Stream(live.open(identity, identity.session_id, last), media_type=_EVENTS, headers=headers)
