"""`veza stream`: streaming alone, on a port of its own."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from veza.ops.application import Program
from veza.ops.command import ended_by_errors, fail, load_settings, run_async
from veza.ops.terminal import echo


def stream(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Listen here instead of HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Listen on this port instead of PORT; 0 takes a free one.")] = None,
) -> None:
    """Serve streaming alone: it opens no database, and asks the `veza serve` of GRPC_ADDRESS who may hear what."""
    from veza.http.serving import address, listen
    from veza.ops import serve as server
    from veza.ops.observability import configure_logs

    program: Program = context.obj
    assert program.build_streaming is not None
    build = program.build_streaming
    settings = load_settings(host=host, port=port)
    if not (settings.grpc_address and settings.grpc_token.get_secret_value()):
        raise fail("veza stream asks another process: set GRPC_ADDRESS, and GRPC_TOKEN to the same as there", 2)
    configure_logs(settings)
    with ended_by_errors(), listen(settings.host, settings.port) as listener:

        def on_ready() -> None:
            echo(f"Veza streams on {address(listener)}, and asks {settings.grpc_address}.")
            sys.stdout.flush()

        async def start() -> int:
            return await server.run(build(settings), listener, on_ready)

        code = run_async(start())
    raise typer.Exit(code)
