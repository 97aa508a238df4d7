"""Work that may take long or much memory, done by a child process while the event loop goes on.

One child process does one piece of work at a time. It is made for the first piece, and ends by itself when it has been
idle or has grown: the memory of a large picture goes back to the machine with it. A piece that takes too long is ended
with its process. Arguments and results cross as MessagePack, typed by the function's own annotations, so that a child
that was taken over by a hostile file can answer nothing but values of those types.
"""

from __future__ import annotations

import asyncio
import atexit
import importlib
import select
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import IO, Any, ParamSpec, TypeVar, get_type_hints

import msgspec

from veza.kit.messages import from_child, gettext, message_of, to_json

P = ParamSpec("P")
R = TypeVar("R")

LONGEST_SECONDS = 60.0
"""For one piece of work: the largest accepted picture needs 2 s, a receipt of forty long licences 25 s."""
MOST_WAITING = 32
"""Pieces of work that wait for the child; each holds its arguments, at most a picture of 15 MB."""
MEMORY_BYTES = 1536 * 1024 * 1024
"""Address space of the child: a picture of 50 million pixels takes half of it."""
GROWN_KILOBYTES = 192 * 1024
"""A child that has ever been larger ends after its answer; a new one starts within half a second."""
IDLE_SECONDS = 60.0
_LENGTH_BYTES = 4
_MOST_BYTES = 256 * 1024 * 1024


class Busy(Exception):
    """The queue of the child is full."""

    retry_after_seconds = 5

    def __init__(self) -> None:
        super().__init__(
            gettext(
                "{most_waiting} pictures and documents wait to be made: try again in a few seconds",
                most_waiting=MOST_WAITING,
            )
        )


class TookTooLong(Exception):
    """The piece of work was ended: it took too long, or more memory than it may have."""

    def __init__(self, what: str) -> None:
        super().__init__(
            gettext(
                "{what} took longer than {longest_seconds:g} s or more memory than it may have",
                what=what,
                longest_seconds=LONGEST_SECONDS,
            )
        )


class _Answer(msgspec.Struct):
    """What a child says: a result (encoded), or class and message (as JSON) of what was raised; whether it ends now."""

    result: bytes = b""
    raised: str = ""
    said: str = ""
    ends: bool = False


class _Call(msgspec.Struct):
    """One piece of work: a function by its module and name, and its positional arguments, each encoded."""

    module: str
    name: str
    arguments: list[bytes]


