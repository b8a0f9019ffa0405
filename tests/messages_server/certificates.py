"""A certificate authority of our own, and the certificates, sound and unsound, that a test may want from it."""

import datetime as dt
import ssl
from pathlib import Path
from typing import Literal

import trustme

Kind = Literal["good", "expired", "wrong host", "unknown authority"]

LOOPBACK = ("localhost", "127.0.0.1")


class Authority:
    """An authority that exists as long as the test; nobody else trusts it."""

    def __init__(self) -> None:
        self._known = trustme.CA()
        self._unknown = trustme.CA()

    def write_bundle(self, path: Path) -> Path:
        """Write the known authority's certificate as PEM, for ``ca_bundle``, and return the path."""
        self._known.cert_pem.write_to_path(path)
        return path

    def server_context(self, kind: Kind = "good", *, tls: ssl.TLSVersion | None = None) -> ssl.SSLContext:
        """Return a server's context: which certificate, and one version of TLS only, or whatever both sides can."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._certificate(kind).configure_cert(context)
        if tls is not None:
            # OpenSSL offers TLS 1.1 at security level 0 only (openssl-ciphers, "SECLEVEL").
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = tls
            context.maximum_version = tls
        return context

    def _certificate(self, kind: Kind) -> trustme.LeafCert:
        now = dt.datetime.now(tz=dt.UTC)
        match kind:
            case "good":
                return self._known.issue_cert(*LOOPBACK)
            case "expired":
                past = (now - dt.timedelta(days=20), now - dt.timedelta(days=10))
                return self._known.issue_cert(*LOOPBACK, not_before=past[0], not_after=past[1])
            case "wrong host":
                return self._known.issue_cert("elsewhere.example")
            case "unknown authority":
                return self._unknown.issue_cert(*LOOPBACK)
