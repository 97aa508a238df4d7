"""The mails about accounts: what they say, and where their links lead.

Each mail is about one person and is deleted with the person's account, whichever address it went to.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from veza.kit import mail
from veza.kit.database import Session
from veza.kit.messages import Message, gettext, ngettext

PAGES = {"confirm": "/confirm-address", "reset": "/reset-password", "admin": "/admin-claim"}
"""The page that takes a link's secret, as the query parameter `token`."""
FORGOTTEN_PAGE = "/forgot-password"
"""The page that mails such a link. Mails name it if their recipient may not be the person who asked for the link."""


@dataclass(frozen=True, slots=True)
class Addressee:
    """The person a mail is about, the address it goes to, the person's language (None: English) and time zone (None:
    UTC)."""

    person_id: UUID
    address: str
    language: str | None
    time_zone: str | None = None


def page_address(base_url: str, page: str, secret: str) -> str:
    """The address a one-time link leads to."""
    return f"{base_url}{PAGES[page]}?token={secret}"


def welcome(session: Session, base_url: str, to: Addressee, secret: str) -> None:
    _send(
        session,
        base_url,
        to,
        gettext("Confirm your address"),
        gettext(
            "Welcome to Veza. Open this link to confirm that this address is yours; it works once, for three days:\n\n"
            "{link}\n\n"
            "If it was not you who signed up, ignore this mail.",
            link=page_address(base_url, "confirm", secret),
        ),
    )


def exists_already(session: Session, base_url: str, to: Addressee, reset_secret: str) -> None:
    """To the owner of an account, when its address was used to sign up again or to change another account to."""
    _send(
        session,
        base_url,
        to,
        gettext("You have an account already"),
        gettext(
            "A visitor, probably you, wanted to use this address for an account, but you have one already: sign in to "
            "it.\n"
            "If you forgot the password, set a new one here; the link works once, for one hour:\n\n"
            "{link}\n\n"
            "If it was not you, there is nothing to do: nothing was changed.",
            link=page_address(base_url, "reset", reset_secret),
        ),
    )


def reset(session: Session, base_url: str, to: Addressee, secret: str) -> None:
    _send(
        session,
        base_url,
        to,
        gettext("Set a new password"),
        gettext(
            "Open this link to set a new password; it works once, for one hour:\n\n"
            "{link}\n\n"
            "If it was not you who asked for it, ignore this mail: your password stays as it is.",
            link=page_address(base_url, "reset", secret),
        ),
    )


def password_changed(session: Session, base_url: str, to: Addressee, *, tokens_revoked: int) -> None:
    if tokens_revoked:
        ended = ngettext(
            "The password of your account was changed, every other sign-in was ended, and an API token was revoked.",
            "The password of your account was changed, every other sign-in was ended, and {n} API tokens were revoked.",
            tokens_revoked,
        )
    else:
        ended = gettext("The password of your account was changed, every other sign-in was ended.")
    _send(
        session,
        base_url,
        to,
        gettext("Your password was changed"),
        gettext(
            "{ended}\nIf it was not you, set a new one at once: {link}", ended=ended, link=f"{base_url}{FORGOTTEN_PAGE}"
        ),
    )


def change_asked(session: Session, base_url: str, to_new: Addressee, secret: str) -> None:
    _send(
        session,
        base_url,
        to_new,
        gettext("Confirm your new address"),
        gettext(
            "Open this link to make this the address of your account; it works once, for one day:\n\n"
            "{link}\n\n"
            "If you have no account here, ignore this mail.",
            link=page_address(base_url, "confirm", secret),
        ),
    )


def notice_of_change(session: Session, base_url: str, to_old: Addressee) -> None:
    _send(
        session,
        base_url,
        to_old,
        gettext("Your address is to be changed"),
        gettext(
            "A browser that is signed in as you wants to give your account another address than this one.\n"
            "If it was not you, set a new password, which stops it: {link}",
            link=f"{base_url}{FORGOTTEN_PAGE}",
        ),
    )


def second_factor_changed(session: Session, base_url: str, to: Addressee, *, is_on: bool) -> None:
    if is_on:
        subject = gettext("The second factor was turned on")
        changed = gettext("Signing in to your account now takes a code as well.")
    else:
        subject = gettext("The second factor was turned off")
        changed = gettext("Signing in to your account now takes your password only.")
    _send(
        session,
        base_url,
        to,
        subject,
        gettext(
            "{changed}\nIf it was not you, set a new password at once: {link}",
            changed=changed,
            link=f"{base_url}{FORGOTTEN_PAGE}",
        ),
    )


def new_device(session: Session, base_url: str, to: Addressee, *, at: datetime, address: str, agent: str) -> None:
    _send(
        session,
        base_url,
        to,
        gettext("Your account was signed in to from a new device"),
        gettext(
            "At {at} a device that was not known before signed in to your account:\n\n"
            "  address  {address}\n  program  {program}\n\n"
            "If it was you, there is nothing to do.\n"
            "If it was not you, set a new password at once, which ends every sign-in: {link}",
            at=at,
            address=address,
            program=agent or gettext("unknown"),
            link=f"{base_url}{FORGOTTEN_PAGE}",
        ),
    )


def token_made(
    session: Session, base_url: str, to: Addressee, *, name: str, scopes: str, ends_at: datetime | None
) -> None:
    if ends_at is not None:
        ends = gettext("It ends on {ends_at:day}.", ends_at=ends_at)
    else:
        ends = gettext("It works until it is revoked.")
    _send(
        session,
        base_url,
        to,
        gettext("An API token was made for your account"),
        gettext(
            "A new API token, “{name}”, may now use your account ({scopes}). {ends}\n"
            "If it was not you, set a new password at once, which revokes every token: {link}",
            name=name,
            scopes=scopes,
            ends=ends,
            link=f"{base_url}{FORGOTTEN_PAGE}",
        ),
    )


def code_reused(session: Session, base_url: str, to: Addressee, *, at: datetime, address: str) -> None:
    _send(
        session,
        base_url,
        to,
        gettext("A code of your second factor was used twice"),
        gettext(
            "At {at} a code that was used before was given again, from {address}, and was refused.\n"
            "If you sent a form twice, there is nothing to do. If not, a thief may have read your code and knows your"
            "\npassword: set a new one at once: {link}",
            at=at,
            address=address,
            link=f"{base_url}{FORGOTTEN_PAGE}",
        ),
    )


def deleted(session: Session, base_url: str, to: Addressee) -> None:
    _send(
        session,
        base_url,
        to,
        gettext("Your account was deleted"),
        gettext("Your account and what was personal in it are gone. Records of payments are kept, as the law demands."),
    )


def _send(session: Session, base_url: str, to: Addressee, subject: Message, text: Message) -> None:
    signed = gettext("{text}\n\nVeza, {base_url}\n", text=text, base_url=base_url)
    mail.send(session, to.address, subject, signed, about=to.person_id, language=to.language, time_zone=to.time_zone)
