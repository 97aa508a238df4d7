"""What destroys something is asked about first, and the question names what goes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

import veza.web
from tests import factories
from tests.web.pages.browsing import Page
from tests.web.pages.whole import PASSWORD, Whole
from veza.accounts.people import UnknownPerson, find
from veza.accounts.permissions import Role
from veza.catalog.tracks import find_track
from veza.ingest import originals
from veza.ingest.originals import Original
from veza.web.declared import SHOWS
from veza.web.door import PAGES

TEMPLATES = Path(veza.web.__file__).parent / "templates"
DESTROYS = frozenset(
    {"delete", "remove", "revoke", "close", "withdraw", "off", "end", "take-back", "suspend", "return-charge"}
)
"""How the addresses of such forms end; a form with a button in the colour of danger is one too."""
WITHOUT = {
    "/cart/*/remove": "the next page has a button that puts it back",
    "/playlists/*/items/*/remove": "it stands in a menu named after the track, which stays and can be put on again",
    "/following/*/end": "one follows again by one click",
    "/account/sessions/*/end": "that browser signs in again",
    "/account/listenbrainz/end": "one connects again with the same token",
    "/account/data/delete": "the page lists what goes, and asks for a tick and the password",
    "/account/second-factor/off": "it asks for the password and a code; there is one second factor alone",
    "/operator/payments/*": "its first step asks the question of its second",
}
"""Forms that need no such question, and why."""
FORM = re.compile(r'<form[^>]*?action="([^"]+)".*?</form>', re.DOTALL)
NAMES = re.compile(r"(?:name|title|note|file|text|email|artist|id|charge)=|\{n\} ")
"""What says in a sentence which thing it is."""


@dataclass(frozen=True)
class Found:
    """A form of a template: its address with stars for what varies, its source, and whether it is folded away."""

    where: str
    action: str
    source: str
    is_folded: bool


def forms() -> list[Found]:
    found = []
    for path in sorted(TEMPLATES.rglob("*.html")):
        text = path.read_text()
        for one in FORM.finditer(text):
            before = text[: one.start()]
            is_folded = before.count("<details") > before.count("</details>")
            action = re.sub(r"\{\{.*?\}\}", "*", one[1]).partition("#")[0].partition("?")[0]
            found.append(Found(path.name, action, one[0], is_folded))
    return found


def is_destructive(one: Found) -> bool:
    return one.action.rpartition("/")[2] in DESTROYS or re.search(r'class="button[^"]*danger', one.source) is not None


def test_every_form_that_destroys_something_is_folded_away_and_names_what_goes() -> None:
    destructive = [one for one in forms() if is_destructive(one)]
    bare = [
        f"{one.where}: {one.action}"
        for one in destructive
        if one.action not in WITHOUT and not (one.is_folded and NAMES.search(one.source))
    ]
    assert bare == []
    assert set(WITHOUT) <= {one.action for one in destructive}


def test_no_form_of_this_kind_is_missed_and_none_has_the_button_of_another() -> None:
    declared = {re.sub(r"\{[^}]*\}", "*", path) for one in PAGES if SHOWS in one.opt for path in one.paths}
    wanted = {one for one in declared if one.rpartition("/")[2] in DESTROYS}
    assert wanted <= {one.action for one in forms()}
    assert [one.where for one in forms() if "formaction" in one.source] == []


def folded(page: Page, action: str) -> str:
    """The text that is unfolded before the form can be sent."""
    before, _, after = page.html.partition(f'action="{action}"')
    opened = before.rpartition("<details")[2]
    assert "</details>" not in opened
    return re.sub(
        r"\s+", " ", re.sub(r"<[^>]+>", " ", opened.partition(">")[2] + after.partition(">")[2].partition("</form>")[0])
    )


async def test_an_account_is_closed_by_a_form_of_its_own_that_names_the_person(whole: Whole) -> None:
    admin, ben = await whole.reader("Mara", Role.ADMIN), await whole.reader("Ben & <b>")
    assert ben.person is not None
    page = await admin.open(f"/operator/people/{ben.person}")
    close = f"/operator/people/{ben.person}/close"
    assert "Close the account of Ben &amp; &lt;b&gt;" in folded(page, close)
    page = await admin.send(page, close, password="a wrong one entirely")
    assert page.status == 422
    assert page.html.partition(close)[0].rpartition("<details")[2].partition(">")[0].endswith(" open")
    await admin.send(page, close, password=PASSWORD)
    async with whole.database.read() as session:
        with pytest.raises(UnknownPerson):
            await find(session, ben.person)


async def test_a_token_and_a_file_are_given_up_after_a_question_with_their_name(whole: Whole) -> None:
    owner = await whole.reader("Mara", Role.ARTIST)
    assert owner.person is not None
    page = await owner.open("/account/tokens")
    await owner.send(page, "/account/tokens", name="backup script", password=PASSWORD, scope_read="yes")
    page = await owner.open("/account/tokens")
    (revoke,) = [one.action for one in page.forms if one.action.endswith("/revoke")]
    assert "Programs that use “backup script” are refused" in folded(page, revoke)

    artist = await factories.artist(whole.database, "Anna", run_by=owner.person)
    _, (track,) = await factories.release(whole.database, artist, "Night Bus", status="draft")
    async with whole.database.write("test") as session:
        sent = Original("originals/none", 1_000, "0" * 64, "take 7.flac", "upload")
        await originals.take_original(session, await find_track(session, track), sent)
    page = await owner.open(f"/studio/tracks/{track}")
    (cancel,) = [one.action for one in page.forms if "/versions/" in one.action]
    assert "“take 7.flac” goes" in folded(page, cancel)
    page = await owner.send(page, cancel, act="cancel")
    assert "taken back" in page.text
