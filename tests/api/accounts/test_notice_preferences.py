"""Which notices a person wants: every kind with its pace, stopped and started one by one."""

from __future__ import annotations

import pytest

from tests.api.accounts.conftest import EMAIL, Desk
from tests.pseudo_language import Pseudo, plain
from veza.community.preferences import NoticeKind
from veza.kit import messages


async def test_every_kind_is_sent_at_once_until_it_is_stopped(any_desk: Desk) -> None:
    browser = await any_desk.signed_up()
    before = (await browser.get("/me/notice-preferences"))["items"]
    assert {(one["kind"], one["channel"], one["pace"]) for one in before} == {
        (kind.value, "mail", "at_once") for kind in NoticeKind
    }
    for pace in ("never", "never", "at_once"):
        wanted = {"kind": "sale", "channel": "mail", "pace": pace}
        await browser.call("PUT", "/me/notice-preferences", wanted, expect=200)
        after = (await browser.get("/me/notice-preferences"))["items"]
        assert {one["kind"]: one["pace"] for one in after} == {
            **{kind.value: "at_once" for kind in NoticeKind}, "sale": pace,
        }  # fmt: skip


async def test_what_a_switch_is_about_is_said_in_the_readers_language(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(messages.CATALOGUES, "fr", Pseudo())
    browser = await desk.signed_up()
    path, wanted = "/me/notice-preferences", {"kind": "sale", "channel": "mail", "pace": "never"}
    english = [one["about"] for one in (await browser.get(path))["items"]]
    for answer in (
        await browser.send("GET", path, headers={"Accept-Language": "fr"}),
        await browser.send("PUT", path, wanted, headers={"Accept-Language": "fr"}),
    ):
        french = [one["about"] for one in answer.json()["items"]]
        assert [plain(one) for one in french] == english
        assert all(one.startswith("⟦") for one in french)


@pytest.mark.parametrize("wrong", [{"kind": "rain"}, {"channel": "pigeon"}, {"pace": "weekly"}])
async def test_an_unknown_switch_changes_nothing(desk: Desk, wrong: dict[str, str]) -> None:
    browser = await desk.signed_up()
    wanted = {"kind": "sale", "channel": "mail", "pace": "never", **wrong}
    answer = await browser.send("PUT", "/me/notice-preferences", wanted)
    assert answer.status_code == 400
    assert all(one["pace"] == "at_once" for one in (await browser.get("/me/notice-preferences"))["items"])


async def test_one_person_s_choice_is_not_another_s(desk: Desk) -> None:
    anna, ben = await desk.signed_up(EMAIL), await desk.signed_up("ben@example.org", name="Ben")
    await anna.call("PUT", "/me/notice-preferences", {"kind": "order", "channel": "mail", "pace": "never"}, expect=200)
    assert all(one["pace"] == "at_once" for one in (await ben.get("/me/notice-preferences"))["items"])
