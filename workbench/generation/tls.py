"""Whom a connection trusts and from which version of TLS on; nothing in the environment has a say in it."""

import ssl
from pathlib import Path

import httpx2

from workbench.errors import WorkbenchError
from workbench.generation import faults


def tls_context(ca_bundle: Path | None = None) -> ssl.SSLContext:
    """Return the rules of a connection: TLS 1.2 at least, 1.3 where the server can, chain and host always verified.

    `ssl.create_default_context` is not used: it writes the session's keys to a file when SSLKEYLOGFILE is set, and
    takes its authorities from SSL_CERT_FILE.

    Parameters
    ----------
    ca_bundle : Path, optional
        A PEM file of authorities to trust instead of the system's.

    Raises
    ------
    InsecureTransportError
        When the file can't be read or holds no certificate.
    """
    if ca_bundle is None:
        context = httpx2.create_ssl_context(trust_env=False)
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        is_read = True
        try:
            context.load_verify_locations(cafile=ca_bundle)
        except (OSError, ValueError):  # an ssl.SSLError is an OSError
            is_read = False
        if not is_read:
            raise faults.authority_fault()
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # OWASP ASVS 5.0, 12.1.1
    return context


def tls_fault(error: BaseException) -> WorkbenchError | None:
    """Return what to say of a failed TLS handshake, or ``None`` where the failure is another.

    Parameters
    ----------
    error : BaseException
        As a connection attempt raised it; its causes are looked through.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return faults.certificate_fault(cause.verify_code)
        if isinstance(cause, ssl.SSLError):
            return faults.handshake_fault()
        cause = cause.__cause__ or cause.__context__
    return None
