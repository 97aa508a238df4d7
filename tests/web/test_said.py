"""No template says a word of its own: every text goes through gettext, so that a catalogue can say it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment

from veza.web import rendering

TEMPLATES = Path(rendering.__file__).parent / "templates"
SAID = frozenset({"alt", "aria-label", "aria-description", "placeholder", "title", "summary"})
"""Attributes that a reader hears or sees."""
NAMES = frozenset({"AAC", "FLAC", "HTTP", "ISRC", "LUFS", "ListenBrainz", "MB", "dBTP", "ms"})
"""What no language says otherwise."""
_ATTRIBUTE = re.compile(r"""[\w-]+=("[^"]*"|'[^']*')?|\bdata-[\w-]+|\bautofocus\b""")
"""Of a block or macro that stands inside a tag."""
_WORD = re.compile(r"[^\W\d_]{2,}")


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._skipped += tag in ("script", "style", "code")
        self.found += [value for name, value in attrs if name in SAID and value]

    def handle_endtag(self, tag: str) -> None:
        self._skipped -= tag in ("script", "style", "code")

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.found.append(_ATTRIBUTE.sub("", data))


def words_of(template: str) -> list[str]:
    """Words that a template says without gettext; what Jinja2 puts in is left out."""
    tokens = Environment().lex(template)
    html = "".join(value if kind == "data" else "\x01" for _, kind, value in tokens)
    parser = _Texts()
    parser.feed(html)
    words = [word for text in parser.found for word in _WORD.findall(text)]
    return [word for word in words if word not in NAMES]


def test_no_template_says_a_word_of_its_own() -> None:
    found = {
        str(path.relative_to(TEMPLATES)): words_of(path.read_text(encoding="utf-8"))
        for path in TEMPLATES.rglob("*.html")
    }
    assert {name: words for name, words in found.items() if words} == {}


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        ("<p>Hello {{ name }}</p>", ["Hello"]),
        ('<img alt="Cover of {{ title }}">', ["Cover", "of"]),
        ('<p class="lead">{{ _("Hello {name}", name=name) }}</p>', []),
        ("{% if a %}<b aria-label=\"{{ _('Play') }}\">{% endif %}{# Said to nobody #}", []),
    ],
)
def test_a_word_that_is_planted_is_found(planted: str, said: list[str]) -> None:
    assert words_of(planted) == said
