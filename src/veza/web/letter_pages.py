"""Where the links of mails lead: confirming an address, setting a new password, becoming the first admin.

Opening a page changes nothing (mail programs open links to look at them); its one button does. The forms carry the
link's own secret and no cookie, so another site has nothing to send.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.types import ControllerRouterHandler

from veza.accounts import credentials, first_admin, people, second_factor, sign_in, sign_up
from veza.accounts.links import BadLink
from veza.accounts.passwords import BadPassword, TooBusy
from veza.accounts.people import BadEmail, BadName, EmailTaken, UnknownPerson
from veza.accounts.room import Accounts
from veza.accounts.second_factor import CodeNeeded, WrongCode
from veza.accounts.sign_in import Browser, WrongCredentials
from veza.accounts.throttle import Throttled
from veza.kit.database import DatabaseUnavailable
from veza.web.pages import Pages, Refused

PageRequest = Request[Any, Any, Any]
Work = Callable[[dict[str, str]], Awaitable[Response[bytes]]]

MAY_MEND = (BadPassword, BadEmail, BadName, WrongCredentials, CodeNeeded, WrongCode)
"""What somebody can put right in the same form."""


def letter_routes(accounts: Accounts) -> list[ControllerRouterHandler]:
    """/confirm-address, /reset-password and /admin-claim, each with the link's secret as `token`."""
    pages = Pages(accounts.database.clock)

    def form(
        request: PageRequest, name: str, token: str, *, status: int = 200, error: str = "", email: str = ""
    ) -> Response[bytes]:
        return pages.show(request, f"plain/{name}.html", status=status, token=token, error=error, email=email)

    def done(request: PageRequest, title: str, sentence: str) -> Response[bytes]:
        return pages.show(request, "plain/done.html", title=title, sentence=sentence)

    async def attempt(request: PageRequest, name: str, work: Work) -> Response[bytes]:
        given = {key: value for key, value in (await request.form()).items() if isinstance(value, str)}
        token, email = given.get("token", "")[:200], given.get("email", "")[:300]
        try:
            return await work({**given, "token": token, "email": email})
        except MAY_MEND as error:
            return form(request, name, token, status=422, error=str(error), email=email)
        except (Throttled, TooBusy) as error:
            return form(request, name, token, status=429, error=str(error), email=email)
        except DatabaseUnavailable as error:
            return form(request, name, token, status=503, error=str(error), email=email)
        except (BadLink, EmailTaken, UnknownPerson) as error:
            raise Refused(410, "This link is used up", f"{_sentence(error)} Ask for another one.") from None

    @get("/confirm-address")
    async def confirm_page(request: PageRequest) -> Response[bytes]:
        """A button that confirms."""
        return form(request, "confirm", _token(request))

    @post("/confirm-address", status_code=200)
    async def confirm(request: PageRequest) -> Response[bytes]:
        """The address is theirs."""

        async def work(given: dict[str, str]) -> Response[bytes]:
            async with accounts.database.write("link") as session:
                person = await sign_up.confirm(session, given["token"], _address(request))
            return done(request, "Your address is confirmed", f"{person.email} is the address of your account.")

        return await attempt(request, "confirm", work)

    @get("/reset-password")
    async def reset_page(request: PageRequest) -> Response[bytes]:
        """A form for the new password."""
        return form(request, "reset", _token(request))

    @post("/reset-password", status_code=200)
    async def reset(request: PageRequest) -> Response[bytes]:
        """The new password is set, and every session has ended."""

        async def work(given: dict[str, str]) -> Response[bytes]:
            hashed = await credentials.prepare_reset(accounts, given["token"], given.get("password", ""))
            async with accounts.database.write("link") as session:
                await credentials.reset(session, accounts, given["token"], hashed, _address(request))
            return done(request, "Your password is set", "Sign in with it; every other sign-in has ended.")

        return await attempt(request, "reset", work)

    @get("/admin-claim")
    async def admin_page(request: PageRequest) -> Response[bytes]:
        """A form for who shall be admin."""
        return form(request, "admin", _token(request))

    @post("/admin-claim", status_code=200)
    async def claim_admin(request: PageRequest) -> Response[bytes]:
        """The first admin: an account that is there, or one that is made now."""

        async def work(given: dict[str, str]) -> Response[bytes]:
            await _become_admin(accounts, given, request)
            sentence = f"{given['email']} may give roles now. The mailbox has a mail to confirm a new address."
            return done(request, "You are the first admin", sentence)

        return await attempt(request, "admin", work)

    def refused(request: PageRequest, error: Refused) -> Response[bytes]:
        title, sentence = error.title, error.sentence
        return pages.show(request, "plain/refused.html", status=error.status, title=title, sentence=sentence)

    handlers = [confirm_page, confirm, reset_page, reset, admin_page, claim_admin]
    return [Router("/", route_handlers=handlers, include_in_schema=False, exception_handlers={Refused: refused})]


async def _become_admin(accounts: Accounts, given: dict[str, str], request: PageRequest) -> None:
    """Sign in, or up where there is no such account, and claim; raises what those raise."""
    address, secret, password = _address(request), given["token"], given.get("password", "")
    # Before anything else: without a link that is good nobody learns here whether there is such an account.
    async with accounts.database.read() as session:
        await first_admin.look(session, secret)
    browser = Browser(address, request.headers.get("user-agent", "")[:200], None)
    code = given.get("code", "").strip() or None
    try:
        checked = await sign_in.check(accounts, given["email"], password, browser, with_code=code is not None)
    except WrongCredentials:
        email = people.clean_email(given["email"])
        async with accounts.database.read() as session:
            if await people.by_email(session, email) is not None:
                raise
        wanted = await sign_up.prepare(accounts, email, given.get("name", ""), password, address)
        async with accounts.database.write("first start") as session:
            await sign_up.finish(session, accounts, wanted)
            person = await people.by_email(session, email)
            if person is None:
                raise UnknownPerson(email) from None
            await first_admin.claim(session, person.id, secret, address)
        return
    async with accounts.database.write("first start") as session:
        await second_factor.demand(session, checked.person_id, code)
        await first_admin.claim(session, checked.person_id, secret, address)


def _token(request: PageRequest) -> str:
    return request.query_params.get("token", "")[:200]


def _address(request: PageRequest) -> str:
    return request.client.host if request.client else "unknown"


def _sentence(error: Exception) -> str:
    said = str(error)
    return f"{said[:1].upper()}{said[1:]}."
