"""The pages in a real browser: what an operator does, what moves by itself, what works without scripts."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests import factories
from tests.judging import axe_source, faults
from tests.money.acts import REVERSING, transfer
from tests.web.conftest import SIGNED_IN, Desk
from veza.accounts import passwords
from veza.accounts.permissions import Role
from veza.http.serving import listen, serving
from veza.money import backlog, operator
from veza.money.webhook_inbox import WebhookEvent

TOUCH = 44
STREAM, OVER = re.compile(r"/live(\?|$)"), "event: end\ndata: \n\n"
"""The stream of news of a person's pages, which no test of these asks for."""
PASSWORD = "a horse that eats batteries"
expect.set_options(timeout=20_000)  # a page looks for news every 2 s, and the machine may be busy


@asynccontextmanager
async def opened(guest: Desk, chromium: Browser, **how: Any) -> AsyncIterator[Page]:
    """A window on the overview, with an operator signed in; anything its console complains about fails the test."""
    complaints: list[str] = []
    async with serving(guest.asgi, listen("127.0.0.1", 0)) as url:
        context = await chromium.new_context(base_url=url, **{"extra_http_headers": SIGNED_IN, **how})
        await context.route(STREAM, lambda route: route.fulfill(content_type="text/event-stream", body=OVER))
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        await page.goto("/operator")
        yield page
        await context.close()
    assert [one for one in complaints if "the server responded with a status of 4" not in one] == []


async def is_accessible(page: Page) -> None:
    """Axe finds nothing on the page."""
    assert await faults(page, await asyncio.to_thread(axe_source)) == [], page.url


async def an_operator(guest: Desk, email: str) -> None:
    """A person with the role, and a password."""
    database = guest.stage.database
    hashed = await factories.accounts(database, guest.stage.clock).passwords.hash(PASSWORD, "test")
    person = await factories.person(database, "Olga", email=email, roles=(Role.ADMIN,))
    async with database.write("test") as session:
        await passwords.replace(session, person, hashed)


async def test_an_operator_signs_in_finds_a_stuck_reversal_reads_its_payments_flow_and_retries_with_a_reason(
    guest: Desk, chromium: Browser
) -> None:
    row = await guest.given_up(amount_minor=1000)
    await backlog.sample(guest.stage.database)
    await an_operator(guest, "olga@example.org")
    async with opened(guest, chromium, extra_http_headers={}, bypass_csp=True) as page:
        await page.get_by_label("E-mail address").fill("olga@example.org")
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in", exact=True).click()
        await expect(page.get_by_role("heading", level=1)).to_have_text(
            "Every cent is accounted for. 1 finding needs you."
        )
        await expect(page.get_by_role("table", name="What waits").get_by_role("row", name="transfer")).to_contain_text(
            "9.00 EUR"
        )
        await expect(page.get_by_role("img", name="Transfers to sellers")).to_be_visible()
        await page.evaluate("document.loadedOnce = true")
        await is_accessible(page)

        await page.get_by_role("link", name="Look at it").click()
        await expect(page.get_by_role("group", name="10.00 EUR were paid; 10.00 EUR went back")).to_be_visible()
        await expect(page.get_by_role("group", name="Every cent of it")).to_contain_text("owed by sellers")
        await is_accessible(page)
        await page.get_by_role("link", name="9.00 sent").click()
        state = page.locator("#state")
        await expect(state).to_contain_text("permanently failed")
        await is_accessible(page)
        await page.get_by_label("Reason").fill("the provider says it is mended")
        await page.get_by_role("button", name="Try again: 9.00 EUR").click()
        await expect(page.get_by_text("It will be tried again")).to_be_visible()
        await expect(state).to_contain_text("reversal pending")
        await expect(state).to_contain_text("Last asked for by Olga")

        await guest.stage.settle()
        await expect(state).to_contain_text("reversed")
        await expect(page.locator("#timeline")).to_contain_text("reversal pending → reversed")
        await expect(page.locator("#reversals")).to_contain_text("succeeded")
        await expect(page.locator("#live-says")).to_have_text("The transfer is reversed.")
        await expect(page.get_by_role("region", name="Player")).to_be_visible()
        assert await page.evaluate("document.loadedOnce") is True, "music would have played on"
    assert (await transfer(guest.stage, payment_id=row.payment_id)).status == "reversed"


async def test_what_an_operator_types_is_left_alone_while_the_rest_of_the_page_moves_on(
    guest: Desk, chromium: Browser
) -> None:
    row = await guest.given_up()
    async with opened(guest, chromium) as page:
        await page.goto(f"/operator/transfers/{row.id}")
        await page.get_by_label("Reason").fill("half a sent")
        async with guest.stage.database.write("operator") as session:
            await operator.retry_transfer(session, row.id, "another operator was quicker")
        await expect(page.locator("#state")).to_contain_text("reversal pending")
        assert await page.get_by_label("Reason").input_value() == "half a sent"
        await page.get_by_role("button", name="Try again").click()
        await expect(page.get_by_role("alert")).to_contain_text("Another request was first.")
        await expect(page.get_by_role("alert")).to_contain_text("another operator was quicker")


