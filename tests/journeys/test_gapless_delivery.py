"""An album cut out of one continuous sound, uploaded, processed, and read by HTTP as docs/audio.md says players do: no
sample is missing or doubled at a joint, and nothing clicks."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import av
import httpx
import numpy as np
from numpy.typing import NDArray

from tests.audio.joints import CUTS, click_dbfs, continuous
from tests.audio.sounds import whole
from tests.journeys.label import Label, tagged

RUNGS = ("flac", "aac64", "aac128", "aac256")
TITLES = ("Shore", "Tide", "Open Sea")


def decoded_without_edits(content: bytes, one: Any) -> NDArray[Any]:
    """What libav decodes, (channels, n), where a player has taken the edit list out: the coder's priming and padding
    are still in it."""
    head = content[: one["init_bytes"]]
    assert head.count(b"edts") == 1
    with av.open(io.BytesIO(head.replace(b"edts", b"free") + content[one["init_bytes"] :])) as container:
        frames = [
            frame.to_ndarray() if frame.format.is_planar else frame.to_ndarray().reshape(-1, 2).T
            for frame in container.decode(audio=0)
        ]
    samples = np.concatenate(frames, axis=1)
    return samples / 2.0**31 if samples.dtype == np.int32 else samples.astype(np.float64)


async def fetched(client: httpx.AsyncClient, track: UUID, one: Any) -> bytes:
    """The init segment and every segment of a rung, each by its range; between the two is an index, for others."""
    ranges = [(0, one["init_bytes"]), *((offset, size) for offset, size, _, _ in one["segments"])]
    content, end = b"", 0
    for number, (offset, size) in enumerate(ranges):
        assert offset == end or number == 1, "segments follow one another"
        said = {"Range": f"bytes={offset}-{offset + size - 1}"}
        answer = await client.get(f"/stream/{track}/{one['url']}", headers=said)
        assert (answer.status_code, len(answer.content)) == (206, size)
        content, end = content + answer.content, offset + size
    assert end == one["size_bytes"]
    return content


async def played(client: httpx.AsyncClient, track: UUID) -> dict[str, NDArray[np.float64]]:
    """What a player plays of a track in each rung."""
    manifest = (await client.get(f"/stream/{track}/manifest.json")).json()
    assert manifest["part"] == "whole"
    heard = {}
    for one in manifest["renditions"]:
        coded = decoded_without_edits(await fetched(client, track, one), one)
        priming, samples, padding = one["priming_samples"], one["samples"], one["padding_samples"]
        assert coded.shape == (2, priming + samples + padding)
        assert sum(duration for _, _, duration, _ in one["segments"]) == priming + samples + padding
        heard[one["rung"]] = coded[:, priming : priming + samples]
    return heard


async def test_a_player_hears_the_album_without_a_joint(label: Label, tmp_path: Path) -> None:
    signal = continuous()
    for number, ((start, end), title) in enumerate(zip(pairwise(CUTS), TITLES, strict=True), 1):
        tagged(tmp_path / "music" / f"{number}.flac", "FLAC 24 bit", signal[:, start:end], title, number)
    tracks = await label.published(tmp_path / "music", over_http=True)
    assert tuple(tracks) == TITLES
    buyer = await label.buyer(tracks["Tide"])
    async with httpx.AsyncClient(base_url=label.site.url, headers=buyer.bearer, timeout=30) as client:
        parts = [await played(client, track) for track in tracks.values()]
    heard = {rung: np.concatenate([part[rung] for part in parts], axis=1) for rung in RUNGS}
    assert {rung: one.shape for rung, one in heard.items()} == dict.fromkeys(RUNGS, signal.shape)
    assert np.array_equal(heard["flac"] * 2.0**31, whole(signal, 24))
    clicks = {(rung, cut): click_dbfs(heard[rung], cut) for rung in ("aac128", "aac256") for cut in CUTS[1:-1]}
    assert max(clicks.values()) < -50, clicks
    assert click_dbfs(np.delete(heard["flac"], CUTS[1], axis=1), CUTS[1]) > -50, "one lost sample would be heard"
