"""Work in the process beside this one: results and errors come back, memory goes, and every piece of work ends."""

from __future__ import annotations

import asyncio
import os
import warnings
from pathlib import Path

import pytest

from tests.waiting import wait_until
from veza.kit import elsewhere
from veza.kit.elsewhere import Busy, Elsewhere, TookTooLong
from veza.kit.messages import gettext, message_of


class Refused(ValueError):
    """Raised by `refuse`."""


def add(one: int, other: int) -> int:
    return one + other


def refuse(why: str) -> int:
    raise Refused(why)


def refuse_with_fields(most: int) -> int:
    raise Refused(gettext("at most {most} are taken", most=most))


def fail() -> int:
    raise KeyError("lost")


def warn(what: str) -> int:
    warnings.warn(what, stacklevel=1)
    return 1


def whose() -> int:
    return os.getpid()


def fill(megabytes: int) -> int:
    return len(bytearray(megabytes * 1024 * 1024))


def wait_for(path: str) -> int:
    """Until there is such a file."""
    wait_until(lambda: os.path.exists(path), path)
    return os.getpid()


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    # The child finds this module by its name, as it would one of the product's.
    def with_tests():  # type: ignore[no-untyped-def]
        import subprocess
        import sys

        here = str(Path(__file__).parents[2])
        code = f"import sys; sys.path.insert(0, {here!r}); from veza.kit.elsewhere import serve; serve()"
        return subprocess.Popen(
            [sys.executable, "-I", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )

    monkeypatch.setattr(elsewhere, "_started", with_tests)
    one = Elsewhere()
    yield one
    one.close()


async def test_a_result_comes_back_from_another_process_that_stays(child: Elsewhere) -> None:
    assert await child.run(add, 2, 3) == 5
    first = await child.run(whose)
    assert first != os.getpid()
    assert await child.run(whose) == first


async def test_an_error_comes_back_with_the_id_and_the_fields_of_its_message(child: Elsewhere) -> None:
    with pytest.raises(Refused) as refused:
        await child.run(refuse_with_fields, 3)
    assert message_of(refused.value) == gettext("at most {most} are taken", most=3)


async def test_what_work_raises_is_raised_here_and_the_process_goes_on(child: Elsewhere) -> None:
    first = await child.run(whose)
    with pytest.raises(Refused, match="because"):
        await child.run(refuse, "because")
    with pytest.raises(RuntimeError, match="KeyError: 'lost'"):
        await child.run(fail)
    assert await child.run(whose) == first


async def test_a_process_that_has_grown_gives_its_memory_back(child: Elsewhere) -> None:
    first = await child.run(whose)
    assert await child.run(fill, 400) == 400 * 1024 * 1024
    assert await child.run(whose) != first


async def test_more_memory_than_it_may_have_ends_the_work_alone(child: Elsewhere) -> None:
    with pytest.raises(TookTooLong, match="fill took longer than"):
        await child.run(fill, 2000)
    assert await child.run(add, 1, 1) == 2


async def test_work_that_takes_too_long_is_ended(child: Elsewhere, monkeypatch: pytest.MonkeyPatch) -> None:
    await child.run(whose)
    monkeypatch.setattr(elsewhere, "LONGEST_SECONDS", 0.3)
    with pytest.raises(TookTooLong, match=r"wait_for took longer than 0\.3 s"):
        await child.run(wait_for, "/nowhere")
    monkeypatch.setattr(elsewhere, "LONGEST_SECONDS", 30.0)
    assert await child.run(add, 1, 1) == 2


async def test_a_process_that_ended_between_two_pieces_of_work_is_replaced(child: Elsewhere) -> None:
    first = await child.run(whose)
    os.kill(first, 9)
    assert await child.run(whose) != first


async def test_what_waits_is_bounded(child: Elsewhere, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(elsewhere, "MOST_WAITING", 2)
    go = tmp_path / "go"
    waiting = [asyncio.ensure_future(child.run(wait_for, str(go))) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Busy, match="wait to be made"):
        await child.run(add, 1, 1)
    go.touch()
    await asyncio.gather(*waiting)
    assert await child.run(add, 1, 1) == 2


async def test_what_a_library_warns_of_in_a_strangers_file_is_no_line_of_the_log(
    child: Elsewhere, capfd: pytest.CaptureFixture[str]
) -> None:
    assert await child.run(warn, "could be a decompression bomb") == 1
    assert capfd.readouterr().err == ""
