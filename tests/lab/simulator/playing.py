"""Playing one script, such as one that was made short."""

from __future__ import annotations

from veza.lab.simulator.coverage import Coverage
from veza.lab.simulator.ground import ground
from veza.lab.simulator.lean import lean
from veza.lab.simulator.play import Played, Step, play


async def play_script(seed: int, script: list[Step], coverage: Coverage | None = None) -> Played:
    """The run of `script` in the world of `seed`; its moves and outcomes are counted in `coverage`."""
    async with ground(None) as engine, lean():
        return await play(engine, seed, script, coverage or Coverage())
