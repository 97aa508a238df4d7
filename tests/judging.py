"""What every page must have, judged in a browser: by axe, by its basics, and by its width."""

from __future__ import annotations

from playwright.async_api import Page

from tests.commands import ROOT
from tests.npm import installed

_AXE = "node_modules/axe-core/axe.min.js"
ALL_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FOUND = """async (runOnly) => {
    const {violations} = await axe.run(document, {runOnly});
    return violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target.join(" ")}`));
}"""
BASICS = """() => ({
    title: document.title, headings: document.querySelectorAll("h1").length,
    main: document.querySelectorAll("main").length, lang: document.documentElement.lang,
    wide: document.documentElement.scrollWidth - innerWidth,
})"""


def axe_source() -> str:
    """The script that judges; npm installs it where it is not there."""
    return (installed(ROOT) / _AXE).read_text()


async def faults(page: Page, axe: str, rules: object = ALL_RULES) -> list[str]:
    """What is wrong with the page as it stands there, in its theme and width."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(axe)
    wrong: list[str] = await page.evaluate(FOUND, rules)
    basics = await page.evaluate(BASICS)
    if basics["wide"] > 0:
        wrong.append(f"scrolls sideways by {basics['wide']}")
    if (basics["headings"], basics["main"]) != (1, 1) or not basics["title"] or basics["lang"] not in ("en", "fr"):
        wrong.append(f"{basics}")
    return wrong
