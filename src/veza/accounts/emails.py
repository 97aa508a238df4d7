"""The mails about accounts: what they say, and where their links lead.

Each mail is about one person and is deleted with the person's account, whichever address it went to.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from veza.kit import mail
from veza.kit.database import Session

PAGES = {"confirm": "/confirm-address", "reset": "/reset-password", "admin": "/admin-claim"}
"""The page that takes a link's secret, as the query parameter `token`."""
FORGOTTEN_PAGE = "/forgot-password"
"""The page that mails such a link. Mails name it if their recipient may not be the person who asked for the link."""

_FAREWELL = "\n\nVeza, {base_url}\n"


def page_address(base_url: str, page: str, secret: str) -> str:
    """The address a one-time link leads to."""
    return f"{base_url}{PAGES[page]}?token={secret}"


def welcome(session: Session, base_url: str, person_id: UUID, to: str, secret: str) -> None:
    _send(
        session,
        base_url,
        person_id,
        to,
        "Confirm your address",
        "Welcome to Veza. Open this link to confirm that this address is yours; it works once, for three days:\n\n"
        f"{page_address(base_url, 'confirm', secret)}\n\n"
        "If it was not you who signed up, ignore this mail.",
    )


def exists_already(session: Session, base_url: str, person_id: UUID, to: str, reset_secret: str) -> None:
    """To the owner of an account, when its address was used to sign up again or to change another account to."""
    _send(
        session,
        base_url,
        person_id,
        to,
        "You have an account already",
        "Somebody, probably you, wanted to use this address for an account, but you have one already: sign in to it.\n"
        "If you forgot the password, set a new one here; the link works once, for one hour:\n\n"
        f"{page_address(base_url, 'reset', reset_secret)}\n\n"
        "If it was not you, there is nothing to do: nothing was changed.",
    )


def reset(session: Session, base_url: str, person_id: UUID, to: str, secret: str) -> None:
    _send(
        session,
        base_url,
        person_id,
        to,
        "Set a new password",
        "Open this link to set a new password; it works once, for one hour:\n\n"
        f"{page_address(base_url, 'reset', secret)}\n\n"
        "If it was not you who asked for it, ignore this mail: your password stays as it is.",
    )


def password_changed(session: Session, base_url: str, person_id: UUID, to: str, *, tokens_revoked: int) -> None:
    tokens = {0: "", 1: ", and an API token was revoked"}.get(
        tokens_revoked, f", and {tokens_revoked} API tokens were revoked"
    )
    _send(
        session,
        base_url,
        person_id,
        to,
        "Your password was changed",
        f"The password of your account was changed, every other sign-in was ended{tokens}.\n"
        f"If it was not you, set a new one at once: {base_url}{FORGOTTEN_PAGE}",
    )


def change_asked(session: Session, base_url: str, person_id: UUID, to_new: str, secret: str) -> None:
    _send(
        session,
        base_url,
        person_id,
        to_new,
        "Confirm your new address",
        "Open this link to make this the address of your account; it works once, for one day:\n\n"
        f"{page_address(base_url, 'confirm', secret)}\n\n"
        "If you have no account here, ignore this mail.",
    )


def notice_of_change(session: Session, base_url: str, person_id: UUID, to_old: str) -> None:
    _send(
        session,
        base_url,
        person_id,
        to_old,
        "Your address is to be changed",
        "Somebody, signed in as you, wants to give your account another address than this one.\n"
        f"If it was not you, set a new password, which stops it: {base_url}{FORGOTTEN_PAGE}",
    )


def second_factor_changed(session: Session, base_url: str, person_id: UUID, to: str, *, is_on: bool) -> None:
    state = "on" if is_on else "off"
    _send(
        session,
        base_url,
        person_id,
        to,
        f"The second factor was turned {state}",
        f"Signing in to your account now takes {'a code as well' if is_on else 'your password only'}.\n"
        f"If it was not you, set a new password at once: {base_url}{FORGOTTEN_PAGE}",
    )


def new_device(
    session: Session, base_url: str, person_id: UUID, to: str, *, at: datetime, address: str, agent: str
) -> None:
    _send(
        session,
        base_url,
        person_id,
        to,
        "Your account was signed in to from a new device",
        f"At {at:%Y-%m-%d %H:%M} UTC a device that was not known before signed in to your account:\n\n"
        f"  address  {address}\n  program  {agent or 'unknown'}\n\n"
        "If it was you, there is nothing to do.\n"
        f"If it was not you, set a new password at once, which ends every sign-in: {base_url}{FORGOTTEN_PAGE}",
    )


def token_made(
    session: Session, base_url: str, person_id: UUID, to: str, *, name: str, scopes: str, ends_at: datetime | None
) -> None:
    ends = f"It ends on {ends_at:%Y-%m-%d}." if ends_at is not None else "It works until it is revoked."
    _send(
        session,
        base_url,
        person_id,
        to,
        "An API token was made for your account",
        f"A new API token, “{name}”, may now use your account ({scopes}). {ends}\n"
        f"If it was not you, set a new password at once, which revokes every token: {base_url}{FORGOTTEN_PAGE}",
    )


def code_reused(session: Session, base_url: str, person_id: UUID, to: str, *, at: datetime, address: str) -> None:
    _send(
        session,
        base_url,
        person_id,
        to,
        "A code of your second factor was used twice",
        f"At {at:%Y-%m-%d %H:%M} UTC a code that was used before was given again, from {address}, and was refused.\n"
        "If you sent a form twice, there is nothing to do. If not, somebody may have read your code and knows your\n"
        f"password: set a new one at once: {base_url}{FORGOTTEN_PAGE}",
    )


def deleted(session: Session, base_url: str, person_id: UUID, to: str) -> None:
    _send(
        session,
        base_url,
        person_id,
        to,
        "Your account was deleted",
        "Your account and what was personal in it are gone. Records of payments are kept, as the law demands.",
    )


def _send(session: Session, base_url: str, person_id: UUID, to: str, subject: str, text: str) -> None:
    mail.send(session, to, subject, text + _FAREWELL.format(base_url=base_url), about=person_id)