class Elsewhere:
    """One child process and its queue; `run` may be called from any event loop of this process."""

    def __init__(self) -> None:
        self._thread: ThreadPoolExecutor | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._waiting = 0

    async def run(self, work: Callable[P, R], *arguments: P.args, **_: P.kwargs) -> R:
        """`work(*arguments)` in the child. `work` is a function of a module, with annotations.

        Raises Busy, TookTooLong, and an exception that `work` raises: as itself where its class stands in the module
        of `work` and takes one sentence, else as RuntimeError.
        """
        with self._lock:
            if self._waiting >= MOST_WAITING:
                raise Busy
            self._waiting += 1
            self._thread = self._thread or ThreadPoolExecutor(1, thread_name_prefix="elsewhere")
        future = self._thread.submit(self._run, work, arguments)
        future.add_done_callback(lambda _: self._one_less())
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """End the child; the next piece of work starts another one."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()
            process.wait()

    def _one_less(self) -> None:
        with self._lock:
            self._waiting -= 1

    def _run(self, work: Callable[..., R], arguments: tuple[Any, ...]) -> R:
        call = _Call(work.__module__, work.__name__, [msgspec.msgpack.encode(one) for one in arguments])
        answer = self._ask(msgspec.msgpack.encode(call), work.__name__)
        if answer.raised == MemoryError.__name__:
            raise TookTooLong(work.__name__)
        if answer.raised:
            raised = getattr(sys.modules[work.__module__], answer.raised, None)
            if isinstance(raised, type) and issubclass(raised, Exception):
                raise raised(from_child(answer.said))
            raise RuntimeError(f"{answer.raised}: {from_child(answer.said)}")
        return msgspec.msgpack.decode(answer.result, type=get_type_hints(work)["return"])  # type: ignore[no-any-return]  # of R, says its hint

    def _ask(self, call: bytes, what: str) -> _Answer:
        for _ in range(2):
            is_old = self._process is not None
            process = self._process = self._process or _started()
            ended = threading.Timer(LONGEST_SECONDS, process.kill)
            ended.start()
            said = None
            try:
                _send(_pipe(process.stdin), call)
                said = _receive(_pipe(process.stdout))
            except OSError:
                pass  # it is gone: as if it had said nothing
            finally:
                took_too_long = not ended.is_alive()
                ended.cancel()
            answer = msgspec.msgpack.decode(said, type=_Answer) if said is not None else None
            if answer is None or answer.ends:
                self.close()
            if answer is not None:
                return answer
            if not is_old or took_too_long:
                break
            # It had just ended for being idle: a new one does it.
        raise TookTooLong(what)


def _started() -> subprocess.Popen[bytes]:
    # Isolated from the folder it is started in; no signal of the terminal's reaches it.
    command = [sys.executable, "-I", "-c", "from veza.kit.elsewhere import serve; serve()"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)  # noqa: S603  (our own interpreter)


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


def _send(pipe: IO[bytes], said: bytes) -> None:
    pipe.write(len(said).to_bytes(_LENGTH_BYTES, "big") + said)
    pipe.flush()


def _receive(pipe: IO[bytes] | _Whole) -> bytes | None:
    """One message; None at the end of the pipe."""
    length = int.from_bytes(pipe.read(_LENGTH_BYTES), "big")
    if not 0 < length <= _MOST_BYTES:
        return None
    said = pipe.read(length)
    return said if len(said) == length else None


def serve() -> None:
    """What the child does: calls from standard input, answers to standard output, until it is idle or has grown."""
    import os
    import resource
    import warnings

    warnings.simplefilter("ignore")  # of a stranger's file, past every format of the log: the answer says what is wrong
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    calls = os.fdopen(0, "rb", buffering=0)
    while select.select([calls], [], [], IDLE_SECONDS)[0]:
        said = _receive(_Whole(calls))
        if said is None:
            return
        answer = _answered(msgspec.msgpack.decode(said, type=_Call))
        answer.ends = _largest_kilobytes() > GROWN_KILOBYTES
        _send(answers, msgspec.msgpack.encode(answer))
        if answer.ends:
            return


def _largest_kilobytes() -> int:
    """The most memory this process has ever had in use. Not `getrusage`: that counts what the parent had, too."""
    with suppress(OSError), open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    return GROWN_KILOBYTES + 1  # not told by this system: after each piece of work another process


class _Whole:
    """A pipe without a buffer, so that `select` sees all that waits in it; `read` blocks until it has all bytes."""

    def __init__(self, pipe: Any) -> None:
        self._pipe = pipe

    def read(self, count: int) -> bytes:
        parts: list[bytes] = []
        while count and (part := self._pipe.read(count)):
            parts.append(part)
            count -= len(part)
        return b"".join(parts)


def _answered(call: _Call) -> _Answer:
    work = getattr(importlib.import_module(call.module), call.name)
    hints = get_type_hints(work)
    hints.pop("return", None)
    try:
        pairs = zip(call.arguments, hints.values(), strict=True)
        result = work(*(msgspec.msgpack.decode(one, type=hint) for one, hint in pairs))
        return _Answer(result=msgspec.msgpack.encode(result))
    except MemoryError:
        return _Answer(
            raised="MemoryError",
        )
    except Exception as error:
        return _Answer(raised=type(error).__name__, said=to_json(message_of(error)))


ELSEWHERE = Elsewhere()
"""The one child of this process. It holds no state between two pieces of work, like a thread of a pool."""
atexit.register(ELSEWHERE.close)
