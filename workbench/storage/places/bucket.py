"""A folder in a bucket, by s3fs: what S3 promises of an object, and what it takes to keep to it."""

import contextlib
import errno
from collections.abc import Generator, Iterator, Mapping
from typing import Any

from workbench.errors import StoreError
from workbench.storage.places.bucket_access import connected
from workbench.storage.places.faults import explained, missing, written

PART = 8 << 20  # bytes; S3 takes parts of 5 MiB to 5 GiB, all of one size at some providers, and 10,000 of them: 78 GiB

_CHECKSUMS = {f"Checksum{kind}" for kind in ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256")}
"""What S3 may say of a part, and has to be told again (Amazon S3 API, CompletedPart)."""


class Bucket:
    """The objects of a bucket whose keys begin with one prefix."""

    def __init__(self, bucket: str, prefix: str, options: Mapping[str, Any]) -> None:
        self._files = explained(connected, options)
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""

    def writer(self, name: str) -> "ObjectWriter":
        """Begin an object."""
        return ObjectWriter(self._files, bucket=self._bucket, key=self._prefix + name)

    def read(self, name: str, size: int) -> Generator[bytes]:
        """Yield an object's content, all of one version: s3fs asks for each range under the ETag that it saw first."""
        path = f"{self._bucket}/{self._prefix}{name}"
        with self._files.open(path, "rb", block_size=max(size, PART), cache_type="readahead") as file:
            if file.details["type"] != "file":  # there are only objects whose names begin with this one and a slash
                raise missing()
            left = file.size
            while left > 0:
                piece: bytes = file.read(min(size, left))
                if not piece:
                    raise StoreError("The object is shorter than its place says.", remedy="Try again.")
                left -= len(piece)
                yield piece

    def names(self, prefix: str) -> Iterator[str]:
        """Yield each key, without the folder's own prefix."""
        wanted: dict[str, Any] = {"Bucket": self._bucket, "Prefix": self._prefix + prefix}
        while True:
            page = self._call("list_objects_v2", **wanted)
            yield from (found["Key"].removeprefix(self._prefix) for found in page.get("Contents", ()))
            if not page.get("IsTruncated"):
                return
            wanted["ContinuationToken"] = page["NextContinuationToken"]

    def delete(self, name: str) -> None:
        """Remove each version of an object, and the markers that hide them."""
        try:
            versions = list(self._versions(self._prefix + name))
        except OSError as error:
            if error.errno != errno.ENOSYS:  # 501: a provider that keeps no versions, and can't list them either
                raise
            versions = [{}] if self.exists(name) else []
        if not versions:
            raise missing()
        for version in versions:
            self._call("delete_object", Bucket=self._bucket, Key=self._prefix + name, **version)

    def exists(self, name: str) -> bool:
        """Tell whether there is such an object."""
        try:
            self._call("head_object", Bucket=self._bucket, Key=self._prefix + name)
        except FileNotFoundError:
            return False
        return True

    def _versions(self, key: str) -> Iterator[dict[str, str]]:
        """Yield the id of each version; without versioning there is one, called "null"."""
        wanted: dict[str, Any] = {"Bucket": self._bucket, "Prefix": key}
        while True:
            page = self._call("list_object_versions", **wanted)
            found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
            yield from ({"VersionId": version["VersionId"]} for version in found if version["Key"] == key)
            if not page.get("IsTruncated") or page.get("NextKeyMarker") != key:  # keys come in order, this one first
                return
            wanted |= {"KeyMarker": key, "VersionIdMarker": page.get("NextVersionIdMarker", "")}

    def _call(self, operation: str, **parameters: Any) -> Any:
        return self._files.call_s3(operation, **parameters)


class ObjectWriter:
    """An object on its way: in one request, which S3 takes whole or not at all, or in parts that it joins last."""

    def __init__(self, files: Any, *, bucket: str, key: str) -> None:
        self._files = files
        self._object = {"Bucket": bucket, "Key": key}
        self._waiting = bytearray()
        self._upload: dict[str, str] = {}
        self._parts: list[dict[str, Any]] = []

    def write(self, piece: bytes) -> None:
        """Hold it until it makes a part."""
        self._waiting += piece
        while len(self._waiting) >= PART:
            part = bytes(self._waiting[:PART])
            del self._waiting[:PART]
            self._send_part(part)

    def commit(self) -> None:
        """Send what is left, and have the object put in place."""
        rest = bytes(self._waiting)
        if not self._upload:
            self._call("put_object", Body=rest)
            return
        if rest:
            self._send_part(rest)
        self._call("complete_multipart_upload", **self._upload, MultipartUpload={"Parts": self._parts})

    def discard(self) -> None:
        """Have the parts thrown away; where the connection is gone they remain, unseen, until the bucket's rule."""
        self._waiting.clear()
        if self._upload:
            with contextlib.suppress(Exception):
                self._call("abort_multipart_upload", **self._upload)

    def _send_part(self, part: bytes) -> None:
        if not self._upload:
            self._upload = {"UploadId": self._call("create_multipart_upload")["UploadId"]}
        number = len(self._parts) + 1
        answer = self._call("upload_part", **self._upload, PartNumber=number, Body=part)
        told = {name: value for name, value in answer.items() if name == "ETag" or name in _CHECKSUMS}
        self._parts.append({"PartNumber": number, **told})

    def _call(self, operation: str, **parameters: Any) -> Any:
        return written(self._files.call_s3, operation, **self._object, **parameters)
