"""The operator token at the browser: it is no way to sign in, and leads to the form that makes an account admin.

For the first operator, and for the holder of the token who has lost every other way in.
"""

from __future__ import annotations

from datetime import timedelta

from litestar.di import NamedDependency

from veza.accounts import first_admin
from veza.accounts.permissions import Permission
from veza.http.authentication import is_same_secret
from veza.http.limits import network_of
from veza.http.requests import DoorRequest
from veza.kit import limits
from veza.kit.database import Database
from veza.kit.field_faults import FieldFault
from veza.kit.limits import Limit
from veza.kit.messages import gettext
from veza.web.answers import Form, See, Shown
from veza.web.declared import form, page
from veza.web.operator.office import Office

WRONG_TOKENS = Limit("operator token", 10, timedelta(seconds=6))
"""Of one network. A token has 256 bits, one that was chosen by hand may have fewer."""


class WrongToken(FieldFault):
    """This is not the operator token."""


@page("/operator/token", permission=Permission.SIGN_IN)
def token_page() -> Shown:
    """The form for the token."""
    return Shown("operator/token.html")


@form("/operator/token", permission=Permission.SIGN_IN, shows=token_page)
async def use_token(
    request: DoorRequest, form: Form, office: NamedDependency[Office], database: NamedDependency[Database]
) -> See:
    """The token is right: on to the form that makes an account admin, by a link for a quarter of an hour."""
    tries = WRONG_TOKENS.of(network_of(request))
    await limits.spend_now(database, "operator token", tries)
    if not is_same_secret(form.value("token").strip(), office.token):
        raise WrongToken(gettext("this is not the operator token: “veza serve” says where to find it"))
    async with database.write("operator token") as session:
        await limits.restore(session, tries)
        way = first_admin.recovery_link(session)
    return See(way)
