"""What an answer means: one table for reversals, one for transfers, one for refunds.

Read top down; the first row that matches decides. The tables are printed into docs/money-answers.md.
Sources: docs.stripe.com/error-handling, /error-codes, /idempotent_requests, recorded answers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from veza.kit.messages import gettext
from veza.money.stripe.answers import Answer


class Meaning(StrEnum):
    """What happened to the request, as far as an answer can tell."""

    DONE = "done"
    NOT_DONE_YET = "not_done_yet"
    REFUSED = "refused"
    TAKEN_BY_OTHERS = "taken_by_others"
    NO_SUCH_OBJECT = "no_such_object"
    OTHER_MODE = "other_mode"
    BALANCE_TOO_LOW = "balance_too_low"
    ACCOUNT_GONE = "account_gone"
    SLOW_DOWN = "slow_down"
    OBJECT_BUSY = "object_busy"
    KEY_IN_USE = "key_in_use"
    KEY_REUSED = "key_reused"
    NOT_ALLOWED = "not_allowed"
    FORBIDDEN = "forbidden"
    SERVER_ERROR = "server_error"
    SERVER_ERROR_REPLAYED = "server_error_replayed"
    SILENCE = "silence"
    NO_CALL_MADE = "no_call_made"


PROVIDER_LEVEL = frozenset({Meaning.SERVER_ERROR, Meaning.SILENCE})
"""Failures of the provider itself, not of the row: STRIPE_BREAKER_THRESHOLD of them in a row open the breaker.

A replayed 5xx does not: the provider answers, with what it stored under that one key.
"""

ROWS_TO_OPEN = {Meaning.NOT_ALLOWED: 1, Meaning.FORBIDDEN: 2, Meaning.OTHER_MODE: 2, Meaning.NO_SUCH_OBJECT: 3}
"""Answers of a wrong key, account or mode, and how many different rows in a row must get one to open the breaker.

A 401 is about the key alone. For the others one row may be wrong itself while all others pass: its seller's account is
out of reach, its object is of the other mode. A 404 takes three: one lost object is likelier than a wrong key.
"""

COUNTED = frozenset({Meaning.SERVER_ERROR, Meaning.SERVER_ERROR_REPLAYED, Meaning.SILENCE})
"""Failures that use up a retry (unless the breaker is open)."""

STILL_UNKNOWN = COUNTED | {
    Meaning.SLOW_DOWN,
    Meaning.OBJECT_BUSY,
    Meaning.KEY_IN_USE,
    Meaning.NOT_ALLOWED,
    Meaning.FORBIDDEN,
    Meaning.NOT_DONE_YET,
}
"""Answers that settle nothing about this or an earlier send: the key stays. A refusal earns a new key."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table: `answer` and `then` are for people, `matches` for the machine."""

    answer: str
    means: Meaning
    then: str
    matches: Callable[[Answer], bool]


def classify(table: tuple[Row, ...], answer: Answer) -> Meaning:
    """The meaning of `answer` by the first row that matches; every table ends with one that always does."""
    return next(row.means for row in table if row.matches(answer))


def _status(*codes: int) -> Callable[[Answer], bool]:
    return lambda answer: answer.status in codes


def _code(*codes: str) -> Callable[[Answer], bool]:
    return lambda answer: answer.status is not None and answer.status >= 400 and answer.error_code in codes


def _object_status(*statuses: str) -> Callable[[Answer], bool]:
    return lambda answer: answer.is_ok and answer.object.get("status") in statuses


def _says(*phrases: str) -> Callable[[Answer], bool]:
    return lambda answer: answer.status == 400 and any(phrase in answer.message for phrase in phrases)


def _silent(answer: Answer) -> bool:
    if answer.status is None or answer.status == 424 or 300 <= answer.status < 400:
        return True
    return answer.status < 400 and not answer.is_ok


def _server_error(answer: Answer) -> bool:
    return answer.status is not None and answer.status >= 500


def _unknown_answers(to_see: str) -> tuple[Row, ...]:
    """After these it may have happened; `to_see` says what shows that it has not."""
    return (
        Row(
            "timeout, connection lost, unreadable body, 3xx, 424",
            Meaning.SILENCE,
            "silence: same key, counts a retry",
            _silent,
        ),
        Row(
            "5xx with `Idempotent-Replayed: true`",
            Meaning.SERVER_ERROR_REPLAYED,
            f"counts a retry; a new key only ≥ 10 min after the last send, when {to_see}",
            lambda answer: _server_error(answer) and answer.replayed,
        ),
        Row("5xx", Meaning.SERVER_ERROR, "unknown, may still run: same key, counts a retry", _server_error),
    )


