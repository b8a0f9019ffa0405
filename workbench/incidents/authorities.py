"""Whom a mail server's certificate is verified by: the system's authorities, or one file of them, and no variable's."""

import os
import ssl
from pathlib import Path
from typing import Final

from workbench.errors import InsecureTransportError

_BUNDLES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch, Alpine
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, Red Hat
    "/etc/ssl/ca-bundle.pem",  # openSUSE
    "/etc/ssl/cert.pem",  # macOS, BSD
)


def tls_context(ca_bundle: str | os.PathLike[str] | None = None) -> ssl.SSLContext:
    """Return the rules of a connection: TLS 1.2 at least, chain, dates and host always verified.

    `ssl.create_default_context` is not used: it writes the session's keys to a file when SSLKEYLOGFILE is set, and
    takes its authorities from SSL_CERT_FILE.

    Parameters
    ----------
    ca_bundle : path, optional
        A PEM file of authorities to trust instead of the system's.

    Raises
    ------
    InsecureTransportError
        When the file can't be read or holds no certificate, or the system's authorities aren't found.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # CERT_REQUIRED, and check_hostname
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # ASVS 5.0, 12.1.1
    file, folder = (os.fspath(ca_bundle), None) if ca_bundle is not None else _system()
    is_read = True
    try:
        context.load_verify_locations(file, folder)
    except (OSError, ValueError, TypeError):  # an ssl.SSLError is an OSError; both None is a TypeError
        is_read = False
    if not is_read:
        raise InsecureTransportError(
            "The certificate authorities can't be read, or there are none; no notice was sent.",
            remedy="Give ca_bundle= the path of a PEM file; left out, it stands for the system's authorities.",
        )
    return context


def _system() -> tuple[str | None, str | None]:
    """Return a file and a folder of authorities, as OpenSSL was built to look for them or as systems keep them."""
    paths = ssl.get_default_verify_paths()
    file = next((name for name in (paths.openssl_cafile, *_BUNDLES) if Path(name).is_file()), None)
    return file, paths.openssl_capath if Path(paths.openssl_capath).is_dir() else None
