"""`veza worker --only`: groups of workers on machines of their own."""

from __future__ import annotations

from pathlib import Path

from tests.commands import Process, serving, veza
from veza.app import build
from veza.ops.application import ServiceGroup
from veza.settings import Settings


def test_every_worker_and_chore_belongs_to_one_group(tmp_path: Path) -> None:
    built = build(Settings(var_dir=tmp_path), http=False)
    grouped = [one.name for some in built.groups.values() for one in some]
    assert len(grouped) == len(set(grouped))
    assert {one.name for one in built.services} - set(grouped) == {"plays", "wake listener"}
    assert built.groups.keys() == set(ServiceGroup)
    of_ingest = {one.name for one in built.groups[ServiceGroup.INGEST]}
    assert of_ingest == {"audio worker", "upload worker", "encoder change"}


def test_a_group_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    said = veza("worker", "--only", "music", cwd=tmp_path)
    assert said.returncode == 2
    assert all(group.value in said.stderr for group in ServiceGroup)


async def test_a_worker_of_one_group_runs_and_stops(tmp_path: Path) -> None:
    with serving(tmp_path, AUDIO_WORKER_ENABLED="false"):
        worker = Process("worker", ("worker", "--only", "ingest", "--only", "mail"), tmp_path, {})
        await worker.start("Veza's workers are running")
        assert await worker.stop() == 0
