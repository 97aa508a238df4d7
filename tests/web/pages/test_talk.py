"""Comments and what is done with them, reports and what becomes of them, news."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from tests import factories
from tests.web.pages.browsing import Page
from tests.web.pages.whole import Reader, Whole
from veza.catalog.releases import Release
from veza.community.comments import Comment
from veza.kit.listing import start_of
from veza.moderation import decisions, reports


async def said(whole: Whole, reader: Reader, track: UUID, text: str = "This turn!") -> tuple[Page, str]:
    """A comment; the track's page and the comment's id."""
    page = await reader.send(await reader.open(f"/tracks/{track}"), f"/tracks/{track}/comments", text=text, at="1:01")
    assert text in page.text
    async with whole.database.read() as session:
        rows = (await session.scalars(select(Comment.id).order_by(Comment.id.desc()))).all()
    return page, str(rows[0])


async def test_a_comment_is_answered_corrected_for_a_while_and_taken_back(whole: Whole) -> None:
    mara, bo, (_, track) = await whole.reader(), await whole.reader("Bo"), await whole.track()
    page, comment = await said(whole, mara, track)
    at = f"/tracks/{track}/comments/{comment}"
    page = await bo.open(f"/tracks/{track}")
    assert not [one for one in page.forms if one.action.startswith((f"{at}/edit", f"{at}/delete", f"{at}/hidden"))]
    page = await bo.send(page, f"{at}/reply", reply="x" * 2001)
    assert (page.status, page.form(f"{at}/reply").fields["reply"]) == (422, "x" * 2001)
    page = await bo.send(page, f"{at}/reply", reply="And after it!")
    assert page.text.index("This turn!") < page.text.index("And after it!")
    page = await mara.send(await mara.open(f"/tracks/{track}"), f"{at}/edit", edit="This turn at 1:01!")
    assert "This turn at 1:01! Mara" in page.text
    assert "corrected" in page.text
    whole.clock.advance(timedelta(minutes=16))
    page = await mara.open(f"/tracks/{track}")
    assert not [one for one in page.forms if one.action == f"{at}/edit"]
    page = await mara.send(page, f"{at}/delete")
    assert ("This turn" in page.text, "taken back And after it!" in page.text.replace("1:01 ", "")) == (False, True)


async def test_the_artists_people_hide_a_comment_and_show_it_again(whole: Whole) -> None:
    anna, mara = await whole.reader("Anna"), await whole.reader()
    _, track = await whole.track(run_by=anna.person)
    _, comment = await said(whole, mara, track)
    at = f"/tracks/{track}/comments/{comment}/hidden"
    page = await anna.send(await anna.open(f"/tracks/{track}"), at, hidden="yes")
    assert "This turn!" in page.text
    assert "This turn!" not in (await whole.visitor().open(f"/tracks/{track}")).text
    await anna.send(page, at, hidden="no")
    assert "This turn!" in (await whole.visitor().open(f"/tracks/{track}")).text


async def test_a_report_is_made_from_a_page_and_its_end_is_told_to_both(whole: Whole) -> None:
    mara, bo, (release, track) = await whole.reader(), await whole.reader("Bo"), await whole.track()
    page, comment = await said(whole, bo, track)
    page = await mara.open(f"/tracks/{track}")
    assert {f"/report/comment/{comment}", f"/report/track/{track}"} <= set(page.links)
    for address in (f"/report/release/{release}", f"/report/track/{track}", f"/report/comment/{comment}"):
        page = await mara.send(await mara.open(address), address, text="look at it")
        assert (page.status, page.form(address).fields["text"]) == (422, "look at it")
        page = await mara.send(page, address, reason="spam", text="look at it")
        assert "Thank you" in page.toast
    assert page.text.count("a moderator will look") == 3
    assert (await mara.open(f"/report/nonsense/{release}")).status == 404
    async with whole.database.write("person x") as session:
        subjects = whole.veza.modules.moderation.subjects
        row = (await reports.of_person(session, mara.person, start_of(reports.SORTS, 1)))[0]  # type: ignore[arg-type]
        await decisions.decide_report(session, subjects, row.id, "hide", "it sells <b>pills</b>")
    assert "it broke the rules: it is hidden" in (await mara.open("/reports")).text

    page = await bo.open("/news")
    assert "News, 1 notice unread" in page.html
    assert "it sells &lt;b&gt;pills&lt;/b&gt;" in page.text
    page = await bo.send(page, "/news/read")
    assert "unread" not in page.html


async def test_records_of_artists_one_follows_are_news_until_one_follows_no_more(whole: Whole) -> None:
    mara, (release, _) = await whole.reader(), await whole.track()
    assert "You follow no artist yet" in (await mara.open("/following")).text
    page = await mara.open(f"/releases/{release}")
    artist = next(one for one in page.links if one.startswith("/artists/"))
    await mara.send(await mara.open(artist), f"{artist}/follow", follows="yes")
    assert f"/releases/{release}" in (await mara.open("/news")).links
    page = await mara.open("/following")
    page = await mara.send(page, "/following/")
    assert "You follow no artist yet" in page.text
    assert "No news" in (await mara.open("/news")).text


async def test_a_visitor_signs_in_before_reporting_and_comes_back(whole: Whole) -> None:
    release, _ = await whole.track()
    visitor = whole.visitor()
    page = await visitor.open(f"/report/release/{release}")
    assert page.form("/sign-in").fields["next"] == f"/report/release/{release}"


@pytest.mark.parametrize(
    ("heard_by", "has_preview", "visitor_plays"),
    [("everybody", False, "from here"), ("owners", True, "the preview"), ("owners", False, None)],
)
async def test_a_moment_is_played_by_who_hears_it(
    whole: Whole, heard_by: str, has_preview: bool, visitor_plays: str | None
) -> None:
    """A preview is another stretch of the track: a button at 1:01 would play none of it."""
    anna, mara = await whole.reader("Anna"), await whole.reader()
    release, track = await whole.track(run_by=anna.person)
    await said(whole, mara, track)
    await factories.change(whole.database, Release, release, heard_by=heard_by, has_preview=has_preview)
    for reader, plays in ((anna, "from here"), (whole.visitor(), visitor_plays)):
        for address in (f"/tracks/{track}", f"/releases/{release}"):
            page = (await reader.open(address)).html
            assert "This turn!" in page
            assert ('aria-label="Play from 1:01"' in page) is (plays == "from here"), (address, plays)
            assert ("data-play-track" in page) is (plays is not None), (address, plays)
        page = (await reader.open("/")).html
        assert "This turn!" in page
        assert ('aria-label="Play Night Bus from here"' in page) is (plays == "from here")
        assert ('aria-label="Play the preview of Night Bus"' in page) is (plays == "the preview")
        assert ("data-play-track" in page) is (plays is not None)


async def test_words_under_report_are_not_put_in_front_until_a_moderator_has_looked(whole: Whole) -> None:
    mara, bo, (_, track) = await whole.reader(), await whole.reader("Bo"), await whole.track()
    _, comment = await said(whole, bo, track)
    assert "This turn!" in (await whole.visitor().open("/")).text
    report = await mara.open(f"/report/comment/{comment}")
    await mara.send(report, f"/report/comment/{comment}", reason="spam", text="")
    assert "This turn!" not in (await whole.visitor().open("/")).text
    assert "This turn!" in (await whole.visitor().open(f"/tracks/{track}")).text
    async with whole.database.write("person x") as session:
        subjects = whole.veza.modules.moderation.subjects
        row = (await reports.of_person(session, mara.person, start_of(reports.SORTS, 1)))[0]  # type: ignore[arg-type]
        await decisions.decide_report(session, subjects, row.id, "dismiss", "it is about the turn")
    assert "This turn!" in (await whole.visitor().open("/")).text