async def test_the_page_can_be_paused_and_says_when_it_is_signed_out(guest: Desk, chromium: Browser) -> None:
    async with opened(guest, chromium) as page:
        button, state = page.locator("#live-button"), page.locator("#live-state")
        await expect(state).to_have_text("Live.")
        await button.click()
        await expect(state).to_have_text("Paused.")
        await expect(button).to_have_text("Go on")
        await page.context.set_extra_http_headers({})
        await button.click()
        await expect(state).to_contain_text("You are signed out")


async def test_everything_works_with_scripting_off(guest: Desk, chromium: Browser) -> None:
    row = await guest.given_up()
    async with opened(guest, chromium, java_script_enabled=False) as page:
        await expect(page.locator("#live-state")).to_have_text("Reload the page for news.")
        await page.get_by_role("link", name="Payments", exact=True).click()
        await page.get_by_label("Any id").fill(str(row.stripe_transfer_id))
        await page.get_by_role("button", name="Find").click()
        await page.get_by_role("link", name="transfer", exact=True).click()
        await page.get_by_label("Reason").fill("without a script")
        await page.get_by_role("button", name="Try again").click()
        await guest.stage.settle()
        await page.reload()
        await expect(page.locator("#state")).to_contain_text("reversed")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_at_360_pixels_nothing_scrolls_sideways_and_every_action_can_be_touched(
    guest: Desk, chromium: Browser, scheme: Any
) -> None:
    name = "a-very-long-name-without-a-single-space-" * 8
    await guest.stage.seller(name)
    row = await guest.given_up(name)
    guest.stage.sandbox.add_fault("error_503", path=REVERSING)
    await backlog.sample(guest.stage.database)
    event = (await guest.stage.all(WebhookEvent))[0]
    async with opened(guest, chromium, color_scheme=scheme, viewport={"width": 360, "height": 740}) as page:
        for address in (
            "/operator", "/operator?show=EUR", "/operator/transfers", f"/operator/transfers/{row.id}",
            "/operator/payments", f"/operator/payments/{row.payment_id}", "/operator/findings", "/operator/inbox",
            f"/operator/inbox/{event.id}", "/operator/nowhere",
        ):  # fmt: skip
            await page.goto(address)
            assert await page.evaluate("document.documentElement.scrollWidth") <= 360, address
            small = await page.evaluate(
                """least => [...document.querySelectorAll("main :is(button, input, select, textarea, nav a, .button)")]
                    .filter(part => part.checkVisibility() && part.getBoundingClientRect().height < least)
                    .map(part => part.outerHTML)""",
                TOUCH,
            )
            assert small == [], address


async def test_a_page_is_used_with_the_keyboard_alone(guest: Desk, chromium: Browser) -> None:
    async with opened(guest, chromium) as page:
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
        await expect(page.get_by_role("link", name="Skip to the page")).to_be_in_viewport()
        await page.keyboard.press("Enter")
        await expect(page.locator("main")).to_be_focused()
        outline = "getComputedStyle(document.activeElement).outlineStyle"
        await page.keyboard.press("Tab")
        assert await page.evaluate(outline) == "solid"


async def test_names_roles_and_headings_are_where_a_screen_reader_looks(guest: Desk, chromium: Browser) -> None:
    row = await guest.given_up()
    async with opened(guest, chromium) as page:
        for address in ("/operator", f"/operator/transfers/{row.id}", "/operator/transfers", "/operator/payments"):
            await page.goto(address)
            for landmark in ("banner", "navigation", "main", "contentinfo"):
                await expect(page.get_by_role(landmark).first).to_be_visible()  # type: ignore[arg-type]
            nameless = await page.evaluate(
                """[...document.querySelectorAll("button, a, input:not([type=hidden]), select, textarea")]
                    .filter(part => !(part.labels?.length || part.textContent.trim() || part.hidden || part.ariaLabel))
                    .map(part => part.outerHTML)"""
            )
            assert nameless == [], address
            levels = await page.evaluate('[...document.querySelectorAll("h1,h2,h3")].map(h => +h.localName[1])')
            assert levels[0] == 1
            assert all(after - before <= 1 for before, after in pairwise(levels)), address


IN_PIECES = """all => all.filter(one => {
  const inside = document.createRange()
  inside.selectNodeContents(one)
  const tops = [...inside.getClientRects()].map(box => box.top)
  return Math.max(...tops) - Math.min(...tops) > 12
}).map(one => one.outerHTML)"""
"""Which of some elements have more than one line of text."""


async def test_amounts_times_and_states_stay_in_one_piece_beside_a_long_name(guest: Desk, chromium: Browser) -> None:
    seller = "01930000-0000-7000-8000-00000000beef, the one with the long name"
    await guest.stage.seller(seller)
    row = await guest.given_up(seller)
    async with opened(guest, chromium, viewport={"width": 1000, "height": 800}) as page:
        for address in ("/operator/transfers", f"/operator/payments/{row.payment_id}"):
            await page.goto(address)
            pieces = page.locator("tbody :is(.state, time, .number, [title])")
            assert await pieces.count() > 3
            assert await pieces.evaluate_all(IN_PIECES) == []
