"""The order of a release's tracks after an import: the order of the files woven with that of people."""

from __future__ import annotations

from uuid import UUID

from veza.ingest.plans import Plan


def new_order(plan: Plan, there: list[UUID], tracks: dict[str, UUID]) -> list[UUID]:
    """The files' tracks in their files' order; what people added stays behind the one it stood behind."""
    among, new = set(there), {tracks[one.file.path] for one in plan.new}
    wanted = [track_id for track_id in files_order(plan, tracks) if track_id in among]
    if plan.order == "files" or plan.before is None:
        return woven(wanted, there)
    return woven([track_id for track_id in there if track_id not in new], wanted)


def woven(order: list[UUID], others: list[UUID]) -> list[UUID]:
    """`order` with what only `others` have, each behind the one it stands behind there."""
    woven, among = list(order), set(order)
    for number, track_id in enumerate(others):
        if track_id not in among:
            woven.insert(woven.index(others[number - 1]) + 1 if number else 0, track_id)
            among.add(track_id)
    return woven


def files_order(plan: Plan, tracks: dict[str, UUID]) -> list[UUID]:
    return list(dict.fromkeys(tracks[one.file.path] for one in plan.files))
