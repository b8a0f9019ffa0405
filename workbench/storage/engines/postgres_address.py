"""The address of a PostgreSQL database, made such that nothing but the address itself decides where it leads."""

import getpass
import ipaddress
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from workbench.errors import InsecureTransportError, StoreError

APPLICATION_NAME: Final = "workbench"

_CONNECT_SECONDS: Final = "10"  # for each host, unless the address says otherwise
_SILENT_MILLISECONDS: Final = "30000"  # how long sent bytes may stay unacknowledged before the connection is given up

_NAMES: Final = """
    host hostaddr port dbname user password passfile sslmode sslrootcert sslcert sslkey sslcrl channel_binding
    connect_timeout target_session_attrs
"""

_OPTIONS: Final = frozenset(_NAMES.split())
"""What an address may say; whatever else libpq knows is refused, such as `options`, `service` or `sslkeylogfile`."""

_FROM_ENVIRONMENT: Final = frozenset({"password", "passfile", "require_auth"})
"""What the environment may say: the password, and fewer ways to prove who one is; neither leads anywhere else."""

_UNSAID: Final = {"sslcertmode": "allow", "min_protocol_version": "3.0", "max_protocol_version": "3.0"}
"""What libpq does by default where it takes no empty string for that (postgresql.org/docs/18/libpq-connect.html)."""

_BUNDLES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch, Alpine
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, Red Hat
    "/etc/ssl/ca-bundle.pem",  # openSUSE
    "/etc/ssl/cert.pem",  # macOS, BSD
)
"""The system's authorities. psycopg's wheels carry an OpenSSL that looks for them in a folder of the wheel's builder
(OPENSSLDIR "/usr/lib/psycopg-openssl"), and any OpenSSL would let SSL_CERT_FILE name others."""

_REMEDY = "Write it as postgresql://user@host/database, or postgresql://user@/database?host=/folder/of/the/socket."


def secured(url: str) -> str:
    """Return the connection string for an address, with every option said that libpq would ask the environment for.

    A host other than 127.0.0.0/8, ::1, localhost or a socket's folder gets ``sslmode=verify-full``: encrypted, the
    certificate signed by `sslrootcert` (by default the system's authorities) and made out to the host's name. The name
    decides: ``hostaddr`` spares the look-up, and one that is another machine's makes a local name a remote one. Of a
    list of hosts one remote host is enough. "localhost" is 127.0.0.1, whatever a name server says.

    The string holds the password, if the address does.

    Raises
    ------
    InsecureTransportError
        When less is asked for: in the address, in PGSSLMODE or by a service file.
    StoreError
        When the address can't be read, or asks for what an address may not.
    """
    # (1): read; (2): refuse what isn't known; (3): judge the hosts; (4): say the rest, so that nothing else does.
    options = _parsed(url)
    if "service" in options or os.environ.get("PGSERVICE"):
        raise InsecureTransportError(
            "A service file would say where the database is, and how it is verified.",
            remedy="Unset PGSERVICE, and write the whole address.",
        )
    if not options.keys() <= _OPTIONS:
        raise StoreError("The database's address has options that the workbench doesn't pass on.", remedy=_REMEDY)
    names, addresses = _hosts(options)
    if all(_is_local(host) for host in [*names, *filter(None, addresses)]):
        options["hostaddr"] = ",".join(
            address or ("127.0.0.1" if name.lower() == "localhost" else "")
            for name, address in zip(names, addresses, strict=True)
        )
        options.setdefault("sslmode", "prefer")
    else:
        _refuse_weaker(options)
        options["sslmode"] = "verify-full"
        if options.setdefault("sslrootcert", "system") == "system":
            options["sslrootcert"] = _system_authorities()
    return make_conninfo("", **_silenced(options))


def _parsed(url: str) -> dict[str, str]:
    with suppress(psycopg.Error, UnicodeError):  # whose text quotes the address
        return {name: str(value) for name, value in conninfo_to_dict(url).items()}
    raise StoreError("The database's address can't be read.", remedy=_REMEDY)


def _hosts(options: dict[str, str]) -> tuple[list[str], list[str]]:
    """Return the hosts' names, and for each the address to use or an empty string."""
    options["host"] = options.get("host") or options.get("hostaddr") or ""
    names = options["host"].split(",")
    addresses = options["hostaddr"].split(",") if options.get("hostaddr") else [""] * len(names)
    if not all(names) or len(names) != len(addresses):
        raise StoreError("The database's address doesn't say which server.", remedy=_REMEDY)
    return names, addresses


def _is_local(host: str) -> bool:
    """Tell whether a host is this machine; what isn't surely so, isn't."""
    if host.startswith(("/", "@")) or host.lower() == "localhost":  # a socket's folder, or an abstract socket
        return True
    with suppress(ValueError):
        return "%" not in host and ipaddress.ip_address(host).is_loopback
    return False


def _refuse_weaker(options: dict[str, str]) -> None:
    asked = {options.get("sslmode", "verify-full"), os.environ.get("PGSSLMODE") or "verify-full"}
    if asked != {"verify-full"}:
        raise InsecureTransportError(
            "The database is on another machine, and less than a verified connection was asked for.",
            remedy="Leave sslmode out of the address and unset PGSSLMODE; sslrootcert=FILE names an authority.",
        )


def _system_authorities() -> str:
    for name in _BUNDLES:
        if Path(name).is_file():
            return name
    raise InsecureTransportError(
        "The system's certificate authorities weren't found.", remedy="Name their file: ?sslrootcert=FILE."
    )


def _silenced(options: dict[str, str]) -> dict[str, str]:
    """Add what isn't up to the address, and for each variable of the environment what libpq would do without it."""
    user = options.get("user") or _account()
    said = {
        "port": "5432",
        "sslrootcert": "",
        "connect_timeout": _CONNECT_SECONDS,
        **options,
        "user": user,
        "dbname": options.get("dbname") or user,
        "options": "",
        "application_name": APPLICATION_NAME,
        "client_encoding": "UTF8",
        "gssencmode": "disable",  # it would come before TLS, and verify nothing of it
        "tcp_user_timeout": _SILENT_MILLISECONDS,
        "keepalives_idle": "30",
        "keepalives_interval": "10",
        "keepalives_count": "3",
    }
    for option in pq.Conninfo.parse(b""):
        name, variable = option.keyword.decode(), (option.envvar or b"").decode()
        if name not in said and name not in _FROM_ENVIRONMENT and variable in os.environ:
            said[name] = (option.compiled or b"").decode() or _UNSAID.get(name, "")
    return said


def _account() -> str:
    with suppress(OSError, KeyError):  # an account without a name
        return getpass.getuser()
    raise StoreError("The database's address doesn't say which user.", remedy=_REMEDY)
