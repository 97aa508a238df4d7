"""Errors of accounts: which kind of problem each is, with a lasting `type`."""

from __future__ import annotations

from veza.accounts.identity import PermissionMissing, SecondFactorNeeded, SignInNeeded
from veza.accounts.links import BadLink
from veza.accounts.password_strength import BadPassword
from veza.accounts.passwords import TooBusy
from veza.accounts.people import BadEmail, BadName, EmailTaken, NotConfirmed, UnknownPerson
from veza.accounts.reauthentication import ProofNeeded, WrongPassword
from veza.accounts.roles import LastAdmin, NotGiven
from veza.accounts.second_factor import AlreadyOn, CodeNeeded, NotOn, WrongCode
from veza.accounts.sessions import UnknownSession
from veza.accounts.sign_in import AccountSuspended, WrongCredentials
from veza.accounts.site_texts import UnknownSiteText
from veza.accounts.suspension import AlreadySuspended, NotSuspended
from veza.accounts.tokens import TooManyTokens, UnknownToken
from veza.http.problems import CONFLICT, FORBIDDEN, NOT_FOUND, SECOND_FACTOR_NEEDED, UNAUTHORIZED, UNAVAILABLE, Kind
from veza.kit.messages import gettext

BAD_EMAIL = Kind(
    "bad-email",
    422,
    gettext("This is no e-mail address"),
    "`detail` says why; the part before the @ holds ASCII letters only.",
    "this is no e-mail address of at most 254 characters, such as anna@example.org: an email address cannot have two "
    "periods in a row",
)
BAD_NAME = Kind(
    "bad-name",
    422,
    gettext("This is no name"),
    "`detail` says why; any script and emoji will do, characters that cannot be shown will not.",
    "the name may have at most 100 characters, this one has 120",
)
BAD_PASSWORD = Kind(
    "bad-password",
    422,
    gettext("The password is not good enough"),
    "`detail` says why; choose another one.",
    "this password is too easy to guess (this is a very common password): take more words, or less usual ones",
)
WRONG_CREDENTIALS = Kind(
    "wrong-credentials",
    401,
    gettext("Address and password do not belong together"),
    "Try again, or set a new password by mail. Whether there is such an account is not said.",
    "address and password do not belong together",
)
WRONG_PASSWORD = Kind(
    "wrong-password",
    422,
    gettext("This is not your password"),
    "The current password is asked for again before something that matters.",
    "this is not your password",
)
CODE_NEEDED = Kind(
    "code-needed",
    401,
    gettext("A second factor is needed"),
    "The password is right: send the same again with `code`, from the authenticator app or a recovery code.",
    "a code of your authenticator app, or a recovery code, is needed as well",
)
WRONG_CODE = Kind(
    "wrong-code",
    422,
    gettext("The code does not fit"),
    "Each code works once, for about a minute: take the next one.",
    "this code is wrong or was used already: wait for the next one",
)
SECOND_FACTOR_ON = Kind(
    "second-factor-on",
    409,
    gettext("The second factor is on already"),
    "Turn it off before setting up another app.",
    "the second factor is on already: turn it off before setting up another app",
)
NO_SECOND_FACTOR = Kind(
    "no-second-factor",
    409,
    gettext("There is no second factor"),
    "Set one up first.",
    "there is no second factor: set one up first",
)
BAD_LINK = Kind(
    "bad-link",
    422,
    gettext("The link is not good any more"),
    "It works once and for a while, and only the newest one does: ask for a new one.",
    "this link was used already, is too old, or was replaced by a newer one: ask for a new one",
)
EMAIL_TAKEN = Kind(
    "email-taken",
    409,
    gettext("The address belongs to another account"),
    "Use another address, or sign in to that account.",
    "this address belongs to another account by now",
)
NOT_CONFIRMED = Kind(
    "address-not-confirmed",
    403,
    gettext("Confirm your address first"),
    "Open the link in the mail that was sent at sign-up, or ask for another one.",
    "confirm your e-mail address first: the link is in the mail you were sent",
)
LAST_ADMIN = Kind(
    "last-admin",
    409,
    gettext("This is the last admin"),
    "Make another person admin first.",
    "this is the last admin: make another person admin first",
)
TOO_MANY_TOKENS = Kind(
    "too-many-tokens",
    409,
    gettext("You have as many tokens as one may have"),
    "Revoke one first.",
    "you have 50 tokens, which is the most: revoke one first",
)
ROLE_NOT_GIVEN = Kind(
    "role-not-given",
    422,
    gettext("This role is neither given nor taken"),
    "Every signed-in person is a listener; the other roles are given by admins.",
    "the role listener is neither given nor taken, only artist, moderator, admin are",
)
CROSS_SITE = Kind(
    "cross-site-request",
    403,
    gettext("The request came from another site"),
    "Writes with a session cookie are taken from our own pages only; a program uses an API token.",
    "this write came from a page of another site, and nothing was changed",
)

ACCOUNT_SUSPENDED = Kind(
    "account-suspended",
    403,
    gettext("The account is suspended"),
    "Neither password nor token opens it until one of the site's people lifts that; `detail` says whom to write to.",
    "this account is suspended: write to the people who run this site",
)

PROOF_NEEDED = Kind(
    "proof-needed",
    422,
    gettext("Show once more that it is you"),
    "Get a proof from `POST /api/v1/me/proofs` with your password, and send it in the header `X-Veza-Proof`.",
    "show once more that it is you: this takes a fresh proof, which is good once and for five minutes",
)

KINDS: tuple[Kind, ...] = (
    BAD_EMAIL, BAD_NAME, BAD_PASSWORD, WRONG_CREDENTIALS, WRONG_PASSWORD, CODE_NEEDED, WRONG_CODE,
    SECOND_FACTOR_ON, NO_SECOND_FACTOR, BAD_LINK, EMAIL_TAKEN, NOT_CONFIRMED, LAST_ADMIN, TOO_MANY_TOKENS,
    ROLE_NOT_GIVEN, CROSS_SITE, PROOF_NEEDED, ACCOUNT_SUSPENDED,
)  # fmt: skip
"""The kinds of problem only this file has."""

ERRORS: dict[type[Exception], Kind] = {
    AccountSuspended: ACCOUNT_SUSPENDED,
    AlreadyOn: SECOND_FACTOR_ON,
    AlreadySuspended: CONFLICT,
    BadEmail: BAD_EMAIL,
    BadLink: BAD_LINK,
    BadName: BAD_NAME,
    BadPassword: BAD_PASSWORD,
    CodeNeeded: CODE_NEEDED,
    EmailTaken: EMAIL_TAKEN,
    LastAdmin: LAST_ADMIN,
    NotConfirmed: NOT_CONFIRMED,
    NotGiven: ROLE_NOT_GIVEN,
    NotOn: NO_SECOND_FACTOR,
    NotSuspended: CONFLICT,
    PermissionMissing: FORBIDDEN,
    ProofNeeded: PROOF_NEEDED,
    SecondFactorNeeded: SECOND_FACTOR_NEEDED,
    SignInNeeded: UNAUTHORIZED,
    TooBusy: UNAVAILABLE,
    TooManyTokens: TOO_MANY_TOKENS,
    UnknownPerson: NOT_FOUND,
    UnknownSiteText: NOT_FOUND,
    UnknownSession: NOT_FOUND,
    UnknownToken: NOT_FOUND,
    WrongCode: WRONG_CODE,
    WrongCredentials: WRONG_CREDENTIALS,
    WrongPassword: WRONG_PASSWORD,
}
"""Error → kind."""
