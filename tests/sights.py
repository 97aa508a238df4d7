"""Every page of the site in a demo, as a reader comes to it: by the links of the page before.

The demo's artists, releases and tracks are not named here: the first links to them are followed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.async_api import BrowserContext, Page

from veza.http.session_cookies import SESSION_COOKIE
from veza.lab.demo.opening import PASSWORD, address_of
from veza.web.declared import PAGE
from veza.web.door import PAGES

VISITOR, LISTENER, LABEL, MODERATOR, OPERATOR = "visitor", "listener", "label", "moderator", "operator"
DOORS = (LISTENER, LABEL, OPERATOR, MODERATOR)
"""As the page for signing in lists them."""
WAIT_MS = 120_000
"""For a page of a busy machine."""
WITHOUT_PLAYER = frozenset({"embed-release", "embed-compact", "embed-track"})
"""Sights that have a player of their own, and no bar."""
NO_PAGE = frozenset({"/live", "/operator/mailbox", "/sign-in/code"})
"""Declared as pages are: events instead of one, the way to one of other doors, and a step of signing in that no account
of the demo has."""


@dataclass(frozen=True)
class Sight:
    """A page: `at` is its address, and each of `then` a step on: a link (the beginning of its address) to follow, or
    what its first character says.

    `+`: what is put to the end of the address one is at. `=`: an address, in which `ID` is the last part of the one one
    is at. `!`: what is clicked. `@`: a field, and after `=` what is written into it. `~`: what is waited for. `-`: the
    session ends. `is_window`: the window is looked at, not the whole page.
    """

    name: str
    who: str
    at: str
    then: tuple[str, ...] = ()
    is_window: bool = False


_OF_STUDIO = ("/studio/",)
_RECORD, _SOUND = ("/studio/", "+/records", "/studio/releases/"), ("/studio/tracks/",)
_PLAYS = ("/releases/", "!main [data-play-track], main [data-play-release]")
_COMES_IN = "!main form:has([name=password]) button.main"
_LEFT = (
    "/releases/", "/tracks/", "@text=half a sentence", "-", "!main form:has([name=text]) button", "~[name=password]",
)  # fmt: skip
_OPENED = "!veza-player .deck [data-do=queue], veza-player .deck-open"
SIGHTS = (
    Sight("home", VISITOR, "/"),
    Sight("search", VISITOR, "/search?q=a"),
    Sight("search-empty", VISITOR, "/search?q=zzzz"),
    Sight("release", VISITOR, "/", ("/releases/",)),
    Sight("track", VISITOR, "/", ("/releases/", "/tracks/")),
    Sight("artist", VISITOR, "/", ("/releases/", "/artists/")),
    Sight("embed-release", VISITOR, "/", ("/releases/", "=/embed/releases/ID")),
    Sight("embed-compact", VISITOR, "/", ("/releases/", "=/embed/releases/ID?size=compact")),
    Sight("embed-track", VISITOR, "/", ("/releases/", "/tracks/", "=/embed/tracks/ID")),
    Sight("playing", VISITOR, "/", _PLAYS, is_window=True),
    Sight("queue", VISITOR, "/", (*_PLAYS, _OPENED), is_window=True),
    Sight("cart-empty", VISITOR, "/cart"),
    Sight("cart", VISITOR, "/", ("/releases/", "!form.buy [value=cart]")),
    Sight("cart-of-two", VISITOR, "/", ("!.sleeve:has-text('$') h2 a", "~form.buy", "!form.buy [value=cart]")),
    Sight("sign-in", VISITOR, "/sign-in"),
    Sight(
        "sign-in-refused",
        VISITOR,
        "/sign-in",
        (f"@email={address_of('nobody')}", "@password=not this one", _COMES_IN, "~main [role=alert]"),
    ),
    Sight("sign-up", VISITOR, "/sign-up"),
    Sight("forgot", VISITOR, "/forgot-password"),
    Sight("redeem", VISITOR, "/redeem"),
    Sight("about", VISITOR, "/about"),
    Sight("imprint", VISITOR, "/imprint"),
    Sight("terms", VISITOR, "/terms"),
    Sight("privacy", VISITOR, "/privacy"),
    Sight("preferences", VISITOR, "/preferences"),
    Sight("permissions", VISITOR, "/permissions"),
    *(Sight(f"design{one.replace('/', '-')}", VISITOR, f"/design{one}") for one in ("", "/music", "/money")),
    Sight("not-found", VISITOR, "/nonsense"),
    Sight("no-such-release", VISITOR, "/releases/01890000-0000-7000-8000-000000000000"),
    *(
        Sight(name, VISITOR, f"/{name}?token=x")
        for name in ("refund", "claim", "confirm-address", "reset-password", "admin-claim", "invitation")
    ),
    Sight("link-cut", VISITOR, "/claim"),
    Sight("stop-notices", VISITOR, "/stop-notices"),
    Sight("library", LISTENER, "/library"),
    Sight("library-release", LISTENER, "/library", ("/library/",)),
    Sight("playlists", LISTENER, "/playlists"),
    Sight("playlist", LISTENER, "/playlists", ("/playlists/",)),
    Sight("news", LISTENER, "/news"),
    Sight("following", LISTENER, "/following"),
    Sight("report", LISTENER, "/", ("/releases/", "/tracks/", "/report/track/")),
    Sight("reports", LISTENER, "/reports"),
    Sight("orders", LISTENER, "/orders"),
    Sight("order", LISTENER, "/orders", ("/orders/",)),
    Sight("checkout-done", LISTENER, "/orders", ("/orders/", "=/checkout/done?order=ID")),
    Sight("account", LISTENER, "/account"),
    Sight("password", LISTENER, "/account/password"),
    Sight("second-factor", LISTENER, "/account/second-factor"),
    Sight("sessions", LISTENER, "/account/sessions"),
    Sight("tokens", LISTENER, "/account/tokens"),
    Sight("mails", LISTENER, "/account/mails"),
    Sight("listenbrainz", LISTENER, "/account/listenbrainz"),
    Sight("data", LISTENER, "/account/data"),
    Sight(
        "order-unpaid",
        LISTENER,
        "/",
        (
            "!.sleeve:has-text('€') h2 a",
            "~form.buy",
            "!form.buy [value=cart]",
            "~[name=consent]",
            "!main [name=consent]",
            "!aside button.main",
            "~#card",
            "=/orders",
            "/orders/",
        ),
    ),
    Sight(
        "go-on",
        LISTENER,
        "/",
        (*_LEFT, f"@email={address_of('listener-1')}", f"@password={PASSWORD}", _COMES_IN, "~.typed"),
    ),
    Sight("session-over", LISTENER, "/", _LEFT),
    Sight("studio", LABEL, "/studio"),
    Sight("studio-overview", LABEL, "/studio", _OF_STUDIO),
    Sight("studio-records", LABEL, "/studio", ("/studio/", "+/records")),
    Sight("studio-release", LABEL, "/studio", _RECORD),
    Sight("studio-track", LABEL, "/studio", (*_RECORD, *_SOUND)),
    *(
        Sight(f"studio-{name}", LABEL, "/studio", ("/studio/", f"+/{name}"))
        for name in ("sales", "money", "onboarding", "plays", "codes", "people", "about")
    ),
    Sight(
        "codes-made",
        LABEL,
        "/studio",
        ("/studio/", "+/codes", "@count=1", "@note=a sight", "!main form:has([name=note]) button.main", "~main code"),
    ),
    Sight("operator", OPERATOR, "/operator"),
    Sight("payments", OPERATOR, "/operator/payments"),
    Sight("payment", OPERATOR, "/operator/payments", ("/operator/payments/",)),
    Sight("transfers", OPERATOR, "/operator/transfers"),
    Sight("transfer", OPERATOR, "/operator/transfers", ("/operator/transfers/",)),
    Sight("findings", OPERATOR, "/operator/findings"),
    Sight("inbox", OPERATOR, "/operator/inbox"),
    Sight("event", OPERATOR, "/operator/inbox", ("/operator/inbox/",)),
    Sight("processing", OPERATOR, "/operator/processing"),
    Sight("people", OPERATOR, "/operator/people"),
    Sight("person", OPERATOR, "/operator/people", ("/operator/people/",)),
    Sight("audit", OPERATOR, "/operator/audit"),
    Sight("site-texts", OPERATOR, "/operator/site"),
    Sight("token", VISITOR, "/operator/token"),
    Sight("mailbox", OPERATOR, "/operator/mailbox"),
    Sight("operator-reports", MODERATOR, "/operator/reports"),
    Sight("operator-report", MODERATOR, "/operator/reports", ("/operator/reports/",)),
)


async def reached(page: Page, sight: Sight) -> bool:
    """Whether there was a way to the page, which is open now."""
    await page.goto(sight.at)
    for step in sight.then:
        here = await page.evaluate("location.pathname")
        if step.startswith("+"):
            await page.goto(here + step[1:])
        elif step.startswith("="):
            await page.goto(step[1:].replace("ID", here.rpartition("/")[2]))
        elif step.startswith("!"):
            button = page.locator(step[1:]).locator("visible=true").first
            if not await button.count():
                return False
            await button.click()
            if sight.who == VISITOR:  # the news of a person's pages never end
                await page.wait_for_load_state("networkidle")
        elif step[0] in _DONE:
            await _DONE[step[0]](page, step[1:])
        else:
            links = await page.evaluate("[...document.links].map((one) => one.getAttribute('href'))")
            found = next((link for link in links if link.startswith(step) and link not in (step, here)), None)
            if found is None:
                return False
            await page.goto(found)
    return True


async def _write(page: Page, what: str) -> None:
    name, _, text = what.partition("=")
    await page.locator(f"main [name={name}]").locator("visible=true").first.fill(text)


async def _wait(page: Page, selector: str) -> None:
    await page.locator(selector).locator("visible=true").first.wait_for()


async def _end_session(page: Page, _: str) -> None:
    await page.context.clear_cookies(name=SESSION_COOKIE)


_DONE = {"@": _write, "~": _wait, "-": _end_session}


async def signed_in(context: BrowserContext, who: str) -> Page:
    """A page of a reader, who came in by one of the demo's doors."""
    page = await context.new_page()
    page.set_default_timeout(WAIT_MS)
    if who != VISITOR:
        await page.goto("/sign-in")
        await page.locator("main form:has(input[type=hidden][name=password]) button").nth(DOORS.index(who)).click()
        await page.wait_for_url(lambda url: "/sign-in" not in url)
    return page


def not_seen(paths: set[str]) -> list[str]:
    """The addresses of declared pages that none of these paths has."""
    declared = {path for one in PAGES if PAGE in one.opt for path in one.paths} - NO_PAGE
    patterns = {one: re.compile(re.sub(r"\{[^}]*\}", "[^/]+", one)) for one in declared}
    return sorted(one for one, pattern in patterns.items() if not any(map(pattern.fullmatch, paths)))
