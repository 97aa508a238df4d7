"""What is done by hand in the dashboard, and what the buyers' banks do: refunds, transfers, reversals, disputes."""

from __future__ import annotations

from veza.lab.sandbox import charges, disputes, refunds, reversals, transfers
from veza.lab.sandbox.params import Params
from veza.lab.sandbox.steps import Steps
from veza.lab.sandbox.views import show
from veza.lab.sandbox.wire import Obj


class DashboardControls(Steps):
    """The control methods of what already was charged or sent."""

    def reverse_in_dashboard(self, transfer: str, amount: int | None = None) -> Obj:
        """A transfer is reversed by hand, without our metadata."""
        with self._step():
            found = transfers.get_transfer(self.world, transfer)
            return show(self.world, reversals.reverse_transfer(self.world, found, amount, {}))

    def transfer_in_dashboard(self, destination: str, amount: int, currency: str, **more: str) -> Obj:
        """A transfer is sent by hand; `more` are further parameters of POST /v1/transfers."""
        with self._step():
            form = {"destination": destination, "amount": str(amount), "currency": currency, **more}
            return show(self.world, transfers.create_transfer(self.world, Params(form)))

    def refund_in_dashboard(self, charge: str, amount: int | None = None) -> Obj:
        """A charge is refunded by hand, without our metadata."""
        with self._step():
            found = charges.get_charge(self.world, charge)
            refund = refunds.refund_charge(self.world, found, amount, reason=None, metadata={})
            return show(self.world, refund)

    def succeed_refund(self, refund: str) -> Obj:
        with self._step():
            return show(self.world, refunds.succeed_refund(self.world, refund))

    def fail_refund(self, refund: str, reason: str = "expired_or_canceled_card") -> Obj:
        with self._step():
            return show(self.world, refunds.fail_refund(self.world, refund, reason))

    def open_dispute(self, charge: str, amount: int | None = None, *, inquiry: bool = False) -> Obj:
        with self._step():
            return show(self.world, disputes.open_dispute(self.world, charge, amount, inquiry=inquiry))

    def escalate_dispute(self, dispute: str) -> Obj:
        with self._step():
            return show(self.world, disputes.escalate_inquiry(self.world, dispute))

    def close_dispute(self, dispute: str, outcome: str) -> Obj:
        """`outcome` is won or lost."""
        with self._step():
            return show(self.world, disputes.close_dispute(self.world, dispute, outcome))
