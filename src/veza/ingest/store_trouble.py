"""A store that fails while bytes of an upload come, as its sender is told: no address, no path, what is kept."""

from __future__ import annotations

from veza.kit.messages import gettext
from veza.kit.objects import ObjectsUnavailable
from veza.kit.work_folders import trouble_of


class StoreFailed(Exception):
    """Bytes could not be stored now; the upload can go on. Of a form, which cannot, nothing is kept."""

    retry_after_seconds = 30

    def __init__(self, trouble: ObjectsUnavailable, kept_bytes: int, *, is_form: bool) -> None:
        said = trouble_of(trouble)
        super().__init__(
            gettext("{trouble}: nothing of the file is kept, send it again later", trouble=said)
            if is_form
            else gettext(
                "{trouble}: the first {kept_bytes:,} bytes of the file are kept, send the others later",
                trouble=said,
                kept_bytes=kept_bytes,
            )
        )


class StoreFull(StoreFailed):
    """The same, because there is no space."""


def store_failed(trouble: ObjectsUnavailable, kept_bytes: int, *, is_form: bool) -> StoreFailed:
    """What is raised for what the store said."""
    kind = StoreFull if trouble.is_full else StoreFailed
    return kind(trouble, kept_bytes, is_form=is_form)
