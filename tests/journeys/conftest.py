from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.api.ingest.site import a_site
from tests.browsers import chromium
from tests.journeys.album import Album, published_album
from tests.journeys.demo import Demo, running_demo
from tests.journeys.label import Label

__all__ = ["chromium"]


@pytest.fixture
async def label(tmp_path: Path) -> AsyncIterator[Label]:
    async with a_site(tmp_path) as site:
        yield Label(site)


@pytest.fixture(scope="session")
def album(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Album]:
    with published_album(tmp_path_factory.mktemp("album")) as album:
        yield album


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("demo")) as demo:
        yield demo
