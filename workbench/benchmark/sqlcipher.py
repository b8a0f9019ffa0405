"""SQLCipher: the same table in a file whose pages are encrypted (AES-256-CBC and HMAC-SHA-512 each).

The key is given raw, so that its derivation (a second of PBKDF2 or so) isn't measured with every opening: that is the
way of those who keep the key elsewhere, as we do.
"""

import secrets
from pathlib import Path
from typing import Any

from workbench.benchmark.plain import Plain


class SqlCipher(Plain):
    """The plaintext peer's table and statements, through SQLCipher with its own defaults.

    Raises
    ------
    ImportError
        When sqlcipher3 isn't installed.
    """

    name = "sqlcipher"

    def __init__(self) -> None:
        from sqlcipher3 import dbapi2  # noqa: PLC0415 - a peer that needn't be installed

        super().__init__()
        self._library = dbapi2
        self.errors = (dbapi2.Error,)
        self._key = secrets.token_bytes(32)

    def _connect(self, path: Path) -> Any:
        connection = self._library.connect(str(path), isolation_level=None)
        # A raw key is 64 hexadecimal digits (zetetic.net/sqlcipher/sqlcipher-api, "PRAGMA key"); it takes no parameter.
        connection.execute(f"PRAGMA key = \"x'{self._key.hex()}'\"")
        return connection
