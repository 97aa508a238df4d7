"""What people write is shown as text: markup, marks that turn the direction, and ten thousand characters.

The pages and their forms are found by walking: a page that is new is looked at without a change here.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from uuid import UUID

from tests import factories
from tests.web.pages.browsing import Page
from tests.web.pages.whole import Reader, Whole
from veza.accounts.people import Person
from veza.accounts.permissions import Role
from veza.catalog.artists import Artist
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.community import comments, playlist_items, playlists
from veza.moderation import reporting
from veza.web.door import PAGES

PLANT = "\"'><veza-planted planted=1></a></title></textarea><script>planted()</script>\u200fע{{7*7}}&lt;"
TURNED = PLANT + "\u202eע\u2067"
"""With marks that no form takes, as rows of earlier times may hold them."""
LONG = (PLANT * 200)[:10_000]
NOT_SENT = ("/sign-out", "/account/sessions")
"""Forms that end the reader's own session."""


class Planted(HTMLParser):
    """What of a page is markup and was written by people."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        if tag == "veza-planted" or "planted" in names or (tag == "script" and "src" not in names):
            self.found.append(f"<{tag} {attrs}>")


def planted_in(page: Page) -> list[str]:
    """Elements that people wrote."""
    parser = Planted()
    parser.feed(page.html)
    return parser.found


async def peopled(whole: Whole, reader: Reader) -> dict[str, str]:
    """Every text there is, planted; what stands in addresses, by its name there."""
    assert reader.person is not None
    release, track = await whole.track(PLANT, run_by=reader.person, artist=PLANT)
    database = whole.database
    async with database.read() as session:
        artist = (await session.get_one(Track, track)).artist_id
    await factories.change(database, Person, reader.person, name=TURNED)
    await factories.change(database, Artist, artist, bio=LONG, tags=[TURNED], name=TURNED)
    texts = {"description": LONG, "licence": PLANT, "tags": [PLANT]}
    await factories.change(database, Release, release, title=TURNED, **texts)
    await factories.change(database, Track, track, credits=[{"name": PLANT, "part": PLANT}], tags=[PLANT], isrc="x<b>")
    async with database.write(f"person {reader.person}") as session:
        comment = await comments.write(session, reader.person, track, 0, PLANT)
        await comments.write(session, reader.person, track, 0, LONG[:2000], reply_to=comment.id)
        listed = await playlists.create(
            session, reader.person, PLANT[:200], description=LONG[:2000], is_public=True, is_collaborative=False
        )
        await playlist_items.add(session, listed.id, reader.person, [track])
        subjects = whole.veza.modules.moderation.subjects
        report = await reporting.report(session, subjects, reader.person, "release", release, "other", LONG[:2000])
    ids: dict[str, UUID] = {
        "release_id": release, "track_id": track, "artist_id": artist, "playlist_id": listed.id,
        "comment_id": comment.id, "report_id": report.id, "person_id": reader.person, "subject_id": release,
    }  # fmt: skip
    return {**{name: str(one) for name, one in ids.items()}, "artist": str(artist), "kind": "release"}


def addresses(known: dict[str, str]) -> list[str]:
    """Every page whose address can be written."""
    found: list[str] = []
    for handler in PAGES:
        for path in sorted(handler.paths):
            if "GET" not in handler.http_methods:
                continue
            names = re.findall(r"\{(\w+):\w+\}", path)
            if set(names) <= set(known):
                found.append(re.sub(r"\{(\w+):\w+\}", lambda one: known[one[1]], path))
    return found


async def test_no_text_of_people_becomes_markup_on_any_page_nor_in_the_answer_of_any_form(whole: Whole) -> None:
    reader = await whole.reader("Mara", Role.ARTIST, Role.ADMIN)
    await whole.with_money()
    known = await peopled(whole, reader)
    shown, wrong, sent = 0, list[str](), set[str]()
    for address in addresses(known):
        page = await reader.open(address)
        shown += "&lt;veza-planted" in page.html
        wrong += [f"{address}: {one}" for one in planted_in(page)]
        wrong += [f"{address}: {page.status}"] if page.status >= 500 else []
        for form in page.forms:
            if form.action in sent or not form.texts or form.action.startswith(NOT_SENT) or form.action == "/search":
                continue
            sent.add(form.action)
            answer = await reader.send(page, form, **dict.fromkeys(form.texts, LONG))
            wrong += [f"form {form.action}: {one}" for one in planted_in(answer)]
            wrong += [f"form {form.action}: {answer.status}"] if answer.status >= 500 else []
    assert wrong == []
    assert shown > 10
    assert len(sent) > 10
