"""The methods of the service as its description lists them: what each takes and gives, for server and client alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.message_factory import GetMessageClass

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.grpc import stream_pb2

SERVICE = stream_pb2.DESCRIPTOR.services_by_name["StreamService"]
NAME: str = SERVICE.full_name


@dataclass(frozen=True, slots=True)
class Method:
    """One method: its name, the path that calls it, its messages, and whether many answers come.

    `permission` is what the person in whose name it is called must be allowed to; without one it is called in no
    person's name, and the token of the service is enough.
    """

    name: str
    path: str
    takes: Any
    gives: Any
    streams: bool
    permission: Permission | None


PERMISSIONS: Mapping[str, Permission | None] = {
    "Authorize": Permission.BROWSE,
    "GetTrack": None,
    "WatchProcessing": None,
    "ListSessions": None,
    "WatchSessions": None,
    "EndSession": None,
    "ReportPlays": None,
}
"""Method → its permission."""

METHODS: tuple[Method, ...] = tuple(
    Method(
        one.name, f"/{NAME}/{one.name}", GetMessageClass(one.input_type), GetMessageClass(one.output_type),
        one.server_streaming, PERMISSIONS[one.name],
    )
    for one in SERVICE.methods
)  # fmt: skip


def demand(name: str, identity: Identity) -> None:
    """Raises SignInNeeded, SecondFactorNeeded or PermissionMissing unless the identity may call the method."""
    permission = PERMISSIONS[name]
    if permission is not None:
        identity.demand(permission)
