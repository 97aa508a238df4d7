"""A process that has imported Veza and forks itself for each command: `python -m veza` without a second of imports.

    python -m tests.fork_server DESCRIPTOR

The descriptor is a socket of whole messages (tests/commands.py has its other end). A message is a JSON object of
`arguments`, `cwd` and `environment`, and three descriptors: the command's stdout and stderr, and a socket on which two
messages are sent: the command's process id, and in the end its exit code (-N: ended by signal N) and the processor
seconds that it and its own processes took.

Server, keeper, command: the keeper is forked by the server, forks the command, and waits for its end. Each of the three
ends when the one before it does, and the server when its socket is closed.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import pkgutil
import runpy
import signal
import socket
import sys
import tempfile
import time
from contextlib import suppress
from typing import Any

REQUEST_BYTES = 128 * 1024
DESCRIPTORS = 3
ENDS_WITH_ITS_PARENT = 1
"""PR_SET_PDEATHSIG of prctl(2)."""
FOUND_BY_NAME = (
    "aiosqlite", "alembic.command", "anyio._backends._asyncio", "asyncpg", "babel.dates", "babel.numbers",
    "litestar.plugins.attrs", "litestar.plugins.pydantic.plugins.init", "pydantic.v1", "rich.progress",
    "sqlalchemy.dialects.postgresql.asyncpg", "sqlalchemy.dialects.sqlite.aiosqlite", "stripe.v2.core",
    "stripe._stripe_client", "typer._adapters", "uvicorn.lifespan.on", "uvicorn.protocols.http.httptools_impl",
    "uvicorn.protocols.websockets.auto", "uvloop",
)  # fmt: skip
"""What a command imports that no module of Veza does at its top."""


def warm_up() -> None:
    """Import every module of Veza, and let SQLAlchemy read its tables."""
    import veza

    for module in pkgutil.walk_packages(veza.__path__, "veza."):
        if module.name != "veza.__main__":  # it is what a command runs
            importlib.import_module(module.name)
    for name in FOUND_BY_NAME:
        importlib.import_module(name)
    importlib.import_module("sqlalchemy.orm").configure_mappers()
    gc.collect()
    gc.freeze()


def serve(control: socket.socket) -> dict[str, Any]:
    """Fork for each message. Returns in the process of a command alone, with what it was asked for."""
    while True:
        message, received, _, _ = socket.recv_fds(control, REQUEST_BYTES, DESCRIPTORS)
        with suppress(ChildProcessError):  # keepers of commands that have ended
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not message:
            os._exit(0)
        if os.fork() == 0:
            control.close()
            return keep(json.loads(message), received)
        for descriptor in received:
            os.close(descriptor)


def keep(asked: dict[str, Any], received: list[int]) -> dict[str, Any]:
    """Fork the command and tell its process id and its end. Returns in its process alone."""
    _end_with_parent()
    *streams, told = received
    command = os.fork()
    if command == 0:
        _end_with_parent()
        os.close(told)
        for number, descriptor in enumerate(streams, start=1):
            os.dup2(descriptor, number)
    for descriptor in streams:  # a pipe ends with the command, not with its keeper
        os.close(descriptor)
    if command == 0:
        return asked
    with socket.socket(fileno=told) as telling, suppress(OSError):  # the test may have left by then
        telling.send(str(command).encode())
        _, status, used = os.wait4(command, 0)
        telling.send(f"{os.waitstatus_to_exitcode(status)} {used.ru_utime + used.ru_stime:.3f}".encode())
    os._exit(0)


def become(arguments: list[str], cwd: str, environment: dict[str, str]) -> None:
    """Make this process what `python -m veza` is in its first line."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    tempfile.tempdir = None
    os.chdir(cwd)
    sys.path[0] = cwd
    sys.argv[1:] = arguments
    sys.stdout.reconfigure(line_buffering=os.isatty(1))  # type: ignore[union-attr]  # it is a file here


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(ENDS_WITH_ITS_PARENT, signal.SIGKILL)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the commands and for who started us
    warm_up()
    become(**serve(socket.socket(fileno=int(sys.argv[1]))))
    # Here and not in a function: what ends the interpreter ends it as it would end `python -m veza`.
    if sys.argv[1:2] == ["-m"]:  # a module of the tests
        del sys.argv[1]
        runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
    else:
        runpy.run_module("veza", run_name="__main__", alter_sys=True)
