"""What the doctor finds of Veza's place: who holds the folder, whether the port is free, the sandbox's file."""

from __future__ import annotations

from collections.abc import Iterator

from veza.http.serving import CannotListen, listen
from veza.lab.sandbox.hosted import state_file
from veza.lab.sandbox.state import DamagedState, examine, repair_mark
from veza.lab.sandbox.world import table_names
from veza.ops import running
from veza.ops.doctor_finding import Finding
from veza.ops.sandbox_beside import WAY_ON
from veza.settings import Settings


def place(settings: Settings) -> Iterator[Finding]:
    """Findings about folder, port and sandbox file; changes nothing."""
    found = running.find(settings)
    if found is None:
        yield Finding("in use", True, f"no Veza runs on {settings.var_dir}")
        yield _port(settings)
    else:
        yield _running(settings, found)
    if settings.hosts_sandbox:
        yield _sandbox_file(settings)


def _running(settings: Settings, found: running.Running) -> Finding:
    said = f"a Veza runs on {settings.var_dir}: process {found.process}, {found.address or 'just starting'}"
    if found.database != running.fingerprint(settings):
        return Finding("in use", False, f"{said}, with another database than DATABASE_URL", "name its DATABASE_URL")
    return Finding("in use", True, said)


def _port(settings: Settings) -> Finding:
    try:
        listen(settings.host, settings.port).close()
    except CannotListen as error:
        return Finding("port", False, str(error), "stop what listens there, or take another port")
    return Finding("port", True, f"{settings.host}:{settings.port} is free")


def _sandbox_file(settings: Settings) -> Finding:
    path = state_file(settings)
    try:
        examine(path, table_names())
    except DamagedState as damaged:
        return Finding("sandbox file", False, str(damaged), WAY_ON)
    mark = repair_mark(path)
    if mark.exists():
        said = f"{path} is whole, and lacks what a repair lost ({mark.read_text(encoding='utf-8').strip()[:200]})"
        return Finding("sandbox file", False, said, "`veza money reconcile` lists it; `veza sandbox reset` begins anew")
    return Finding("sandbox file", True, f"{path} is whole" if path.exists() else f"{path} will be made")
