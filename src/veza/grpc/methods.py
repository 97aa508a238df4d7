"""The methods of the service as its description lists them: what each takes and gives, for server and client alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from google.protobuf.message_factory import GetMessageClass

from veza.grpc import stream_pb2

SERVICE = stream_pb2.DESCRIPTOR.services_by_name["StreamService"]
NAME: str = SERVICE.full_name


@dataclass(frozen=True, slots=True)
class Method:
    """One method: its name, the path that calls it, its messages, and whether many answers come."""

    name: str
    path: str
    takes: Any
    gives: Any
    streams: bool


METHODS: tuple[Method, ...] = tuple(
    Method(
        one.name, f"/{NAME}/{one.name}", GetMessageClass(one.input_type), GetMessageClass(one.output_type),
        one.server_streaming,
    )
    for one in SERVICE.methods
)  # fmt: skip
