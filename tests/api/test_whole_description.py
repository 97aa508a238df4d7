"""The whole API against its own description: schemathesis sends what fits it and what does not to a real server.

As each kind of caller: a person with an API token of every scope, the same signed in where tokens may not go, the
operator, a visitor. Ids are real ones (`schemathesis_hooks`), so that most operations are really done.
A sample of the operations is sent every kind of what fits and does not, another is sent to by the operator and by a
visitor; with `--whole` each of them.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.api import described_callers
from tests.api.described_callers import Caller
from tests.api.walk import operations
from tests.commands import start
from tests.samples import Sampler
from tests.waiting import wait_until

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
)
ENDS_THE_SESSION = ("signIn", "signOut")
"""A new session takes the place of the browser's own; visitors sign in."""
ROOT = Path(__file__).parents[2]
READY_SECONDS = 60
DEMO_SECONDS = 180
BOUND_SECONDS = 240
REFUSING = 20
"""So many operations are sent every kind of what fits and does not; the others examples and what chance brings."""
ANSWERING = 60
"""So many operations are sent what fits them by the operator and by a visitor, of whom most refuse the visitor."""
EXAMPLES = "https://shop.example, https://example.org"
"""Where the addresses lead that the description gives as examples."""


@dataclass(frozen=True)
class Server:
    """A real `veza serve` with demo data behind it."""

    url: str
    token: str
    folder: Path


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("served")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # Sound is given by the test: no worker takes what waits for one.
    demo = {"DEMO_DATA": "true", "DEMO_MUSIC": "false", "AUDIO_WORKER_ENABLED": "false"}
    settings = {"PORT": str(port), **demo, "LOG_LEVEL": "error", "RETURN_ADDRESSES": EXAMPLES}
    settings["LISTENBRAINZ_ENABLED"] = "false"  # no token that chance brings is sent into the world
    with (folder / "log").open("w") as log:
        process = start("serve", "--migrate", cwd=folder, stdout=log, stderr=log, **settings)
    try:
        url = f"http://127.0.0.1:{port}"
        token = _wait_for_demo(url, folder)
        yield Server(url, token, folder)
    finally:
        process.terminate()
        assert process.wait(timeout=60) == 0, (folder / "log").read_text()


def _wait_for_demo(url: str, folder: Path) -> str:
    """The operator's token, once the server answers and the demo has something of every kind to be found."""
    with httpx.Client(base_url=url) as client:

        def is_ready() -> bool:
            with suppress(httpx.TransportError):
                return client.get("/health/ready").status_code == 200
            return False

        log = (folder / "log").read_text
        wait_until(is_ready, log, every=0.2, within=READY_SECONDS)
        token = (folder / "var" / "operator-token").read_text().strip()
        client.headers["Authorization"] = f"Bearer {token}"
        wait_until(lambda: bool(client.get("/api/v1/findings").json()["items"]), log, every=0.2, within=DEMO_SECONDS)
    return token


@pytest.fixture(scope="module")
def person(server: Server) -> Caller:
    """A person who may do everything and has something of everything."""
    return asyncio.run(described_callers.demo_owner(server.url, server.token, server.folder))


def _operations(server: Server, *, by_token: bool) -> list[str]:
    """The ids of the operations that a token may do, or that only a signed-in person may."""
    described = httpx.get(f"{server.url}/api/openapi.json", timeout=READY_SECONDS).json()  # the first makes it
    found = []
    for _, _, operation in operations(described):
        security = operation.get("security", [{"token": []}])
        if any("token" in way for way in security) is by_token:
            found.append(str(operation["operationId"]))
    return found


