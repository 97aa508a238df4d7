"""One's data: all of it as a file, and the end of the account."""

from __future__ import annotations

from typing import Any

from litestar import Response
from litestar.di import NamedDependency

from veza.accounts import deletion, export, reauthentication, second_factor
from veza.accounts.facade import Accounts
from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.catalog import listings
from veza.http.limits import address_of
from veza.http.requests import DoorRequest
from veza.http.session_cookies import Cookies
from veza.kit.database import Session
from veza.kit.field_faults import FieldFault
from veza.kit.listing import start_of
from veza.kit.messages import gettext
from veza.web.answers import Form, See, Shown
from veza.web.declared import form, page
from veza.web.proving import proof_of
from veza.web.site import Site

_HERE = "/account/data"
ARTISTS = 50


class NotSure(FieldFault):
    """An account goes only where its person has said so."""

    def __init__(self) -> None:
        super().__init__(gettext("say that you know what goes"))


@page(_HERE, permission=Permission.CREDENTIALS)
async def data_page(session: Session, identity: Identity, form: Form) -> Shown:
    """A button for the export, and what goes with the account and what stays."""
    return Shown(
        "settings/data.html",
        artists=await listings.artists(session, start_of(listings.ARTIST_SORTS, ARTISTS), member=identity.person),
        has_code=await second_factor.is_on(session, identity.person),
    )


@form(f"{_HERE}/export", permission=Permission.CREDENTIALS, shows=data_page)
async def take_along(
    request: DoorRequest, identity: Identity, accounts: NamedDependency[Accounts]
) -> Response[dict[str, Any]]:
    """Everything that is held of a person, as a JSON file. It is a form: reading it is written into the audit log."""
    async with accounts.database.write(identity.actor) as session:
        parts = await export.everything(session, accounts, identity.person, address_of(request))
    headers = {"Content-Disposition": 'attachment; filename="veza-export.json"', "Cache-Control": "no-store"}
    return Response(parts, headers=headers, media_type="application/json")


@form(f"{_HERE}/delete", permission=Permission.CREDENTIALS, shows=data_page)
async def leave_for_good(
    request: DoorRequest, identity: Identity, form: Form, accounts: NamedDependency[Accounts],
    cookie_jar: NamedDependency[Cookies], site: NamedDependency[Site],
) -> Response[bytes]:  # fmt: skip
    """The account goes, and this browser forgets its session."""
    if form.value("sure") != "yes":
        raise NotSure
    async with (
        proof_of(request, identity, form, accounts) as proof,
        accounts.database.write(identity.actor) as session,
    ):
        await reauthentication.demand(session, proof)
        await deletion.delete(session, accounts.rules.base_url, identity.person, address=address_of(request))
    answer = site.redirect(request, See("/", gettext("Your account is gone.")))
    for cookie in cookie_jar.signed_out(request).cookies:
        answer.set_cookie(cookie)
    return answer
