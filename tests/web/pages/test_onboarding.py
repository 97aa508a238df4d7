"""How an artist gets paid: through the provider's form and back, with what it still wants on the way."""

from __future__ import annotations

from typing import Any

import pytest

from tests import factories
from tests.web.pages.conftest import Store
from tests.web.pages.studios import of_artist
from tests.web.pages.whole import HASHED, PASSWORD, Whole
from veza.accounts import passwords
from veza.accounts.permissions import Role
from veza.lab.sandbox.account_object import requirements
from veza.money import onboarding
from veza.money.onboarding import OnboardingState

SENT: dict[str, Any] = {"details_submitted": True, "capabilities": {"transfers": "inactive"}}


async def test_an_owner_goes_to_the_providers_form_and_comes_back_ready(store: Store) -> None:
    anna, sandbox = await store.shop.artist("Crate & Lemons", onboarded=False), store.shop.stage.sandbox
    async with store.shop.stage.database.write("test") as session:
        await passwords.replace(session, anna.person, HASHED)
    owner, address = of_artist(store, anna), f"/studio/{anna.id}/onboarding"
    page = await owner.open(address)
    assert "Say where your money goes" in page.text
    refused = await owner.send(page, address, password="not it")
    assert (refused.status, "This is not your password." in refused.text) == (422, True)
    answer = await owner.post(page, address, password=PASSWORD)
    assert answer.status_code == 303, answer.text
    account = answer.headers["location"].rpartition("/")[2]
    found = sandbox.find_account(account)
    assert found is not None
    assert found["_return_url"] == f"{store.base_url}{address}?from=form"
    assert found["_refresh_url"] == f"{store.base_url}{address}?from=link"

    begun = await owner.open(f"{address}?from=link")
    for said in ("The form is not sent yet", "was used up", "A bank account to pay out to", "Go on with the form"):
        assert said in begun.text
    sandbox.complete_onboarding(account, name="Anna Berg")
    # The provider's word counts here before its webhook has come.
    assert "You are paid out" in (await owner.open(f"{address}?from=form")).text


async def test_a_member_is_told_that_an_owner_does_it(whole: Whole) -> None:
    ben = await whole.reader("Ben", Role.ARTIST)
    artist = await factories.artist(whole.database, "Crate", run_by=await factories.person(whole.database, "Anna"))
    assert ben.person is not None
    await factories.member(whole.database, artist, ben.person)
    page = await ben.open(f"/studio/{artist}/onboarding")
    assert "An owner of Crate does this." in page.text
    assert [one for one in page.forms if one.action.endswith("/onboarding")] == []


@pytest.mark.parametrize(
    ("account", "state"),
    [
        ({"details_submitted": False, "requirements": requirements(["external_account"])}, OnboardingState.BEGUN),
        ({**SENT, "requirements": requirements(["individual.id_number"])}, OnboardingState.RESTRICTED),
        ({**SENT, "requirements": requirements([])}, OnboardingState.PENDING),
        ({**SENT, "requirements": {"disabled_reason": "rejected.fraud"}}, OnboardingState.CLOSED),
        ({**SENT, "capabilities": {"transfers": "active"}}, OnboardingState.READY),
    ],
)
def test_what_the_provider_says_of_an_account_is_one_state(account: dict[str, Any], state: OnboardingState) -> None:
    assert onboarding.read(account).state is state
