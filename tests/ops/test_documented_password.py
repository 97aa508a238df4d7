"""On a public address no account of the demo keeps the password of the README."""

from __future__ import annotations

from pathlib import Path

import pytest
from argon2 import PasswordHasher

from tests import factories
from veza.accounts import passwords
from veza.kit.database import Database
from veza.lab.demo.documented_password import DemoAccountsOpen, demand_no_open_demo_account, give_new_passwords
from veza.lab.demo.opening import PASSWORD, address_of
from veza.settings import Settings, SettingsError


async def test_an_account_with_the_documented_password_stops_the_start_until_it_has_another(database: Database) -> None:
    await demand_no_open_demo_account(database)
    for email in (address_of("label"), address_of("listener-1"), "anna@example.org"):
        person_id = await factories.person(database, email=email)
        async with database.write() as session:
            await passwords.add(session, person_id, PasswordHasher().hash(PASSWORD))
    with pytest.raises(DemoAccountsOpen, match=r"label@demo.example, listener-1@demo.example\) have the password"):
        await demand_no_open_demo_account(database)
    given = dict(await give_new_passwords(database))
    assert set(given) == {address_of("label"), address_of("listener-1")}
    assert len(set(given.values())) == 2
    await demand_no_open_demo_account(database)
    assert await give_new_passwords(database) == []


@pytest.mark.parametrize("where", [{"HOST": "0.0.0.0"}, {"HOST": "::"}, {"PUBLIC_URL": "https://shop.example"}])
def test_the_demo_is_never_made_on_a_public_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: dict[str, str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in {**where, "DEMO_DATA": "true"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match="DEMO_DATA makes accounts whose password stands in the README"):
        Settings.load()
    monkeypatch.setenv("DEMO_DATA", "false")
    assert Settings.load().is_public
