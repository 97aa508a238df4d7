"""Long texts and long talk: what is cut can be read to its end."""

from __future__ import annotations

from tests import factories
from tests.web.pages.whole import Whole
from veza.accounts.permissions import Role
from veza.catalog.artists import Artist
from veza.community.comments import Comment
from veza.web.pages.tracks import COMMENTS

LONG = "\n".join(f"Line {number} <b> & more of what is told here." for number in range(120))


async def test_the_whole_of_a_description_and_of_a_bio_can_be_read(whole: Whole) -> None:
    artist = await factories.artist(whole.database, "Anna")
    release, _ = await factories.release(whole.database, artist, "Night Bus", description=LONG)
    short, _ = await factories.release(whole.database, artist, "Dawn", title="Short", description="Few words.")
    await factories.change(whole.database, Artist, artist, bio=LONG)
    reader = whole.visitor()
    for address in (f"/releases/{release}", f"/artists/{artist}"):
        page = await reader.open(address)
        opened = page.html.partition('<details class="all-of')[2].partition("</details>")[0]
        assert "All of it" in opened.partition("</summary>")[0]
        assert "Line 119 &lt;b&gt; &amp; more" in opened.partition("</summary>")[2]
        assert "&amp;amp;" not in page.html
    page = await reader.open(f"/releases/{short}")
    assert ("Few words." in page.text, "all-of" in page.html) == (True, False)


async def test_all_that_was_said_about_a_track_can_be_read_in_the_order_of_its_moments(whole: Whole) -> None:
    reader = await whole.reader("Mara", Role.ARTIST)
    _, track = await whole.track()
    async with whole.database.write("test") as session:
        ids = [session.new_id() for _ in range(COMMENTS + 30)]
        row = {"track_id": track, "person_id": reader.person, "created_at": session.now}
        session.add_all(
            Comment(id=one, at_ms=500 * number, text=f"word {number}.", **row) for number, one in enumerate(ids)
        )
        await session.flush()
        # Answers to the last comment of the first page stand at its moment: they begin the second page.
        last = COMMENTS - 1
        session.add(Comment(id=session.new_id(), at_ms=500 * last, parent_id=ids[last], text="an answer.", **row))
    page = await reader.open(f"/tracks/{track}")
    (more,) = {one for one in page.links if "after=" in one}
    assert more.endswith("#said")
    assert (f"word {COMMENTS - 1}." in page.text, f"word {COMMENTS}." in page.text) == (True, False)
    later = await reader.open(more)
    for text in ("an answer.", f"word {COMMENTS}.", f"word {COMMENTS + 29}."):
        assert text in later.text, text
    assert "word 1." not in later.text
    assert not [one for one in later.links if "after=" in one]
    assert f"/tracks/{track}#said" in later.links
