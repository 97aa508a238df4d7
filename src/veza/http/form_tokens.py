"""The hidden field of a page's form: it shows that the form was shown in the very session whose cookie comes with it.

Another site can make a browser send our cookie, but cannot read a page of ours, and so not the field.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from veza.http.cross_site import says_other_site
from veza.http.errors.accounts import CROSS_SITE
from veza.http.problems import Problem
from veza.http.requests import DoorRequest
from veza.kit.messages import gettext
from veza.kit.signing import Signer

FORM_FIELD = "form_token"
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


class ForeignForm(Problem):
    """The form was not shown in the session that sends it, or another site's page sent it."""

    def __init__(self) -> None:
        super().__init__(
            CROSS_SITE,
            gettext(
                "nothing was changed: the form was not one this browser was shown since you signed in; open the page"
                " again and send it from there"
            ),
            title=gettext("This form is too old"),
        )


class FormTokens:
    """Makes and checks the field; `secret` is the same in every process. A session is the text of its cookie."""

    def __init__(self, secret: str) -> None:
        self._signer = Signer(secret, "veza form token, version 1")

    def of(self, session: str) -> str:
        """The field's value for the forms of a session. The session cannot be read in it."""
        return self._signer.signature(session)

    def fits(self, session: str, given: str) -> bool:
        """Whether the value is that session's."""
        return self._signer.fits(session, given)


def own_forms_only(
    tokens: FormTokens, session_of: Callable[[DoorRequest], str | None]
) -> Callable[[DoorRequest], Awaitable[None]]:
    """Before every request of a router: a write must come from a form that its own session was shown.

    `session_of` reads the session's cookie, if the browser sent a good one. Raises ForeignForm.
    """

    async def check(request: DoorRequest) -> None:
        if request.method in _READS:
            return
        session = session_of(request)
        given = (await request.form_fields()).get(FORM_FIELD, "")
        # A browser that does not say where a form came from is held by the field alone.
        if says_other_site(request) or session is None or not tokens.fits(session, given):
            raise ForeignForm

    return check
