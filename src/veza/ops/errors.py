"""The errors that end a command: its sentence and its exit code.

Errors of modules stand in the one table of `http/errors`. Here are those that reach the command line alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from veza.http.errors.table import kind_of
from veza.http.problems import INVALID_REQUEST
from veza.http.serving import CannotListen
from veza.ingest.encodings import UnknownEncoding
from veza.ingest.sources import BadSource
from veza.ingest.undo import UnknownRun
from veza.kit.work_folders import DiskFull
from veza.lab.demo.documented_password import DemoAccountsOpen
from veza.lab.sandbox.state import DamagedState
from veza.lab.scenarios.player import UnknownScenario
from veza.lab.simulator.ground import NotASimulatorsDatabase
from veza.money.catch_up import CatchUpFailed
from veza.money.provider_account import NoAccountId
from veza.ops.import_report import NoSuchArtist
from veza.ops.money_views import NoSuchState
from veza.ops.operator_token import NoToken
from veza.ops.running import FolderInUse, FolderUnusable, NothingRuns
from veza.ops.sandbox_beside import WAY_ON, NotTogether
from veza.ops.sandbox_lock import StateInUse
from veza.ops.sandbox_server import BadState

WRONG, SENSELESS = 1, 2
"""Exit codes: something is wrong; the command makes no sense as it was typed."""

EXIT_CODES: Mapping[type[Exception], int] = {
    BadSource: SENSELESS,
    BadState: WRONG,
    CannotListen: WRONG,
    CatchUpFailed: WRONG,
    DamagedState: WRONG,
    DiskFull: WRONG,
    DemoAccountsOpen: WRONG,
    FolderInUse: WRONG,
    FolderUnusable: WRONG,
    NoAccountId: SENSELESS,
    NoSuchArtist: SENSELESS,
    NoSuchState: SENSELESS,
    NoToken: WRONG,
    NotASimulatorsDatabase: SENSELESS,
    NotTogether: WRONG,
    NothingRuns: WRONG,
    StateInUse: WRONG,
    UnknownEncoding: SENSELESS,
    UnknownRun: SENSELESS,
    UnknownScenario: SENSELESS,
}
"""Error → exit code."""


def ending_of(error: Exception) -> tuple[str, int]:
    """The sentence and the exit code of a command that the error ends, as it or the nearest of its base classes is
    listed; raises the error itself where no table lists it: a mistake of ours."""
    said = f"{error}; {WAY_ON}" if isinstance(error, DamagedState) else str(error)
    for one in type(error).__mro__:
        if one in EXIT_CODES:
            return said, EXIT_CODES[one]
    return said, SENSELESS if kind_of(error) is INVALID_REQUEST else WRONG
