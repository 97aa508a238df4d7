"""Where the focus is once a form was refused: at its first wrong field, else at what is said of it."""

from __future__ import annotations

from playwright.async_api import Browser, Page, expect

from tests import factories
from tests.browsers import chromium
from tests.web.live_site import LiveSite
from veza.accounts.permissions import Role

__all__ = ["chromium"]
FOCUSED = "document.activeElement.name || document.activeElement.getAttribute('role') || document.activeElement.id"


async def focused(page: Page, form: str, **fields: str) -> str:
    """Fill in a form, send it, and what has the focus when it was refused: a field by its name, else by its role."""
    of = page.locator(f"form[action='{form}']")
    for name, value in fields.items():
        await of.locator(f"[name={name}]").fill(value)
    await of.locator("button.button:not([formaction])").first.click()
    await expect(page.locator("main [role=alert]").first).to_be_visible()
    await page.wait_for_function(f"!['', 'main', null].includes({FOCUSED})")
    return str(await page.evaluate(FOCUSED))


async def test_a_refused_form_puts_the_focus_on_its_first_wrong_field_or_on_the_refusal(
    site: LiveSite, chromium: Browser
) -> None:
    person, cookie = await site.person(Role.ARTIST)
    artist = await factories.artist(site.database, "Anna", run_by=person)
    _, (track,) = await factories.release(site.database, artist, "Night Bus")
    page = await site.window(chromium, cookie)
    await page.goto("/studio?all=yes")
    assert await focused(page, "/studio", name="   ", bio="words") == "name"
    await page.goto("/account/tokens")
    assert await focused(page, "/account/tokens", name="backup", password="a wrong one entirely") == "alert"
    await page.goto(f"/tracks/{track}")
    assert await focused(page, f"/tracks/{track}/comments", text="What a turn!", at="soon") == "alert"
    await page.goto("/account/password")
    assert await focused(page, "/account/password", current="a wrong one entirely", new="a wrong one too") == "alert"


async def test_without_a_script_the_first_wrong_field_has_the_focus_too(site: LiveSite, chromium: Browser) -> None:
    _, cookie = await site.person()
    page = await site.window(chromium, cookie, java_script_enabled=False)
    await page.goto("/studio")
    await page.fill("[name=name]", "  ")
    await page.click("main button.button")
    await expect(page.locator("input[name=name]:focus")).to_have_count(1)


async def test_a_page_that_was_not_refused_has_the_focus_on_its_main_part(site: LiveSite, chromium: Browser) -> None:
    page = await site.window(chromium)
    await page.goto("/")
    await page.get_by_role("link", name="About").first.click()
    await expect(page.locator("main h1")).to_be_visible()
    await page.wait_for_function("document.activeElement.id === 'main'")
