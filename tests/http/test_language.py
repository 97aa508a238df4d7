"""A reader is answered in the language they like best of those there are."""

from __future__ import annotations

from gettext import NullTranslations
from typing import Any

import pytest
from litestar import Litestar, get

from tests.client import http_client
from veza.http.language import MOST_RANGES, preferred, worth_keeping
from veza.http.problem_answers import exception_handlers
from veza.http.problems import NOT_FOUND
from veza.kit import messages
from veza.kit.messages import gettext


class NoShelf(LookupError):
    """There is no such shelf."""


class French(NullTranslations):
    def gettext(self, message: str) -> str:
        words = {"there is no shelf {number}": "il n'y a pas de rayon {number}", "Nothing here": "Rien ici"}
        return words.get(message, message)


@get("/shelf")
async def shelf() -> None:
    raise NoShelf(gettext("there is no shelf {number}", number=7))


async def told(language: str) -> dict[str, Any]:
    handlers = exception_handlers(more={NoShelf: NOT_FOUND})
    async with http_client(Litestar([shelf], exception_handlers=handlers)) as client:
        answer: dict[str, Any] = (await client.get("/shelf", headers={"Accept-Language": language})).json()
    return answer


@pytest.mark.parametrize(
    ("language", "title", "detail"),
    [
        ("fr-CA, en;q=0.5", "Rien ici", "il n'y a pas de rayon 7"),
        ("nl, fr;q=0.3", "Rien ici", "il n'y a pas de rayon 7"),
        ("en, fr;q=0.9", "Nothing here", "there is no shelf 7"),
        ("nl", "Nothing here", "there is no shelf 7"),
        ("", "Nothing here", "there is no shelf 7"),
    ],
)
async def test_a_problem_is_told_in_the_readers_language(
    monkeypatch: pytest.MonkeyPatch, language: str, title: str, detail: str
) -> None:
    monkeypatch.setitem(messages.CATALOGUES, "fr", French())
    answer = await told(language)
    assert (answer["title"], answer["detail"], answer["type"]) == (title, detail, NOT_FOUND.uri)


async def test_without_a_catalogue_a_problem_is_told_in_english() -> None:
    assert (await told("fr"))["detail"] == "there is no shelf 7"


@pytest.mark.parametrize(
    ("header", "languages"),
    [
        ("de-AT;q=0.2, fr, en;q=0.8", ["fr", "en", "de"]),
        ("fr, fr-CA", ["fr"]),
        ("*, ;q=, x, 123, fr;q=much, de;q=0", []),
        (", ".join(f"{first}{second}" for first in "abcdefg" for second in "xyz"), None),
    ],
)
def test_languages_of_a_header_come_in_the_readers_order(header: str, languages: list[str] | None) -> None:
    found = preferred(header)
    assert found == languages if languages is not None else len(found) == MOST_RANGES


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("fr", "fr"),
        ("fr-CA, en;q=0.8", "fr"),
        ("en;q=0.5, FR;q=0.9", "fr"),
        ("gd, fr;q=0.5", "fr"),
        ("gd, en;q=0.9, fr;q=0.1", "gd"),  # English is wanted more than French
        ("en-GB, fr;q=0.8", "en"),
        ("*, fr;q=0.5", "fr"),
    ],
)
def test_the_language_that_is_kept_is_the_best_liked_one_with_a_catalogue(
    monkeypatch: pytest.MonkeyPatch, header: str, language: str
) -> None:
    monkeypatch.setitem(messages.CATALOGUES, "fr", French())
    assert worth_keeping(header) == language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("fr-FR,fr;q=0.9,en-US;q=0.8,en;q=0.7", "fr"),
        ("de-CH-1996", "de"),
        ("GSW-CH", "gsw"),
        ("en-US,en;q=0.9,fr;q=0.8", "en"),
    ],
)
def test_without_a_catalogue_the_language_itself_is_kept(header: str, language: str) -> None:
    assert worth_keeping(header) == language


@pytest.mark.parametrize(
    "header",
    ["", "*", ",;,", "fr;q=0", "fr;q=nan", "f", "fr_FR", "fr!", "é", "fr\u0660", "abcdefghi", "x" * 100_000],
)
def test_what_names_no_language_is_kept_as_english(header: str) -> None:
    assert worth_keeping(header) == "en"
