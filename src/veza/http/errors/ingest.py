"""Errors of ingest: which kind of problem each is, with a lasting `type`."""

from __future__ import annotations

from veza.http.errors.catalog import NOT_NOW
from veza.http.problems import CONFLICT, NOT_FOUND, TOO_LARGE, UNAVAILABLE, Kind
from veza.ingest.audio_versions import UnknownVersion
from veza.ingest.originals import NoLongerKept, NothingToEncode
from veza.ingest.receiving import TooManyBytes, TooManyParts, WrongChecksum
from veza.ingest.store_trouble import StoreFailed, StoreFull
from veza.ingest.turns import TooManyWriters
from veza.ingest.upload_space import DiskFull, QuotaReached, TooLargeToUpload
from veza.ingest.uploads import Displaced, NotReceiving, UnknownUpload, UploadGone, WrongOffset
from veza.kit.messages import gettext

FILE_TOO_LARGE = Kind(
    "file-too-large",
    413,
    gettext("The file cannot be uploaded"),
    "`detail` says how many bytes it may have; `Tus-Max-Size` says so, too.",
    "the file has 5,368,709,120 bytes, at most 4,294,967,296 are taken (UPLOAD_MAX_BYTES)",
)
QUOTA_REACHED = Kind(
    "upload-quota-reached",
    413,
    gettext("The artist has no room for the file"),
    "`detail` says how many bytes are left; delete what is not needed, or ask the operator for more.",
    "500 uploads of this artist have not ended: let one of them end, or give one up",
)
DISK_FULL = Kind(
    "disk-full",
    507,
    gettext("The server has no room for the file"),
    "Nothing was begun, or what came before is kept: `detail` says so. Try again later, or tell the operator.",
    "the server's disk has no room for 41,943,040 bytes more: try again later, or tell its operator",
)
UPLOAD_GONE = Kind(
    "upload-gone",
    410,
    gettext("The upload is gone"),
    "Begin a new one.",
    "this upload has expired, because no byte came for a day: begin a new one",
)
WRONG_OFFSET = Kind(
    "wrong-offset",
    409,
    gettext("The upload is at another byte"),
    "Ask with HEAD: `Upload-Offset` says where to go on.",
    "8,388,608 bytes of this upload are stored, and what was sent begins at 0: ask with HEAD where to go on",
)
WRONG_CHECKSUM = Kind(
    "wrong-checksum",
    460,
    gettext("The bytes changed on their way"),
    "None of them is stored: send them again.",
    "the bytes that came have another sha1 than those that were sent: send them again",
)

KINDS: tuple[Kind, ...] = (FILE_TOO_LARGE, QUOTA_REACHED, DISK_FULL, UPLOAD_GONE, WRONG_OFFSET, WRONG_CHECKSUM)
"""The kinds of problem only this file has."""

ERRORS: dict[type[Exception], Kind] = {
    DiskFull: DISK_FULL,
    NoLongerKept: NOT_NOW,
    NothingToEncode: NOT_NOW,
    Displaced: WRONG_OFFSET,
    NotReceiving: CONFLICT,
    QuotaReached: QUOTA_REACHED,
    StoreFailed: UNAVAILABLE,
    StoreFull: DISK_FULL,
    TooLargeToUpload: FILE_TOO_LARGE,
    TooManyBytes: TOO_LARGE,
    TooManyParts: TOO_LARGE,
    TooManyWriters: UNAVAILABLE,
    UnknownUpload: NOT_FOUND,
    UnknownVersion: NOT_FOUND,
    UploadGone: UPLOAD_GONE,
    WrongChecksum: WRONG_CHECKSUM,
    WrongOffset: WRONG_OFFSET,
}
"""Error → kind."""