def _run(
    server: Server,
    folder: Path,
    examples: int,
    *options: str,
    phases: str = "examples,coverage,fuzzing",
    only_fitting: Sequence[str] = (),
) -> tuple[set[str], set[str]]:
    """Let schemathesis loose; returns the operations that were answered, and those of them that succeeded."""
    if only_fitting:
        of_these = f"[[operations]]\ninclude-operation-id = {json.dumps(only_fitting)}\n"
        (folder / "schemathesis.toml").write_text(of_these + "phases.coverage.enabled = false\n")
    hooks = {
        "SCHEMATHESIS_HOOKS": "tests.api.schemathesis_hooks",
        "VEZA_DESCRIPTION_CALLER": str(folder),
        "PYTHONPATH": str(ROOT),
    }
    # One worker: before Python 3.11.8 two threads that parse code at once may both fail with a SystemError
    # (https://github.com/python/cpython/issues/106905), and hypothesis parses each lambda it shows.
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("schemathesis")), "run", f"{server.url}/api/openapi.json", *options,
            "--checks", ",".join(CHECKS), "--phases", phases, "-n", str(examples), "-w", "1",
            "--generation-deterministic", "--continue-on-failure", "--no-color", "--warnings", "off",
        ],
        cwd=folder, env=os.environ | hooks, capture_output=True, text=True, timeout=BOUND_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-12_000:] + done.stderr[-2_000:]
    assert "No issues found" in done.stdout
    answers = [line.split() for line in (folder / "answers").read_text().splitlines()]
    done_well = {operation for operation, status in answers if status[0] in "23"}
    return {operation for operation, _ in answers}, done_well


def test_a_person_with_every_scope_gets_described_answers_and_nearly_everything_done(
    server: Server, person: Caller, tmp_path: Path, sampler: Sampler
) -> None:
    described_callers.write_down(tmp_path, person, {})
    names = _operations(server, by_token=True)
    chosen = sampler.some(names, REFUSING)
    others = [name for name in names if name not in chosen]
    wanted = [f"--include-operation-id={name}" for name in names]
    as_person = "-H", f"Authorization: Bearer {person.token}"
    answered, done_well = _run(server, tmp_path, 2, *wanted, *as_person, only_fitting=others)
    assert answered == set(names)
    assert len(names) > 130
    assert len(done_well & set(chosen)) >= 0.9 * len(chosen), set(chosen) - done_well
    assert len(done_well) >= (0.9 if sampler.whole else 0.7) * len(names), set(names) - done_well
    assert set(person.together) <= done_well


def test_a_person_signed_in_gets_described_answers_where_tokens_may_not_go(
    server: Server, person: Caller, tmp_path: Path, sampler: Sampler
) -> None:
    described_callers.write_down(tmp_path, person, person.cookies)
    names = [name for name in _operations(server, by_token=False) if name not in ENDS_THE_SESSION]
    chosen = sampler.some(names, REFUSING)
    others = [name for name in names if name not in chosen]
    wanted = [f"--include-operation-id={name}" for name in names]
    answered, done_well = _run(server, tmp_path, 4 if sampler.whole else 2, *wanted, only_fitting=others)
    assert answered == set(names)
    assert len(names) > 20
    assert len(done_well) >= (0.8 if sampler.whole else 0.7) * len(names), set(names) - done_well


def test_the_operator_gets_described_answers(server: Server, person: Caller, tmp_path: Path, sampler: Sampler) -> None:
    _answers_as_described(server, person, tmp_path, sampler, "-H", f"Authorization: Bearer {server.token}")


def test_a_visitor_gets_described_answers(server: Server, person: Caller, tmp_path: Path, sampler: Sampler) -> None:
    _answers_as_described(server, person, tmp_path, sampler)


def _answers_as_described(server: Server, person: Caller, folder: Path, sampler: Sampler, *headers: str) -> None:
    """Whether a caller gets to an operation is for tests/api/test_permissions.py to say: here a sample shows how those
    are refused who do not."""
    described_callers.write_down(folder, person, {})
    names = sampler.some(_operations(server, by_token=True) + _operations(server, by_token=False), ANSWERING)
    wanted = [f"--include-operation-id={name}" for name in names]
    answered, _ = _run(server, folder, 2 if sampler.whole else 1, *wanted, *headers, phases="examples,fuzzing")
    assert answered == set(names)
