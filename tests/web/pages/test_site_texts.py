"""The site is its owner's: its texts, and a person's own time."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from tests.client import DEFAULT_URL
from tests.web.pages.whole import Whole
from veza.accounts.permissions import Role
from veza.accounts.site_texts import LONGEST
from veza.web import local
from veza.web.environment import environment
from veza.web.plain_text import as_html


def test_a_text_becomes_paragraphs_headings_lists_and_links_and_nothing_else() -> None:
    text = "# Who <we> are\n\nLine one\nwww & https://low.tide/a?b=1&c=2.\n\n- mail me@low.tide\n- <script>x</script>"
    assert as_html(text) == (
        "<h2>Who &lt;we&gt; are</h2>\n"
        '<p>Line one<br>www &amp; <a href="https://low.tide/a?b=1&amp;c=2" rel="nofollow">https://low.tide/a?b=1&amp;c=2</a>.'
        "</p>\n"
        '<ul><li>mail <a href="mailto:me@low.tide" rel="nofollow">me@low.tide</a></li>'
        "<li>&lt;script&gt;x&lt;/script&gt;</li></ul>"
    )
    assert "href" not in as_html("javascript:alert(1) data:text/html,x")


async def test_a_text_has_a_page_and_a_link_on_every_page_once_it_is_written(whole: Whole) -> None:
    admin, visitor = await whole.reader("Ada", Role.ADMIN), whole.visitor()
    assert (await visitor.open("/imprint")).status == 404
    assert not {"/imprint", "/operator/site"} & set((await visitor.open("/about")).links)
    editor = await admin.open("/operator/site")
    assert "Not written yet" in editor.text
    done = await admin.send(editor, "/operator/site/imprint", imprint="# Low Tide\n\nBei Anna & Ben")
    assert done.toast == "It is out."
    assert done.form("/operator/site/imprint").fields["imprint"].strip() == "# Low Tide\n\nBei Anna & Ben"
    page = await visitor.open("/imprint")
    assert "<h2>Low Tide</h2>\n<p>Bei Anna &amp; Ben</p>" in page.html
    assert page.answer.headers["cache-control"].startswith("public")
    assert "/imprint" in (await visitor.open("/about")).links
    assert "/terms" not in page.links
    gone = await admin.send(done, "/operator/site/imprint", imprint=" ")
    assert gone.toast == "Its page is gone."
    assert "/imprint" not in (await visitor.open("/about")).links


async def test_a_text_that_is_too_long_is_refused_and_stays_as_it_was_typed(whole: Whole) -> None:
    admin = await whole.reader("Ada", Role.ADMIN)
    typed = "a" * (LONGEST + 1)
    refused = await admin.send(await admin.open("/operator/site"), "/operator/site/terms", terms=typed)
    assert refused.status == 422
    assert refused.form("/operator/site/terms").fields["terms"].strip() == typed
    assert f"The text may have at most {LONGEST} characters" in refused.text
    assert (await admin.open("/terms")).status == 404


async def test_only_who_may_write_the_site_s_texts(whole: Whole) -> None:
    moderator = await whole.reader("Mo", Role.MODERATOR)
    assert (await moderator.open("/operator/site")).status == 403
    answer = await moderator.client.post(
        "/operator/site/terms", data={"terms": "mine"}, headers={"Origin": DEFAULT_URL, **moderator.who}
    )
    assert answer.status_code == 403


async def test_times_are_shown_in_the_zone_that_the_person_chose(whole: Whole) -> None:
    reader, visitor = await whole.reader(), whole.visitor()
    at = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    context = {"visit": SimpleNamespace(language="en", zone="Asia/Tokyo")}
    moment = environment().filters["local_moment"]
    day = environment().filters["local_day"]
    assert (moment(context, at), day(context, at)) == ("2 Jul 2026, 07:30", "2 July 2026")
    for zone in (None, "Nowhere/Else"):
        context["visit"].zone = zone
        assert moment(context, at) == "1 Jul 2026, 22:30"
    page = await reader.open("/preferences")
    page = await reader.send(page, "/preferences/time-zone", zone="Asia/Tokyo")
    assert '<option value="Asia/Tokyo" selected>' in page.html
    sessions = await reader.open("/account/sessions")
    assert local.moment(whole.clock.now().astimezone(ZoneInfo("Asia/Tokyo")), "en") in sessions.text
    refused = await reader.send(page, "/preferences/time-zone", zone="Asia/../etc")
    assert refused.status == 422
    assert "there is no time zone" in refused.text.lower()
    assert "time-zone" not in (await visitor.open("/preferences")).html
