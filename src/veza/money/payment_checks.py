"""Looks at payments: the charge with its refunds and disputes, or, before there is one, the pay page and the intent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import structlog

from veza.kit.database import Session
from veza.kit.database_trouble import DatabaseUnavailable
from veza.kit.messages import gettext, message_of
from veza.money import disputes, findings, odd_objects, payment_frame, payment_progress, payments, refund_facts, sales
from veza.money.attempts import backoff
from veza.money.checks import Check, Checks
from veza.money.findings import FindingKind
from veza.money.payment_frame import PaymentFrame
from veza.money.sales import CHARGE_CHECK
from veza.money.stripe.answers import Answer
from veza.money.stripe.payment_states import Seen

log = structlog.get_logger(__name__)

WHY = gettext("fetched by the check worker")
ProviderObject = Mapping[str, Any]


class PaymentChecks(Checks):
    """What the provider has of one payment, merged like any other news."""

    async def _payment(self, check: Check) -> None:
        async with self.database.read() as session:
            payment = await payments.find(session, check.payment_id)
        if payment.stripe_charge_id is not None:
            await self._charge(check, payment.stripe_charge_id)
        elif payment.stripe_checkout_session_id is not None:
            await self._checkout(check, payment.stripe_checkout_session_id, is_unwanted=payment.unwanted_at is not None)
        elif payment.stripe_payment_intent_id is not None:
            answer = await self.gateway.payment_intent(payment.stripe_payment_intent_id)
            await self._follow(check, answer, Seen.of_intent(answer.object))
        else:
            async with self.database.write(self.name) as session:
                await self._set(session, check, None)

    async def _charge(self, check: Check, charge_id: str) -> None:
        answer = await self.gateway.charge(charge_id)
        refunded = await self.gateway.refunds_of(charge_id)
        disputed = await self.gateway.disputes_of(charge_id)
        failed = refunded.failed or disputed.failed if answer.is_ok else answer
        if failed is not None:
            await self._later(check, failed)
            return
        await self._record(check, answer.object, (*refunded.items, *disputed.items))
        async with self.database.write(self.name) as session:
            payment = await payments.lock(session, check.payment_id)
            is_settled = payment.cleared_at is not None or payment.held_because_id is not None
            again = session.now + backoff(CHARGE_CHECK, timedelta(hours=1), check.count)
            await self._set(session, check, None if is_settled else again, count=check.count + 1)

    async def _record(self, check: Check, charge: ProviderObject, others: Sequence[ProviderObject]) -> None:
        """Record the charge and what belongs to it, in one transaction; where one of them cannot be, each by itself."""
        objects = (charge, *others)
        try:
            async with self.database.write(self.name) as session:
                frame = await payment_frame.lock(session, check.payment_id)
                for one in objects:
                    await _merge(session, frame, one)
            return
        except DatabaseUnavailable:
            raise
        except Exception as error:
            log.info("check.one_by_one", payment_id=str(check.payment_id), reason=f"{type(error).__name__}: {error}")
        for one in objects:
            try:
                async with self.database.write(self.name) as session:
                    await _merge(session, await payment_frame.lock(session, check.payment_id), one)
            except DatabaseUnavailable:
                raise
            except Exception as error:
                log.exception("check.odd_object", object=one.get("id"))
                said = gettext(
                    "{object_kind} {object_id} cannot be recorded ({kind}: {error})",
                    object_kind=one.get("object"),
                    object_id=one.get("id"),
                    kind=type(error).__name__,
                    error=message_of(error),
                )
                mend = gettext("look at it at the provider; it was left out, everything else was recorded")
                async with self.database.write(self.name) as session:
                    await findings.report(
                        session, FindingKind.ODD_OBJECT, str(one.get("id")), said, mend=mend,
                        payment_id=check.payment_id,
                    )  # fmt: skip

    async def _checkout(self, check: Check, session_id: str, *, is_unwanted: bool) -> None:
        # Closing twice does no harm, so each try has its own key: a stored 500 cannot stand in the way.
        key = f"veza-expire-{check.payment_id}-{check.due_at.timestamp():.0f}"
        answer = await self.gateway.expire_checkout_session(session_id, key=key) if is_unwanted else None
        if answer is None or not answer.is_ok:
            answer = await self.gateway.checkout_session(session_id)
        await self._follow(check, answer, Seen.of_session(answer.object))

    async def _follow(self, check: Check, answer: Answer, seen: Seen) -> None:
        if not answer.is_ok:
            await self._later(check, answer)
            return
        async with self.database.write(self.name) as session:
            frame = await payment_frame.lock(session, check.payment_id)
            payment = frame.payment
            if payment.stripe_charge_id is not None:
                return  # its charge came in the meantime and is looked at when that said so
            again = await payment_progress.follow(session, frame, seen, because=WHY, request_id=answer.request_id)
            if payment.stripe_charge_id is None:
                await self._set(session, check, again, count=payment.check_count)


async def _merge(session: Session, frame: PaymentFrame, seen: ProviderObject) -> None:
    kind = seen.get("object")
    if not await odd_objects.readable_or_told(session, frame.payment.id, [seen]):
        return
    if kind == "refund":
        await refund_facts.record(session, frame, seen, because=WHY)
    elif kind == "dispute":
        await disputes.record(session, frame, seen, because=WHY)
    else:
        await sales.charge_seen(session, frame, seen, because=WHY)
