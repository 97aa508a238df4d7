"""A reader of French reads pages, prices, forms' errors and problems in French, by choice or by the browser's wish."""

from __future__ import annotations

from tests.web.pages.browsing import Browser
from tests.web.pages.conftest import Store

NBSP = "\u00a0"


async def french(store: Store) -> Browser:
    browser = store.browser()
    browser.who["Accept-Language"] = "fr-CH, fr;q=0.9, en;q=0.8"
    return browser


async def test_a_cart_is_told_in_french_with_french_prices_and_plurals(store: Store) -> None:
    anna = await store.shop.artist("Anna")
    browser = await french(store)
    empty = await browser.open("/cart")
    assert '<html lang="fr"' in empty.html
    assert "Votre panier est vide" in empty.text
    one = await store.put_in(browser, await anna.selling("Blue", 700))
    assert f"Payer 7,00{NBSP}€" in one.html
    assert "Panier, 1 chose" in one.html
    two = await store.put_in(browser, await anna.selling("Stile", 1250))
    assert f"Payer 19,50{NBSP}€" in two.html
    assert "Panier, 2 choses" in two.html
    assert "2 choses" in two.text
    assert "Put" not in two.text


async def test_what_a_reader_chose_comes_before_what_the_browser_asks_for(store: Store) -> None:
    browser = store.browser()
    page = await browser.open("/preferences")
    assert ("Français" in page.text, '<html lang="en"' in page.html) == (True, True)
    chosen = await browser.send(page, "/preferences", language="fr")
    assert '<html lang="fr"' in chosen.html
    browser.who["Accept-Language"] = "en"
    assert "Rien n’est encore publié ici" in (await browser.open("/")).text
    back = await browser.send(await browser.open("/preferences"), "/preferences", language="")
    assert '<html lang="en"' in back.html


async def test_a_problem_of_the_api_is_french_where_it_is_asked_for(store: Store) -> None:
    browser = store.browser()
    for asked, title in (("fr", "Rien ici"), ("en", "Nothing here"), (None, "Nothing here")):
        headers = {"Accept-Language": asked} if asked else {}
        answer = await browser.client.get("/api/v1/nowhere", headers=headers)
        assert (answer.status_code, answer.json()["title"]) == (404, title)
        assert "Accept-Language" in answer.headers["vary"]


async def test_a_page_that_is_not_there_says_so_in_french(store: Store) -> None:
    page = await (await french(store)).open("/artists/nulle-part")
    assert page.status == 404
    assert "Rien ici" in page.html
