"""The one table of errors: which kind of problem each error of a module is, at every door."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from inspect import getmembers, isclass
from pathlib import Path
from pkgutil import walk_packages

import pytest

import veza
from veza.http import problems
from veza.http.errors.table import ERRORS, KINDS, kind_of
from veza.http.problems import BAD_AMOUNT, NOT_FOUND, problems_page
from veza.kit.money import BadAmount
from veza.money.payments import UnknownPayment
from veza.money.refunds import RefundExceedsPayment
from veza.ops.errors import EXIT_CODES

NOT_OF_A_MODULE = ("api", "app", "http", "lab", "ops", "settings", "web")
"""Doors, what they stand on and what only operators start: they answer their own errors."""
REACH_NO_DOOR = {
    "grpc.statuses.BadArgument": "its own door answers it, as an invalid request",
    "audio.apart.NotRendered": "the worker's reason for a file that failed",
    "audio.decoding.TooLong": "its child process answers it as NotRendered",
    "audio.sources.NotSound": "its child process answers it as NotRendered",
    "ingest.track_jobs.JobLost": "ends an attempt of the worker, which says nothing more",
    "ingest.track_jobs.TrackGone": "ends an attempt of the worker, which removes the files",
    "ingest.joining.NoTrack": "the worker's reason for a refusal",
    "ingest.reading_apart.NotRead": "the worker goes on without tags",
    "ingest.upload_parts.PartsMissing": "the worker's reason for a refusal",
    "ingest.sources.UnreadableFile": "a line of the import's report",
    "streaming.listenbrainz.ListensRefused": "the worker leaves the listen out",
    "streaming.listenbrainz.NotTaken": "the worker tries again; who connects is told as ServerSilent",
    "streaming.listenbrainz.TokenRefused": "the worker ends the connection; who connects is told as BadToken",
    "streaming.download_space.NoSpace": "the worker's reason for a download that waits or failed",
    "kit.database_trouble.ReaderWrites": "a mistake of ours",
    "kit.mail_relay.NotDelivered": "the mail worker records it, the doctor shows it",
    "kit.object_parts.GivenUp": "ends a write inside the store of objects",
    "kit.secret_box.BadKeys": "the command line says it as NoKeys",
    "kit.secret_box.CannotOpen": "a stored secret without its key: an operator's matter, in the log",
    "kit.signing.BadSignature": "a link or cookie without it counts as none",
    "kit.turns.NoTurn": "accounts.passwords says it as its own Busy",
    "market.gone.OrdersStay": "fails the handler of an event, which the outbox delivers again",
    "money.checkout.PageOver": "the route opens a new page in its place",
    "money.ledger.UnbalancedPosting": "a mistake of ours",
    "money.provider_account.AccountUnknown": "money says it as its own CannotReconcile or CatchUpFailed",
    "money.provider_lists.ListEndedEarly": "money says it as its own CannotReconcile or CatchUpFailed",
    "money.stripe.gateway.OutOfTime": "the attempt's worker gives its claim back",
    "money.stripe.live.SilentLine": "becomes an answer without content",
    "money.webhook_events.NotOurs": "the inbox records it",
}
"""Error of a module that no table lists → why."""


CATCHES_ALL = {
    "declared.py": "shows the page of a refused form again",
    "account_pages.py": "mailed links: the secret in the link is who asks",
    "refund_pages.py": "the same",
    "operator/office.py": "names the way on from what is not there",
    "operator/finding_mends.py": "a comparison goes on after its page is gone: the log says how it ended",
}
"""File of the site that catches every error → why."""


class OddAmount(BadAmount):
    """An error of a module that the table does not name."""


def _errors_of_modules() -> Iterator[type[Exception]]:
    for found in walk_packages(veza.__path__, "veza."):
        if found.name.split(".")[1] in (*NOT_OF_A_MODULE, "__main__"):
            continue
        for _, one in getmembers(import_module(found.name), isclass):
            if issubclass(one, Exception) and one.__module__ == found.name:
                yield one


def test_every_error_of_a_module_is_listed() -> None:
    """Itself or, where both stand in one file, by its base class; the command line lists what it alone meets."""
    listed = ERRORS.keys() | EXIT_CODES.keys()
    unlisted, seen = set(), 0
    for error in _errors_of_modules():
        seen += 1
        beside = {one for one in error.__mro__ if one.__module__ == error.__module__}
        if not beside & listed:
            unlisted.add(f"{error.__module__}.{error.__qualname__}".removeprefix("veza."))
    assert unlisted == set(REACH_NO_DOOR)
    assert seen > len(ERRORS)


def test_every_kind_in_the_table_is_on_the_page_of_problems() -> None:
    assert {kind.slug for kind in ERRORS.values()} <= {kind.slug for kind in KINDS}
    page = problems_page(KINDS)
    assert [kind.slug for kind in KINDS if kind.uri not in page] == []


def test_no_page_has_an_error_path_of_its_own_but_those_named() -> None:
    root = Path(veza.__file__).parent / "web"
    catching = {
        str(path.relative_to(root))
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler) and ast.unparse(node.type or ast.Name("Exception")) == "Exception"
    }
    assert catching == CATCHES_ALL.keys()


def test_no_two_kinds_share_a_type() -> None:
    assert [uri for uri, count in Counter(kind.uri for kind in KINDS).items() if count > 1] == []


def test_every_kind_of_a_module_has_an_example() -> None:
    assert [kind.slug for kind in KINDS if kind not in problems.KINDS and not kind.example] == []


def test_an_error_has_the_kind_of_its_nearest_listed_base() -> None:
    assert kind_of(UnknownPayment.__new__(UnknownPayment)) is NOT_FOUND
    assert kind_of(OddAmount.__new__(OddAmount)) is BAD_AMOUNT
    assert kind_of(RefundExceedsPayment.__new__(RefundExceedsPayment)).slug == "refund-exceeds-payment"


def test_an_error_that_is_not_listed_is_raised_on() -> None:
    with pytest.raises(RuntimeError, match="unforeseen"):
        kind_of(RuntimeError("unforeseen"))
