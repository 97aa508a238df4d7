"""The golden documents, planted straight into the index, and what queries find among them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from veza.kit.database import Database
from veza.search import finding, index
from veza.search.counting import count_words
from veza.search.facets import word_of
from veza.search.finding import Question
from veza.search.index import Document
from veza.search.places import bucket_of

GOLDEN: Mapping[str, Any] = json.loads((Path(__file__).parent / "search_golden.json").read_text(encoding="utf-8"))
FIRST = 10
TYPED = {"prefix", "typo-prefix"}
"""Classes of queries that are asked while they are typed."""


def documents() -> list[Document]:
    """Each golden document; its id is its number."""
    return [
        Document(
            UUID(int=number), one["kind"], one["name"], bucket_of(one["plays"]), one["by"], one["on"],
            also=[name for name in one["also"].split("\n") if name],
            facets=[word_of("tag", tag) for tag in one["tags"]],
        )
        for number, one in enumerate(GOLDEN["documents"])
    ]  # fmt: skip


async def plant(database: Database) -> None:
    """Put them into the index, and count their words."""
    async with database.write() as session:
        await index.put(session, documents())
    await count_words(database)


async def first_ten(
    database: Database, query: str, *, is_typing: bool = False, facets: Sequence[str] = ()
) -> list[str]:
    """The keys of the first ten of each kind."""
    question = Question(query, limit=FIRST, is_typing=is_typing, facets=facets)
    async with database.read() as session:
        found = await finding.found(session, question)
    return [key_of(hit.about_id) for hits in found.hits.values() for hit in hits]


def key_of(about_id: UUID) -> str:
    """The key of a golden document."""
    return str(GOLDEN["documents"][about_id.int]["key"])
