"""The port of the gRPC server: held before anything starts, and refused with one sentence where that cannot be."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

import grpc
from tests import factories
from tests.api.streaming.conftest import Stage
from tests.commands import serving, veza
from tests.grpc.conftest import PATIENCE, Caller, server_of
from veza.accounts.permissions import Role, Scope
from veza.grpc import stream_pb2 as pb
from veza.grpc.methods import METHODS
from veza.http.serving import CannotListen


def test_a_taken_grpc_port_ends_the_start_with_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = veza("serve", "--migrate", "--port", "0", cwd=tmp_path, GRPC_LISTEN=f"127.0.0.1:{port}")
    assert done.returncode == 1
    assert "Veza is ready" not in done.stdout
    last = done.stderr.splitlines()[-1]
    assert last == (
        f"veza: gRPC cannot listen on 127.0.0.1:{port} (Address already in use): choose another address, such as "
        f"GRPC_LISTEN=127.0.0.1:{port + 1}, or leave it empty to serve without gRPC"
    )
    assert "Traceback" not in done.stderr


def test_its_own_http_port_is_taken_too(tmp_path: Path) -> None:
    with serving(tmp_path, GRPC_LISTEN="127.0.0.1:0", DEMO_DATA="false") as (process, _, _):
        process.terminate()
        assert process.wait(60) == 0
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    done = veza("serve", "--port", str(port), cwd=tmp_path, GRPC_LISTEN=f"127.0.0.1:{port}")
    assert done.returncode == 1
    assert f"gRPC cannot listen on 127.0.0.1:{port} (Address already in use)" in done.stderr


async def test_a_bound_port_is_the_servers_own_and_its_calls_wait_for_the_start(stage: Stage) -> None:
    server, stop = server_of(stage), asyncio.Event()
    async with server.bound():
        with pytest.raises(CannotListen, match="Address already in use"):
            await server_of(stage, listen=f"127.0.0.1:{server.port}").run(stop)
        async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
            call = Caller(channel, server, stage).call("ListSessions", pb.ListSessionsRequest())
            running = asyncio.create_task(server.run(stop))
            assert list((await call).sessions) == []
        stop.set()
        await asyncio.wait_for(running, PATIENCE)


@pytest.mark.parametrize("content", [None, "no certificate"])
async def test_a_certificate_that_cannot_be_read_is_named(stage: Stage, tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "certificate.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(CannotListen, match=r"gRPC cannot (read|listen)"):
        async with server_of(stage, str(file), str(file)).bound():
            pytest.fail("it listens without a certificate")


async def test_an_admins_own_token_calls_no_method(caller: Caller) -> None:
    database = caller.stage.veza.database
    admin = await caller.stage.listener(Role.ADMIN)
    text = await factories.token(database, admin, *Scope)
    for method in METHODS:
        call = caller.call(method.name, method.takes(), metadata=(("authorization", f"Bearer {text}"),))
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await (call.read() if method.streams else call)
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED, method.name
