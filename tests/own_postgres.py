"""A PostgreSQL server of one test alone, which it may stop, kill, freeze and start again.

Debian's programs, on a free port of 127.0.0.1, in a temporary folder; PostgreSQL refuses to run as root, so that root
starts it as the user `postgres`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.waiting import wait_until

START_SECONDS = 60
RESTORE_TRIES = 5
SETTINGS = (
    "fsync=off",
    "full_page_writes=off",
    "shared_buffers=16MB",
    "max_connections=40",
    "unix_socket_directories=",
    "listen_addresses=127.0.0.1",
    "logging_collector=off",
)


def programs() -> Path | None:
    """The folder of initdb and pg_ctl, the newest version; None where PostgreSQL is not installed."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if versions:
        return versions[-1].parent
    found = shutil.which("initdb")
    return Path(found).parent if found else None


class OwnPostgres:
    """One cluster; every method returns once the server is in the state that its name says."""

    def __init__(self, folder: Path, bin_folder: Path) -> None:
        self._bin = bin_folder
        self._data = folder / "data"
        self._log = folder / "log"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._run("initdb", "--auth=trust", "--username=postgres", "--no-sync", "--encoding=UTF8", str(self._data))

    def url(self, database: str = "postgres") -> str:
        return f"postgresql+asyncpg://postgres@127.0.0.1:{self.port}/{database}"

    @property
    def pid(self) -> int:
        """The postmaster's process id."""
        return int((self._data / "postmaster.pid").read_text().split()[0])

    def start(self) -> None:
        """Start it and wait until it lets connections in."""
        options = " ".join(f"-c {one}" for one in (*SETTINGS, f"port={self.port}"))
        self._run(
            "pg_ctl",
            "start",
            "-w",
            "-t",
            str(START_SECONDS),
            "-D",
            str(self._data),
            "-l",
            str(self._log),
            "-o",
            options,
        )

    def stop(self, mode: str = "fast") -> None:
        """`fast` ends each session with 57P01, `immediate` as after a crash, `smart` waits for the sessions."""
        self._run("pg_ctl", "stop", "-w", "-t", str(START_SECONDS), "-m", mode, "-D", str(self._data))

    def crash(self) -> None:
        """`kill -9` of the postmaster; waits until its children, which notice that, have ended."""
        processes = [self.pid, *self._children()]
        os.kill(processes[0], signal.SIGKILL)
        wait_until(
            lambda: not any(_is_running(pid) for pid in processes), f"the end of {processes}", within=START_SECONDS
        )
        (self._data / "postmaster.pid").unlink(missing_ok=True)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Inside the block the server and each of its sessions hang: connections open, answers never come."""
        processes = [self.pid, *self._children()]
        for pid in processes:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in processes:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    @contextmanager
    def refusing(self, database: str) -> Iterator[None]:
        """Inside the block the server lets nothing into `database`: it ends sessions and refuses new ones."""
        self.sql(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS false')
        self.end_sessions()
        try:
            yield
        finally:
            self.sql(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS true')

    def end_sessions(self) -> None:
        """End each session but this one, as an administrator does: 57P01, while the server stays."""
        self.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend'"
                 " AND pid <> pg_backend_pid()")  # fmt: skip

    def dump(self, database: str) -> Path:
        """A backup of `database` with pg_dump, taken while everything goes on; removed with the server."""
        file = self._data.parent / f"{database}.dump"
        self._run("pg_dump", *self._where(database), "-Fc", "-f", str(file))
        return file

    def restore(self, database: str, dump: Path) -> None:
        """Put `dump` in the place of `database`, while processes use it: restored beside it, then exchanged."""
        beside = f"{database}_restored"
        self.sql(f'CREATE DATABASE "{beside}"')
        self._run("pg_restore", *self._where(beside), "--exit-on-error", str(dump))
        self.sql(f'DROP DATABASE "{database}" WITH (FORCE)')
        self.sql(f'ALTER DATABASE "{beside}" RENAME TO "{database}"')

    def restore_in_place(self, database: str, dump: Path) -> None:
        """Put `dump` over the tables of `database`, while processes use them: sessions stay, and wait for it to end.

        It locks one table after the other, so a session that uses two of them may stop it: then it is done again.
        """
        how = ("--clean", "--if-exists", "--single-transaction")
        for tries in range(1, RESTORE_TRIES + 1):
            try:
                self._run("pg_restore", *self._where(database), *how, str(dump))
                return
            except AssertionError as error:
                if "deadlock detected" not in str(error) or tries == RESTORE_TRIES:
                    raise

    def _where(self, database: str) -> tuple[str, ...]:
        return ("-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-d", database)

    def sql(self, statement: str, database: str = "postgres") -> str:
        """One statement with psql; returns what it prints."""
        return self._run(
            "psql", *self._where(database), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statement
        )

    def _children(self) -> list[int]:
        return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]

    def _run(self, program: str, *arguments: str) -> str:
        # Output to a file: the server inherits it, and a pipe would never end.
        with tempfile.TemporaryFile("w+") as said:
            done = subprocess.run(
                [str(self._bin / program), *arguments],
                stdin=subprocess.DEVNULL, stdout=said, stderr=said, cwd="/", check=False, **_as_postgres(),
            )  # fmt: skip
            said.seek(0)
            text = said.read()
        assert done.returncode == 0, f"{program} {' '.join(arguments)}: {text}"
        return text


@contextmanager
def own_postgres(bin_folder: Path) -> Iterator[OwnPostgres]:
    """A running server, gone at the end with all it wrote."""
    folder = Path(tempfile.mkdtemp(prefix="veza-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    server = None
    try:
        server = OwnPostgres(folder, bin_folder)
        server.start()
        yield server
    finally:
        if server is not None and (server._data / "postmaster.pid").exists():
            server.stop("immediate")
        shutil.rmtree(folder)


def _as_postgres() -> dict[str, object]:
    """Arguments of subprocess.run that make the child another user than root."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