_ABOUT_THE_REQUEST = (
    Row(
        "429 `lock_timeout`",
        Meaning.OBJECT_BUSY,
        "same key, this row a little later, costs no retry",
        lambda answer: answer.status == 429 and answer.error_code == "lock_timeout",
    ),
    Row(
        "429 `rate_limit`",
        Meaning.SLOW_DOWN,
        "same key, all workers ease off, costs no retry",
        _status(429),
    ),
    Row(
        "409 `idempotency_key_in_use`",
        Meaning.KEY_IN_USE,
        "our earlier attempt still runs: same key, soon, costs no retry",
        _status(409),
    ),
    Row(
        "400 type `idempotency_error`",
        Meaning.KEY_REUSED,
        "same key, other body, our bug: look up; adopt, or permanently_failed and alarm",
        lambda answer: answer.error_type == "idempotency_error",
    ),
    Row("401", Meaning.NOT_ALLOWED, "breaker opens, alarm, no row loses a retry", _status(401)),
    Row(
        "403",
        Meaning.FORBIDDEN,
        "same key, costs no retry; two in a row over different rows open the breaker; one row alone is a finding",
        _status(403),
    ),
    Row(
        "404 with a message about the other mode",
        Meaning.OTHER_MODE,
        "acts like 403",
        lambda answer: (
            answer.status == 404
            and ("exists in live mode" in answer.message or "exists in test mode" in answer.message)
        ),
    ),
)

_REFUSAL = Row("any other 4xx", Meaning.REFUSED, "refusal: look up, then permanently_failed", lambda answer: True)

NO_CALL = Answer(None, silence=gettext("no call made"))
"""What stands for the answer where nothing was asked."""

REVERSALS: tuple[Row, ...] = (
    Row(
        "the row has no `stripe_transfer_id` (legacy)",
        Meaning.NO_CALL_MADE,
        "nothing to reverse there: permanently_failed, **no call made**",
        lambda answer: answer.silence == NO_CALL.silence,
    ),
    Row(
        "200 with `status` pending",
        Meaning.NOT_DONE_YET,
        "not done yet: look again",
        _object_status("pending", "processing"),
    ),
    Row("200 with `status` failed or canceled", Meaning.REFUSED, "refusal", _object_status("failed", "canceled")),
    Row("200", Meaning.DONE, "succeeded, `trr_…` stored", lambda answer: answer.is_ok),
    *_unknown_answers("a look-up finds nothing and the amount reversed is what we know"),
    Row(
        "403 `account_invalid`: the seller's account is gone",
        Meaning.REFUSED,
        "refusal: look up, then permanently_failed, seller debt",
        _code("account_invalid"),
    ),
    *_ABOUT_THE_REQUEST,
    Row(
        "404 `resource_missing`",
        Meaning.NO_SUCH_OBJECT,
        "permanently_failed; three in a row over different transfers act like 401",
        _status(404),
    ),
    Row(
        "400 `balance_insufficient`",
        Meaning.BALANCE_TOO_LOW,
        "costs no retry: again after REVERSAL_BALANCE_RETRY with a new key, sooner on `balance.available`; after"
        " REVERSAL_BALANCE_MAX permanently_failed, seller debt",
        _code("balance_insufficient", "insufficient_funds"),
    ),
    Row(
        "400 “… is already fully reversed.”, or an amount above what is left",
        Meaning.TAKEN_BY_OTHERS,
        "list: ours found → adopt; not ours → record theirs, ours canceled “covered by trr_…”; then rebalance",
        _says("already fully reversed", "greater than", "exceeds", "more than"),
    ),
    _REFUSAL,
)

TRANSFERS: tuple[Row, ...] = (
    Row("200", Meaning.DONE, "completed, `tr_…` stored", lambda answer: answer.is_ok),
    *_unknown_answers("a look-up finds nothing"),
    Row(
        "400 “No such destination”, or 403 `account_invalid`: the seller's account is gone",
        Meaning.ACCOUNT_GONE,
        "waits like a reversal short of balance, with a new key, costs no retry, and is a finding; sent to the new"
        " account once the seller has onboarded anew",
        lambda answer: _code("account_invalid")(answer) or _says("No such destination")(answer),
    ),
    *_ABOUT_THE_REQUEST,
    Row(
        "400 `balance_insufficient`, or the account lacks the capability",
        Meaning.BALANCE_TOO_LOW,
        "waits like a reversal short of balance, with a new key, and costs no retry",
        _code(
            "balance_insufficient",
            "insufficient_funds",
            "insufficient_capabilities_for_transfer",
            "transfers_not_allowed",
            "capability_not_enabled",
        ),
    ),
    _REFUSAL,
)

REFUNDS: tuple[Row, ...] = (
    Row(
        "200 with `status` succeeded, pending, requires_action, failed or canceled",
        Meaning.DONE,
        "the refund takes that status, `re_…` stored",
        lambda answer: answer.is_ok,
    ),
    *_unknown_answers("a look-up finds nothing"),
    *_ABOUT_THE_REQUEST,
    Row(
        "400 `balance_insufficient`",
        Meaning.BALANCE_TOO_LOW,
        "the platform's balance is too low: waits, with a new key, and costs no retry",
        _code("balance_insufficient", "insufficient_funds"),
    ),
    Row(
        "400 `charge_already_refunded`, or an amount above what is left",
        Meaning.TAKEN_BY_OTHERS,
        "list: ours found → adopt; theirs recorded (cause: provider); ours refused",
        lambda answer: (
            answer.error_code == "charge_already_refunded"
            or _says("greater than", "already been refunded", "exceeds")(answer)
        ),
    ),
    _REFUSAL,
)
