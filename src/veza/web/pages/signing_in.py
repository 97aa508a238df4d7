"""Signing in and out, and what a browser keeps of its reader's taste: theme and language."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from litestar import Response
from litestar.di import NamedDependency

from veza.accounts import audit, people, sessions, sign_in
from veza.accounts.audit import Act
from veza.accounts.facade import Accounts
from veza.accounts.identity import Identity, actor_of
from veza.accounts.permissions import Permission, Role
from veza.accounts.second_factor import CodeNeeded
from veza.accounts.sign_in import Begun, ChallengeOver, Checked
from veza.http.language import told
from veza.http.limits import address_of
from veza.http.preferences import chosen_language, has_record_colours, preference_cookies, theme_of
from veza.http.requests import DoorRequest
from veza.http.session_cookies import Cookies
from veza.kit.database import Session
from veza.kit.messages import CATALOGUES, gettext
from veza.web.answers import Form, See, Shown
from veza.web.declared import form, page
from veza.web.interrupted import FIELD, unpacked
from veza.web.own_addresses import own_address
from veza.web.site import Site
from veza.web.visits import reader_of

_CODE = "/sign-in/code"
OWN_NAMES = {"en": "English", "fr": "Français"}
"""Each language by its own name."""


@page("/sign-in", permission=Permission.SIGN_IN)
def sign_in_page(request: DoorRequest, identity: Identity, form: Form) -> Shown | See:
    """The form; a reader who is signed in already goes on."""
    wanted = own_address(form.value("next", request.query_params.get("next", "/")))
    if identity.person_id is not None:
        return See(wanted)
    return Shown("sign_in.html", next=wanted, interrupted=unpacked(form.value(FIELD)))


@form("/sign-in", permission=Permission.SIGN_IN, shows=sign_in_page)
async def enter(
    request: DoorRequest, form: Form, accounts: NamedDependency[Accounts], cookie_jar: NamedDependency[Cookies],
    site: NamedDependency[Site],
) -> Response[bytes] | Shown:  # fmt: skip
    """With the right password a session begins, or where there is a second factor its code is asked for."""
    email, browser = people.clean_email(form.value("email")), cookie_jar.browser(request)
    try:
        async with sign_in.checked(accounts, email, form.value("password"), None, browser) as checked:
            entered = await _entered(request, accounts, cookie_jar, checked)
    except CodeNeeded:
        return _asks_for_code(form, await sign_in.challenge(accounts, checked))
    return _goes_on(request, form, site, cookie_jar, entered)


@page(_CODE, permission=Permission.SIGN_IN)
def code_page(form: Form) -> Shown | See:
    """The second step, once more after a wrong code; it begins with the first one."""
    challenge = form.value("challenge")
    return _asks_for_code(form, challenge) if challenge else See("/sign-in")


@form(_CODE, permission=Permission.SIGN_IN, shows=code_page)
async def answer_challenge(
    request: DoorRequest, form: Form, accounts: NamedDependency[Accounts], cookie_jar: NamedDependency[Cookies],
    site: NamedDependency[Site],
) -> Response[bytes] | Shown:  # fmt: skip
    """With a right code, of the app or for recovery, the session begins."""
    browser = cookie_jar.browser(request)
    try:
        async with sign_in.answered(accounts, form.value("challenge"), form.value("code").strip(), browser) as checked:
            entered = await _entered(request, accounts, cookie_jar, checked)
    except ChallengeOver as over:
        again = Form({"next": form.value("next")}, told(request, over))
        return Shown(
            "sign_in.html", status=422, next=own_address(form.value("next", "/")),
            interrupted=unpacked(form.value(FIELD)), form=again,
        )  # fmt: skip
    return _goes_on(request, form, site, cookie_jar, entered)


def _asks_for_code(form: Form, challenge: str) -> Shown:
    return Shown(
        "sign_in_code.html", challenge=challenge, next=own_address(form.value("next", "/")),
        interrupted=unpacked(form.value(FIELD)),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Entered:
    """A person who has signed in, and the secrets of their browser."""

    person_id: UUID
    name: str
    begun: Begun


async def _entered(request: DoorRequest, accounts: Accounts, cookie_jar: Cookies, checked: Checked) -> _Entered:
    browser, before = cookie_jar.browser(request), cookie_jar.session(request)
    async with accounts.database.write("sign-in page") as session:
        begun = await sign_in.begin(session, accounts, checked, browser, instead_of=before)
        person = await people.find(session, checked.person_id)
        return _Entered(person.id, person.name, begun)


def _goes_on(request: DoorRequest, form: Form, site: Site, cookie_jar: Cookies, entered: _Entered) -> Response[bytes]:
    """On to where the reader was going, or to the form that signing in interrupted."""
    left = unpacked(form.value(FIELD))
    if left is None:
        answer = site.redirect(request, See(own_address(form.value("next", "/"))))
    else:
        who = Identity(entered.person_id, frozenset({Role.LISTENER}), actor_of(entered.person_id))
        reader = replace(reader_of(request), identity=who, name=entered.name)
        answer = site.answer(request, Shown("go_on.html", left=left), reader)
    cookie_jar.signed_in(request, answer, entered.begun)
    return answer


@form("/sign-out", permission=Permission.SIGN_IN, shows=sign_in_page)
async def leave(
    request: DoorRequest, identity: Identity, accounts: NamedDependency[Accounts], cookie_jar: NamedDependency[Cookies],
    site: NamedDependency[Site],
) -> Response[bytes]:  # fmt: skip
    """The session ends, and this browser forgets it."""
    secret = cookie_jar.session(request)
    if secret is not None and identity.session_id is not None:
        async with accounts.database.write(identity.actor) as session:
            await sessions.end_secret(session, secret)
            audit.note(session, Act.SIGNED_OUT, identity.person, address=address_of(request))
    answer = site.redirect(request, See("/", gettext("You are signed out.")))
    for cookie in cookie_jar.signed_out(request).cookies:
        answer.set_cookie(cookie)
    return answer


@page("/preferences", permission=Permission.BROWSE)
async def preferences_page(session: Session, request: DoorRequest, identity: Identity) -> Shown:
    """Theme, language and colours of this browser, and the time zone of an account."""
    person = await people.find(session, identity.person_id) if identity.person_id is not None else None
    languages = [(tag, OWN_NAMES[tag]) for tag in CATALOGUES if tag in OWN_NAMES]
    return Shown(
        "preferences.html",
        theme=theme_of(request) or "",
        language=chosen_language(request) or "",
        languages=languages,
        record_colours=has_record_colours(request),
        zones=[(one, one.replace("_", " ")) for one in people.time_zones()],
        zone=person.time_zone if person is not None else None,
    )


@form("/preferences", permission=Permission.BROWSE, shows=preferences_page)
def choose(request: DoorRequest, form: Form, site: NamedDependency[Site]) -> See:
    """Keep them in cookies, which the server reads."""
    theme, language = form.value("theme"), form.value("language")
    kept = preference_cookies(
        request,
        site.base_url,
        theme=theme if theme in ("light", "dark") else "",
        language=language if language in CATALOGUES else "",
        record_colours=form.value("colours") != "off",
    )
    return See("/preferences", gettext("It is kept in this browser."), kept)


@form("/preferences/time-zone", permission=Permission.CREDENTIALS, shows=preferences_page)
async def choose_time_zone(session: Session, identity: Identity, form: Form) -> See:
    """Keep the zone with the account: it holds in every browser."""
    await people.choose_time_zone(session, identity.person, form.value("zone"))
    return See("/preferences", gettext("Times are shown in it from now on."))
