"""The pages of mailed links: confirming an address, a new password, the first admin, an invitation to an artist,
claiming an order; and the pages to which the provider sends people back.

Opening a page changes nothing (mail programs open links to look at them); its one button does. The forms carry the
link's own secret and no cookie, so another site has nothing to send.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from veza.accounts import credentials, emails, first_admin, people, sign_up
from veza.accounts.facade import Accounts
from veza.accounts.sign_in import ChallengeOver
from veza.catalog import invitations
from veza.catalog.facade import Catalog
from veza.http.cross_site import says_other_site
from veza.http.errors.accounts import BAD_LINK, EMAIL_TAKEN
from veza.http.errors.table import kind_of
from veza.http.language import language_to_keep, told
from veza.http.limits import address_of, retry_headers
from veza.http.problems import NOT_FOUND
from veza.http.requests import DoorRequest, form_fields
from veza.http.session_cookies import Cookies
from veza.kit import limits
from veza.kit.database import Session
from veza.kit.messages import Message, gettext, joined, message_of
from veza.market import claims
from veza.market.claims import UnknownClaim
from veza.web.link_accounts import LONGEST, as_person
from veza.web.rendering import LINK_OVER, Pages, Refused, form_status
from veza.web.site import Site

Work = Callable[[Mapping[str, str]], Awaitable[Response[bytes]]]


LINK_IS_OVER = (BAD_LINK, EMAIL_TAKEN, NOT_FOUND)
"""Problems that no change of the form mends; every other kind is shown in the form, to be sent again."""


def account_page_routes(
    accounts: Accounts, catalog: Catalog, cookies: Cookies, site: Site
) -> list[ControllerRouterHandler]:
    """/confirm-address, /reset-password, /admin-claim, /invitation, /claim, each with the link's secret as `token`,
    and /forgot-password, which mails one."""
    pages = Pages(site)

    def form(
        request: DoorRequest,
        name: str,
        token: str,
        *,
        status: int = 200,
        error: str = "",
        email: str = "",
        called: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Response[bytes]:
        page, sent = f"plain/{name}.html", dict(headers or {})
        return pages.show(
            request, page, status=status, headers=sent, token=token, error=error, email=email, called=called
        )

    def second_step(
        request: DoorRequest, given: Mapping[str, str], challenge: str, *, status: int = 200, error: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Response[bytes]:  # fmt: skip
        return pages.show(
            request, "plain/second_step.html", status=status, headers=dict(headers or {}),
            token=given["token"], email=given["email"], challenge=challenge, error=error,
        )  # fmt: skip

    def done(request: DoorRequest, title: Message, sentence: Message) -> Response[bytes]:
        return pages.show(request, "plain/done.html", title=title, sentence=sentence)

    async def claim_form(request: DoorRequest, token: str) -> Response[bytes]:
        receipt = None
        try:
            async with accounts.database.read() as session:
                order = (await claims.look(session, token)).order
        except UnknownClaim:
            order = None  # the form says so when it is sent
        if order is not None:
            receipt = f"/api/v1/cart/orders/{order.id}/receipt" if order.receipt_count is not None else None
        return pages.show(request, "plain/claim.html", token=token, error="", email="", called="", receipt=receipt)

    async def attempt(request: DoorRequest, name: str, work: Work) -> Response[bytes]:
        given = await form_fields(request)
        token, email, called = given.get("token", "")[:200], given.get("email", "")[:300], given.get("name", "")[:300]
        challenge = given.get("challenge", "")[:LONGEST]
        given = {**given, "token": token, "email": email, "challenge": challenge}
        try:
            return await work(given)
        except Exception as error:
            kind, wait = kind_of(error), retry_headers(error)
            if kind in LINK_IS_OVER:
                raise Refused(LINK_OVER, message_of(error)) from None
            status, said = form_status(kind), told(request, error)
            if challenge and not isinstance(error, ChallengeOver):
                return second_step(request, given, challenge, status=status, error=said, headers=wait)
            return form(request, name, token, status=status, error=said, email=email, called=called, headers=wait)

    @get("/confirm-address")
    async def confirm_page(request: DoorRequest) -> Response[bytes]:
        """A button that confirms."""
        return form(request, "confirm", _whole(request))

    @post("/confirm-address", status_code=200)
    async def confirm(request: DoorRequest) -> Response[bytes]:
        """Confirms the address."""

        async def work(given: Mapping[str, str]) -> Response[bytes]:
            async with accounts.database.write("link") as session:
                person = await sign_up.confirm(session, given["token"], address_of(request))
            sentence = gettext("{email} is the address of your account.", email=person.email)
            return done(request, gettext("Your address is confirmed"), sentence)

        return await attempt(request, "confirm", work)

    @get(emails.FORGOTTEN_PAGE)
    async def forgot_page(request: DoorRequest) -> Response[bytes]:
        """A form for the address."""
        return form(request, "forgot", "")

    @post(emails.FORGOTTEN_PAGE, status_code=200)
    async def forgot(request: DoorRequest) -> Response[bytes]:
        """Mails a link if there is such an account; neither the answer nor its duration tells."""

        async def work(given: Mapping[str, str]) -> Response[bytes]:
            email = people.clean_email(given["email"])
            address = address_of(request)
            async with (
                limits.turn(accounts.database, credentials.asking(address)),
                accounts.database.write("visitor") as session,
            ):
                await credentials.forgot(session, email, address)
            sentence = gettext("If there is such an account, it got a link just now.")
            return done(request, gettext("A mail is on its way"), sentence)

        return await attempt(request, "forgot", work)

    @get("/reset-password")
    async def reset_page(request: DoorRequest) -> Response[bytes]:
        """A form for the new password."""
        token = _token(request)
        return form(request, "reset" if token else "forgot", token)

    @post("/reset-password", status_code=200)
    async def reset(request: DoorRequest) -> Response[bytes]:
        """Sets the new password, ends every session, and lets this device be known from now on."""

        async def work(given: Mapping[str, str]) -> Response[bytes]:
            token, password, address = given["token"], given.get("password", ""), address_of(request)
            hashed = await credentials.prepare_reset(accounts, token, password, address)
            async with accounts.database.write("link") as session:
                person_id = await credentials.reset(session, accounts, token, hashed, address)
            sentence = gettext("Sign in with it; every other sign-in has ended, and every API token was revoked.")
            response = done(request, gettext("Your password is set"), sentence)
            if not says_other_site(request):
                # Another site's form comes without our cookies: what it gets must not replace the device's own.
                before = cookies.browser(request).device_cookie
                cookies.known_device(request, response, accounts.devices.reached_by_mail(before, person_id))
            return response

        return await attempt(request, "reset", work)

    @get("/admin-claim")
    async def admin_page(request: DoorRequest) -> Response[bytes]:
        """A form for the first admin."""
        return form(request, "admin", _whole(request))

    @post("/admin-claim", status_code=200)
    async def claim_admin(request: DoorRequest) -> Response[bytes]:
        """Makes an existing or new account the first admin."""

        async def work(given: Mapping[str, str]) -> Response[bytes]:
            async with accounts.database.read() as session:
                await first_admin.look(session, given["token"])

            async def then(session: Session, person_id: UUID) -> None:
                await first_admin.claim(session, person_id, given["token"], address_of(request))

            browser, language = cookies.browser(request), language_to_keep(request)
            wanted = await as_person(accounts, browser, given, then, language=language)
            if wanted is not None:
                return second_step(request, given, wanted)
            sentence = gettext(
                "{email} may give roles now. The mailbox has a mail to confirm a new address.", email=given["email"]
            )
            return done(request, gettext("You are the first admin"), sentence)

        return await attempt(request, "admin", work)

    @get(invitations.PAGE)
    async def invitation_page(request: DoorRequest) -> Response[bytes]:
        """A form for a person who was invited to an artist."""
        return form(request, "invitation", _whole(request))

    @post(invitations.PAGE, status_code=200)
    async def join(request: DoorRequest) -> Response[bytes]:
        """Lets the account of the invited address, existing or new, act for the artist."""

        async def work(given: Mapping[str, str]) -> Response[bytes]:
            async with accounts.database.read() as session:
                invitation, artist = await invitations.look(session, given["token"])

            async def then(session: Session, person_id: UUID) -> None:
                await invitations.accept(session, given["token"], person_id, address_of(request), limits=catalog.limits)
                await catalog.on_first_artist(session, person_id)

            browser, language = cookies.browser(request), language_to_keep(request)
            wanted = await as_person(accounts, browser, given, then, language=language, new_for=invitation.email)
            if wanted is not None:
                return second_step(request, given, wanted)
            sentence = gettext("{email} may act for {artist} from now on.", email=given["email"], artist=artist.name)
            return done(request, gettext("You are one of them"), sentence)

        return await attempt(request, "invitation", work)

    @get("/claim")
    async def claim_page(request: DoorRequest) -> Response[bytes]:
        """A form for a buyer without an account, and their receipt."""
        return await claim_form(request, _whole(request))

    @post("/claim", status_code=200)
    async def claim(request: DoorRequest) -> Response[bytes]:
        """Puts the claimed order into the library of an existing or new account."""

        async def work(given: Mapping[str, str]) -> Response[bytes]:
            async with accounts.database.read() as session:
                waiting = await claims.look(session, given["token"])

            twice: list[Message] = []

            async def then(session: Session, person_id: UUID) -> None:
                claimed = await claims.claim(session, given["token"], person_id)
                twice.extend(gettext("“{title}”", title=line.title) for line in claimed.twice if line.gross_minor)

            browser, language = cookies.browser(request), language_to_keep(request)
            wanted = await as_person(accounts, browser, given, then, language=language, new_for=waiting.email)
            if wanted is not None:
                return second_step(request, given, wanted)
            sentence = gettext("What the link was for is in the library of {email} now.", email=given["email"])
            if twice:
                back = gettext(
                    "You had {titles} already: what you paid for it now goes back.", titles=joined(twice, ", ")
                )
                sentence = gettext("{given} {back}", given=sentence, back=back)
            return done(request, gettext("It is yours"), sentence)

        return await attempt(request, "claim", work)

    handlers = [
        confirm_page, confirm, forgot_page, forgot, reset_page, reset, admin_page, claim_admin,
        invitation_page, join, claim_page, claim,
    ]  # fmt: skip
    return [pages.router("/", handlers)]


def _whole(request: DoorRequest) -> str:
    """The token of a mailed link; raises Refused if it is empty."""
    token = _token(request)
    if not token:
        sentence = gettext("its end is missing: copy all of it, or open it where it came from")
        raise Refused(NOT_FOUND, sentence, title=gettext("This link is not whole"))
    return token


def _token(request: DoorRequest) -> str:
    return request.query_params.get("token", "")[:200]
