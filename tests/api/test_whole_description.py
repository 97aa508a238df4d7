"""The whole API against its own description: schemathesis sends what fits it and what does not to a real server."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
)
EXAMPLES = 8
"""Made-up requests per operation, beside its own examples and one for each bound of each parameter."""
READY_SECONDS = 60
DEMO_SECONDS = 90
BOUND_SECONDS = 280


@dataclass(frozen=True)
class Server:
    """A real `veza serve` with demo data behind it."""

    url: str
    token: str


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("served")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    plain = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    settings = {"PORT": str(port), "DEMO_DATA": "true", "LOG_LEVEL": "error"}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "veza", "serve", "--migrate"],
            cwd=folder, env=plain | settings, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}"
        token = _wait_for_demo(url, folder)
        yield Server(url, token)
    finally:
        process.terminate()
        assert process.wait(timeout=60) == 0, (folder / "log").read_text()


def _wait_for_demo(url: str, folder: Path) -> str:
    """The operator's token, once the server answers and the demo has something of every kind to be found."""
    deadline = time.monotonic() + READY_SECONDS
    with httpx.Client(base_url=url) as client:
        while True:
            assert time.monotonic() < deadline, (folder / "log").read_text()
            try:
                if client.get("/health/ready").status_code == 200:
                    break
            except httpx.TransportError:
                pass
            time.sleep(0.2)
        token = (folder / "var" / "operator-token").read_text().strip()
        client.headers["Authorization"] = f"Bearer {token}"
        deadline = time.monotonic() + DEMO_SECONDS
        while not client.get("/api/v1/findings").json()["items"]:
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.2)
    return token


def test_no_request_gets_a_server_error_or_an_answer_that_is_not_described(server: Server, tmp_path: Path) -> None:
    schemathesis = Path(sys.executable).with_name("schemathesis")
    done = subprocess.run(
        [
            str(schemathesis), "run", f"{server.url}/api/openapi.json", "-H", f"Authorization: Bearer {server.token}",
            "--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing", "-n", str(EXAMPLES),
            "--generation-deterministic", "--continue-on-failure", "--no-color", "--warnings", "off",
        ],
        cwd=tmp_path, capture_output=True, text=True, timeout=BOUND_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-12_000:]
    assert "No issues found" in done.stdout
