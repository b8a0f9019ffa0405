"""Starting the server, stopping it, and looking into its buckets behind the workbench's back."""

import contextlib
import itertools
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme
from aiobotocore.session import AioSession
from fsspec.asyn import get_loop, sync

KEY = "AKIAIOSFODNNCANARY00"
SECRET = "s3cr3t-access-canary/EXAMPLE"
TOKEN = "t0ken-canary-EXAMPLE"
"""Invented: the server takes any."""


PAGE = 40
"""Names or versions in one page of a listing. Amazon's has 1,000, which would take a test a minute to fill."""


@dataclass
class Server:
    """A server that runs, and what a client needs in order to reach it."""

    process: subprocess.Popen[str]
    port: int
    ca_bundle: Path | None
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def endpoint_url(self) -> str:
        """Where it listens."""
        return self.url_of(self.port)

    def url_of(self, port: int) -> str:
        """Return the address that leads here through another port."""
        return f"{'https' if self.ca_bundle else 'http'}://127.0.0.1:{port}"

    def options(self, **more: Any) -> dict[str, Any]:
        """Return what to pass to `Place`: nothing is left to the environment."""
        told = {"endpoint_url": self.endpoint_url, "key": KEY, "secret": SECRET, "region": "eu-west-1"}
        return told | ({"ca_bundle": self.ca_bundle} if self.ca_bundle else {}) | more

    def new_bucket(self, *, versioned: bool = False) -> str:
        """Create a bucket that no other test uses, and return its name."""
        bucket = f"bucket-{next(self._numbers)}"
        self.call("create_bucket", Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        if versioned:
            self.call("put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        return bucket

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Do one thing by the bare library."""

        async def do() -> dict[str, Any]:
            client = AioSession().create_client(
                "s3",
                endpoint_url=self.endpoint_url,
                region_name="eu-west-1",
                aws_access_key_id=KEY,
                aws_secret_access_key=SECRET,
                verify=str(self.ca_bundle) if self.ca_bundle else None,
            )
            async with client as opened:
                return await getattr(opened, operation)(**parameters)

        return sync(get_loop(), do)

    def versions(self, bucket: str) -> list[dict[str, Any]]:
        """Return every version in a bucket, and every marker."""
        page = self.call("list_object_versions", Bucket=bucket)
        return [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]

    def unfinished(self, bucket: str) -> list[dict[str, Any]]:
        """Return the uploads in parts that nobody ended."""
        return self.call("list_multipart_uploads", Bucket=bucket).get("Uploads", [])

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def running_server(*, tls: bool = True) -> Iterator[Server]:
    """Run a server; its authority's certificate lies in a folder that goes with it."""
    with tempfile.TemporaryDirectory() as folder:
        arguments, ca_bundle = [], None
        if tls:
            authority = trustme.CA()
            ca_bundle = Path(folder) / "authority.pem"
            authority.cert_pem.write_to_path(ca_bundle)
            certificate = Path(folder) / "certificate.pem"
            authority.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem.write_to_path(certificate)
            arguments = [str(certificate)]
        environment = {"PATH": os.environ["PATH"], "HOME": folder, "MOTO_S3_DEFAULT_MAX_KEYS": str(PAGE)}
        with subprocess.Popen(
            [sys.executable, "-m", "s3_server", *arguments],
            cwd=Path(__file__).parents[1],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            try:
                yield Server(process, int(process.stdout.readline()), ca_bundle)
            finally:
                process.kill()
