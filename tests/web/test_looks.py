"""What can be known of the looks without looking: contrast in both schemes, nothing from elsewhere, weight."""

from __future__ import annotations

import gzip
import re

import pytest

from tests.web.conftest import Desk
from veza.web.rendering import STATIC

CSS = (STATIC / "operator.css").read_text(encoding="utf-8")
LIGHT, DARK = (re.findall(r"(--[\w-]+): ([^;]+);", block) for block in re.findall(r":root \{(.*?)\}", CSS, re.DOTALL))
SCHEMES = {"light": dict(LIGHT), "dark": dict(LIGHT) | dict(DARK)}
AA_TEXT, AA_SHAPES = 4.5, 3.0

TEXT = [
    *((ink, ground) for ink in ("--ink", "--soft", "--accent") for ground in ("--ground", "--surface")),
    *((ink, "--quiet-ground") for ink in ("--ink", "--soft", "--quiet", "--accent")),
    ("--ink", "--fresh"), ("--soft", "--fresh"), ("--on-accent", "--accent"),
    *((f"--{tone}", f"--{tone}-ground") for tone in ("good", "busy", "warn", "bad")), ("--bad", "--surface"),
]  # fmt: skip
SHAPES = [
    *(("--edge", ground) for ground in ("--ground", "--surface")),
    *((f"--chart-{name}", "--surface") for name in ("pending", "failed", "reversal", "gone")),
]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_colour_can_be_told_from_its_ground(scheme: str) -> None:
    tokens = SCHEMES[scheme]
    pairs = [(pair, AA_TEXT) for pair in TEXT] + [(pair, AA_SHAPES) for pair in SHAPES]
    weak = {
        pair: round(contrast(resolve(tokens, pair[0]), resolve(tokens, pair[1])), 2)
        for pair, least in pairs
        if contrast(resolve(tokens, pair[0]), resolve(tokens, pair[1])) < least
    }
    assert weak == {}


def test_colours_are_named_once_and_used_by_name() -> None:
    after_tokens = CSS[CSS.index("*, *::before") :]
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(", after_tokens) == []
    used = set(re.findall(r"var\((--[\w-]+)", CSS))
    assert used - set(SCHEMES["light"]) == {"--tone", "--tone-ground", "--mark"}


def test_nothing_comes_from_another_server() -> None:
    for path in STATIC.iterdir():
        said = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?:|//[a-z]+\.|@import|url\(", said), path.name


async def test_a_page_with_its_style_and_script_stays_light(desk: Desk) -> None:
    for _ in range(3):
        await desk.given_up()
    static = b"".join(path.read_bytes() for path in STATIC.iterdir())
    for address in ("/operator", "/operator/transfers", "/operator/inbox"):
        page = (await desk.get(address)).content
        assert len(gzip.compress(page + static)) < 50_000


def resolve(tokens: dict[str, str], name: str) -> str:
    value = tokens[name]
    inner = re.fullmatch(r"var\((--[\w-]+)\)", value)
    return resolve(tokens, inner[1]) if inner else value


def contrast(one: str, other: str) -> float:
    """WCAG 2: (lighter + 0.05) / (darker + 0.05)."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
