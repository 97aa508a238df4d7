"""An artist's plays in the studio: a picture and the same in tables."""

from __future__ import annotations

from datetime import date, timedelta

from tests.web.pages.conftest import Store
from tests.web.pages.studios import heard, of_artist
from veza.web import day_chart

TODAY = date(2026, 1, 5)


async def test_plays_are_counted_by_day_and_by_track(any_store: Store) -> None:
    store = any_store
    anna = await store.shop.artist("Anna & <b>")
    one, two = (await anna.tracks(await anna.release("Blue <i>Hours</i>")))[:2]
    today = store.shop.stage.clock.now().date()
    await heard(store, anna.id, one.id, today, 7)
    await heard(store, anna.id, two.id, today, 2)
    await heard(store, anna.id, one.id, today - timedelta(days=40), 30)
    browser = of_artist(store, anna)
    page = await browser.open(f"/studio/{anna.id}/plays")
    assert "Heard 9 times" in page.text
    assert "Blue &lt;i&gt;Hours&lt;/i&gt; 1 7" in page.text
    assert page.html.count('<rect class="bar') == 1
    longer = await browser.open(f"/studio/{anna.id}/plays?days=90")
    assert "Heard 39 times" in longer.text
    of_one = await browser.open(f"/studio/{anna.id}/plays?days=7&track={two.id}")
    assert "Heard 2 times" in of_one.text
    assert "all tracks" in of_one.text


async def test_without_plays_the_page_says_what_counts(store: Store) -> None:
    anna = await store.shop.artist()
    page = await of_artist(store, anna).open(f"/studio/{anna.id}/plays?days=3&track=none")
    assert "Not heard yet" in page.text
    assert "half a minute" in page.text


async def test_the_plays_of_another_artist_are_not_shown(store: Store) -> None:
    anna, ben = await store.shop.artist(), await store.shop.artist("Ben")
    assert (await of_artist(store, ben).open(f"/studio/{anna.id}/plays")).status in (403, 404)


def test_parts_of_a_bar_stand_on_each_other_in_one_order() -> None:
    values = [(TODAY, "a", 30), (TODAY, "b", 10), (TODAY - timedelta(days=1), "b", 20), (TODAY, "c", 0)]
    chart = day_chart.drawn(values, TODAY - timedelta(days=6), TODAY)
    assert [bar.total for bar in chart.bars] == [20, 40]
    assert (chart.total, chart.width) == (60, 7 * day_chart.DAY)
    assert chart.highest is chart.bars[1]
    first, second = chart.bars[1].parts
    assert (first.key, first.y + first.height, first.height) == ("a", day_chart.HEIGHT, 108)
    assert (second.key, second.y + second.height) == ("b", first.y)


def test_a_part_too_small_to_see_is_drawn_all_the_same() -> None:
    chart = day_chart.drawn([(TODAY, "a", 1), (TODAY - timedelta(days=1), "a", 1_000_000)], date(2026, 1, 1), TODAY)
    assert chart.bars[1].parts[0].height == 1
