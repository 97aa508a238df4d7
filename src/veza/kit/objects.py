"""Objects: files kept by a key, in a local folder by default, in a bucket of an S3-compatible service at scale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, ObjectStore, S3Store

from veza.kit.messages import Message, gettext


class NoSuchObject(LookupError):
    """There is no object with this key."""

    def __init__(self, key: str) -> None:
        super().__init__(gettext("no object is kept under {key}", key=key))


class ObjectsUnavailable(Exception):
    """The store does not answer, is full or may not be written."""

    def __init__(self, doing: Message, error: Exception) -> None:
        said = (str(error).splitlines() or [type(error).__name__])[0]
        super().__init__(gettext("the object store could not {doing}: {said}", doing=doing, said=said[:200]))


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where a bucket is: `url` is s3://bucket/prefix; an empty `endpoint` is Amazon's of the region."""

    url: str
    endpoint: str = ""
    region: str = "us-east-1"
    access_key_id: str = ""
    secret_access_key: str = ""


class Objects:
    """Files by key, such as `covers/ab/abcd.webp`. A write is whole or not there, and replaces what was there.

    Every method raises ObjectsUnavailable if the store does not answer, is full or may not be written.
    """

    def __init__(self, open_store: Callable[[], ObjectStore]) -> None:
        self._open = open_store

    @classmethod
    def in_folder(cls, folder: Path) -> Objects:
        """Files under `folder`, which is made when it is first used."""
        return cls(lambda: LocalStore(folder, mkdir=True))

    @classmethod
    def in_bucket(cls, bucket: Bucket) -> Objects:
        """Objects of an S3-compatible service."""
        where = urlsplit(bucket.url)

        def open_store() -> ObjectStore:
            return S3Store(
                where.netloc,
                prefix=where.path.strip("/") or None,
                region=bucket.region,
                access_key_id=bucket.access_key_id,
                secret_access_key=bucket.secret_access_key,
                # The bucket as the first part of the path works at Amazon and everywhere else.
                virtual_hosted_style_request=False,
                client_options={"allow_http": bucket.endpoint.startswith("http://"), "timeout": "30s"},
                endpoint=bucket.endpoint or f"https://s3.{bucket.region}.amazonaws.com",
            )

        return cls(open_store)

    async def put(self, key: str, data: bytes) -> None:
        """Store `data` under `key`."""
        try:
            await self._store.put_async(key, data)
        except (BaseError, OSError) as error:
            raise ObjectsUnavailable(gettext("write {key}", key=key), error) from error

    async def get(self, key: str) -> bytes:
        """The object with `key`; raises NoSuchObject."""
        try:
            found = await self._store.get_async(key)
            return bytes(await found.bytes_async())
        except (NotFoundError, FileNotFoundError):
            raise NoSuchObject(key) from None
        except (BaseError, OSError) as error:
            raise ObjectsUnavailable(gettext("read {key}", key=key), error) from error

    async def remove(self, key: str) -> None:
        """Delete the object with `key`, if there is one."""
        try:
            await self._store.delete_async(key)
        except (NotFoundError, FileNotFoundError):
            return
        except (BaseError, OSError) as error:
            raise ObjectsUnavailable(gettext("remove {key}", key=key), error) from error

    @cached_property
    def _store(self) -> ObjectStore:
        return self._open()
