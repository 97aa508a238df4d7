"""One Veza to a folder, and where it answers: commands find their own Veza by its VAR_DIR, never by a port alone.

`veza serve` holds a lock on VAR_DIR as long as it lives, a crash included, and notes its process id and address beside
the lock. Without a holder of the lock the note is of a Veza that is gone.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from filelock import FileLock, Timeout
from sqlalchemy.engine import make_url

from veza.kit.messages import gettext
from veza.lab.sandbox import belonging
from veza.settings import SANDBOX_PATH, Settings

LOCK, NOTE = "veza.lock", "running.json"
ANSWER_SECONDS = 10.0
PATIENCE_SECONDS = 0.5
"""A command that looks whether the lock is held has it for an instant itself."""


class FolderInUse(Exception):
    """Another Veza runs on VAR_DIR; says which, and the ways on."""


class FolderUnusable(Exception):
    """VAR_DIR cannot be written to; names it and says what to do."""


class NothingRuns(Exception):
    """No Veza runs on VAR_DIR, and the command needs the sandbox that lives in one."""


@dataclass(frozen=True, slots=True)
class Running:
    """The Veza that holds VAR_DIR: its process id, the address this machine reaches it under, and its database."""

    process: int
    address: str
    database: str


@contextmanager
def held(settings: Settings) -> Iterator[None]:
    """Hold VAR_DIR inside the block. Raises FolderInUse and FolderUnusable."""
    lock = _lock(settings)
    try:
        lock.acquire(timeout=PATIENCE_SECONDS)
    except Timeout:
        raise FolderInUse(in_use(settings)) from None
    except OSError as error:
        raise _unusable(settings, error) from None
    try:
        note(settings, address="")  # its process id is known before its address is
        _keep_from_git(settings)
        yield
    finally:
        with contextlib.suppress(OSError):
            (settings.var_dir / NOTE).unlink(missing_ok=True)
        lock.release()


def _keep_from_git(settings: Settings) -> None:
    """Write a `.gitignore` into VAR_DIR, so that `git add` in a checkout around it skips tokens and keys."""
    ignore = settings.var_dir / ".gitignore"
    if ignore.exists():
        return
    try:
        ignore.write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise _unusable(settings, error) from None


def note(settings: Settings, address: str) -> None:
    """Write down that this process answers at `address`; only for the holder of VAR_DIR. Raises FolderUnusable."""
    said = Running(os.getpid(), address, fingerprint(settings))
    path = settings.var_dir / NOTE
    half = path.with_suffix(".new")
    try:
        half.write_text(json.dumps(asdict(said)) + "\n", encoding="utf-8")
        half.replace(path)
    except OSError as error:
        raise _unusable(settings, error) from None


def find(settings: Settings) -> Running | None:
    """The Veza that runs on VAR_DIR now; None when none does. Changes nothing, not even an absent folder."""
    path = settings.var_dir / LOCK
    if not path.exists():
        return None
    try:
        with FileLock(path, timeout=0, thread_local=False):
            return None
    except Timeout:
        return _read_note(settings)
    except OSError:  # another user's folder: the note is all that can be read of it
        return _read_note(settings)


def of_this_shop(settings: Settings) -> Running:
    """The Veza that runs on VAR_DIR, with the same database. Raises NothingRuns for none, and for another's."""
    running = find(settings)
    if running is None or not running.address:
        raise NothingRuns(
            gettext(
                "no `veza serve` runs on VAR_DIR {var_dir}, and the sandbox lives in one: start it, "
                "or name the folder of the one that runs, such as VAR_DIR=another",
                var_dir=settings.var_dir,
            )
        )
    if running.database != fingerprint(settings):
        raise NothingRuns(
            gettext(
                "the `veza serve` on VAR_DIR {var_dir} (process {process}) has another database than "
                "DATABASE_URL names here: its sandbox knows nothing of this one's sales",
                var_dir=settings.var_dir,
                process=running.process,
            )
        )
    return running


async def own_veza(settings: Settings, operator_token: str) -> Settings:
    """The settings with the address of the Veza that runs on VAR_DIR, after it and we have proved to each other that we
    belong together; unchanged where the provider is not a sandbox inside `veza serve`. Raises NothingRuns."""
    if not settings.hosts_sandbox:
        return settings
    running = of_this_shop(settings)
    await _prove(running, operator_token)
    where = urlsplit(running.address)
    return settings.model_copy(update={"host": where.hostname, "port": where.port})


async def _prove(running: Running, secret: str) -> None:
    import aiohttp  # a fifth of a second: only who asks the sandbox pays it

    challenge = secrets.token_urlsafe(16)
    asked = {"challenge": challenge, "proof": belonging.proof("shop", secret, challenge)}
    url = f"{running.address}{SANDBOX_PATH}{belonging.PATH}"
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(ANSWER_SECONDS)) as http,
            http.get(url, params=asked) as answer,
        ):
            said = await answer.json(content_type=None) if answer.status == 200 else {}
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        reason = str(error) or type(error).__name__
        raise NothingRuns(
            gettext(
                "the Veza on {address} (process {process}) does not answer: {reason}",
                address=running.address,
                process=running.process,
                reason=reason,
            )
        ) from None
    given = str(said.get("proof", "")) if isinstance(said, dict) else ""
    if not belonging.is_proof(given, "sandbox", secret, challenge):
        raise NothingRuns(
            gettext(
                "what answers on {address} is not the Veza of this VAR_DIR: its sandbox does not "
                "know our operator token; nothing was asked of it",
                address=running.address,
            )
        )


def in_use(settings: Settings) -> str:
    """The sentence for a folder that another Veza holds."""
    running = _read_note(settings)
    where = f" on {running.address}" if running and running.address else ""
    who = f"process {running.process}{where}" if running else "a process that left no note"
    return (
        f"VAR_DIR {settings.var_dir} is in use by another Veza ({who}): stop that one"
        f"{f' (kill {running.process})' if running else ''}, or choose another folder, such as VAR_DIR=another"
    )


def fingerprint(settings: Settings) -> str:
    """Which database the settings name, without its password, comparable between two processes."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite":
        said = str(Path(url.database).resolve()) if url.database else ""
    else:
        said = f"{url.host}:{url.port or 5432}/{url.database}"
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _lock(settings: Settings) -> FileLock:
    try:
        settings.var_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(settings, error) from None
    return FileLock(settings.var_dir / LOCK, mode=0o600, thread_local=False)


def _unusable(settings: Settings, error: OSError) -> FolderUnusable:
    return FolderUnusable(
        gettext(
            "cannot write to VAR_DIR {var_dir} ({strerror}): make it a folder we may write to, "
            "or choose another, such as VAR_DIR=another",
            var_dir=settings.var_dir,
            strerror=error.strerror or error,
        )
    )


def _read_note(settings: Settings) -> Running | None:
    try:
        said = json.loads((settings.var_dir / NOTE).read_text(encoding="utf-8"))
        return Running(int(said["process"]), str(said["address"]), str(said["database"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
