"""Connected accounts: onboarding, capabilities, leaving the platform, and the money on them."""

from __future__ import annotations

from veza.lab.sandbox import accounts, balances
from veza.lab.sandbox.errors import no_such
from veza.lab.sandbox.events import emit
from veza.lab.sandbox.params import Params
from veza.lab.sandbox.steps import Steps
from veza.lab.sandbox.views import show
from veza.lab.sandbox.wire import Obj


class AccountControls(Steps):
    """The control methods of connected accounts."""

    def find_account(self, id: str) -> Obj | None:
        """A connected account as stored, its private parts included."""
        with self._step():
            return self.world.accounts.get(id)

    def new_account(self, *, country: str = "DE", onboarded: bool = True) -> Obj:
        """A connected express account that asks for transfers, by default already onboarded."""
        with self._step():
            form = {"type": "express", "country": country, "capabilities": {"transfers": {"requested": "true"}}}
            account = accounts.create_account(self.world, Params(form))
            if onboarded:
                accounts.complete_onboarding(self.world, account["id"])
            return show(self.world, account)

    def deauthorize_account(self, id: str, *, tell: bool = True) -> None:
        """A connected account leaves the platform, or is closed: our key does not reach it any more."""
        with self._step():
            account = accounts.get_account(self.world, id)
            self.world.accounts.remove(id)
            if tell:
                application = {"id": "ca_sandbox", "object": "application", "name": "Veza"}
                emit(self.world, "account.application.deauthorized", application, account=account["id"])

    def complete_onboarding(self, account: str, name: str = "") -> Obj:
        with self._step():
            return show(self.world, accounts.complete_onboarding(self.world, account, name=name))

    def set_capability(self, account: str, status: str, name: str = "transfers") -> Obj:
        with self._step():
            return show(self.world, accounts.set_capability(self.world, account, name, status))

    def balance(self, account: str | None = None) -> Obj:
        with self._step():
            return balances.balance_of(self.world, self._owner(account))

    def add_balance(self, account: str | None, amount: int, currency: str) -> Obj:
        """Move an account's available funds by `amount` (negative: a payout left) and announce new money."""
        with self._step():
            owner = self._owner(account)
            balances.post(self.world, owner, "topup", amount, currency, None)
            if amount > 0:
                balances.announce(self.world, owner)
            return balances.balance_of(self.world, owner)

    def set_balance(self, account: str | None, amount: int, currency: str) -> Obj:
        """Make an account's available funds exactly `amount`."""
        available = balances.held(self.world, self._owner(account), currency)["available"]
        return self.add_balance(account, amount - available, currency)

    def _owner(self, account: str | None) -> str:
        owner = account or self.settings.platform_account
        if owner != self.settings.platform_account and self.world.accounts.get(owner) is None:
            raise no_such("account", owner)
        return owner
