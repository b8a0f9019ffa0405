"""What this machine keeps outside of the store: its secret, how far each store had come, what was erased.

A thief of the store alone has none of it. It is a folder of 0600 files, by the XDG rules ``~/.local/state/workbench``;
where the operating system has a keyring and the ``keyring`` library is installed, the secret lies there instead. Code
that runs as the same user can read and remove it: *advisory* against that.
"""

import os
import re
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from workbench.crypto import KEY_BYTES, DeviceSecret
from workbench.errors import IntegrityError, StoreError

Code = str | Callable[[], str] | None
"""A code, something that asks for it when it is needed, or none."""

_SERVICE = "workbench"
_SECRET = "device-secret"  # noqa: S105 - a file's name
_NAME = re.compile(r"[a-z0-9-]{1,100}")


class Device:
    """The folder of one machine and user.

    Parameters
    ----------
    folder : Path
        Created on first write, 0700.
    use_keyring : bool
        Whether the operating system's keyring may hold the secret.
    """

    def __init__(self, folder: Path, *, use_keyring: bool = True) -> None:
        self._folder = folder
        self._use_keyring = use_keyring

    def __repr__(self) -> str:
        """Tell that it is a folder; not what is in it."""
        return "Device(<folder>)"

    @classmethod
    def of_this_user(cls) -> "Device":
        """Return the folder of whoever runs this process."""
        return cls(folder_of_this_user())

    def secret(self, *, create: bool = False, named: bytes | None = None) -> DeviceSecret | None:
        """Return the device's secret; without one, make it, or return nothing.

        A device can have two: where the keyring was locked when one was needed, a file got another.

        Parameters
        ----------
        create : bool
            Make one where there is none.
        named : bytes, optional
            Which to look for, in the keyring too; the one of another name, or nothing, where it isn't there.

        Raises
        ------
        IntegrityError
            When what is kept is no secret.
        StoreError
            When it can't be read or written.
        """
        packed = self.read(_SECRET)
        if self._use_keyring and (packed is None or (named is not None and packed[:16] != named)):
            packed = _from_keyring() or packed
        if packed is None and create:
            packed = secrets.token_bytes(16 + KEY_BYTES)
            if not (self._use_keyring and _to_keyring(packed)):
                packed = self._write_first(_SECRET, packed)
        if packed is None:
            return None
        if len(packed) != 16 + KEY_BYTES:
            raise IntegrityError(
                "The device's secret is damaged.", remedy="Restore it from a copy, or use a recovery code."
            )
        return DeviceSecret(packed[:16], packed[16:])

    @contextmanager
    def offering(self, code: Code, *, is_optional: bool = False) -> Iterator[Code]:  # noqa: ARG002 - `SharedDevice` does
        """Have a second factor's code at hand for what makes out the secret; lend what of it is left for others.

        A device of its own needs none. A team's server gives out its share for one (`SharedDevice`).
        """
        yield code

    def read(self, name: str) -> bytes | None:
        """Return what is kept under a name, or nothing."""
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            problem = type(error).__name__
        raise StoreError(f"What this device keeps outside of the store can't be read ({problem}).", remedy=_REMEDY)

    def names(self, beginning: str) -> list[str]:
        """Return the names under which something is kept, of those that begin so."""
        try:
            found = [path.name for path in self._folder.iterdir()]
        except FileNotFoundError:
            return []
        except OSError as error:
            problem = type(error).__name__
        else:
            return sorted(name for name in found if name.startswith(beginning) and _NAME.fullmatch(name))
        raise StoreError(f"What this device keeps outside of the store can't be listed ({problem}).", remedy=_REMEDY)

    def remove(self, name: str) -> None:
        """Keep something no longer, if it is kept at all."""
        with suppress(OSError):
            self._path(name).unlink()

    def write(self, name: str, content: bytes) -> None:
        """Keep something under a name, whole or not at all, 0600.

        Raises
        ------
        StoreError
            When it can't be written.
        """
        path = self._path(name)
        temporary = path.with_name(f"{name}.{secrets.token_hex(8)}")
        try:
            _write_new(temporary, content)
            temporary.replace(path)
        except OSError as error:
            problem = type(error).__name__
        else:
            return
        with suppress(OSError):
            temporary.unlink()
        raise StoreError(f"What this device keeps outside of the store can't be written ({problem}).", remedy=_REMEDY)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other threads and processes that ask for the same waiting meanwhile.

        Whoever is alone never waits for the store, so that nobody waits for ever. On Windows, and where the filesystem
        has no locks, nobody is kept waiting.
        """
        descriptor = None
        with suppress(OSError):  # a folder that can't be made or opened: writing tells of it
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._folder, os.O_RDONLY)
            _lock(descriptor)
        try:
            yield
        finally:
            if descriptor is not None:
                os.close(descriptor)  # which unlocks it, as the process's end does

    def _write_first(self, name: str, content: bytes) -> bytes:
        """Keep something unless another process did first; return what is kept."""
        path = self._path(name)
        temporary = path.with_name(f"{name}.{secrets.token_hex(8)}")
        try:
            _write_new(temporary, content)
            try:
                os.link(temporary, path)  # fails when the name is taken, which renaming doesn't
            except FileExistsError:
                content = path.read_bytes()
            finally:
                temporary.unlink()
        except OSError as error:
            problem = type(error).__name__
        else:
            return content
        raise StoreError(f"The device's secret can't be written ({problem}).", remedy=_REMEDY)

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise StoreError("That can't be the name of something that a device keeps.")
        return self._folder / name


def folder_of_this_user() -> Path:
    """Return where whoever runs this process keeps it."""
    import platformdirs  # noqa: PLC0415 - only when a store is opened

    return platformdirs.user_state_path("workbench", appauthor=False)


_REMEDY = "Check that your state folder is yours and has space; XDG_STATE_HOME can name another."


def _lock(descriptor: int) -> None:
    """Wait until nobody else holds the lock of an open folder; it goes with the descriptor."""
    if sys.platform != "win32":
        import fcntl  # noqa: PLC0415 - not there on Windows

        fcntl.flock(descriptor, fcntl.LOCK_EX)


def _write_new(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _from_keyring() -> bytes | None:
    keyring = _keyring()
    if keyring is None:
        return None
    found = None
    with suppress(Exception):  # a keyring that is locked, or asks on a screen that isn't there
        found = keyring.get_password(_SERVICE, _SECRET)
    try:
        return bytes.fromhex(found) if found else None
    except ValueError:
        return b""


def _to_keyring(packed: bytes) -> bool:
    """Return whether the keyring took the secret and gives it back."""
    keyring = _keyring()
    if keyring is None:
        return False
    with suppress(Exception):
        # One that couldn't be asked a moment ago may hold a secret that accounts need: it is never written over.
        if keyring.get_password(_SERVICE, _SECRET) is None:
            keyring.set_password(_SERVICE, _SECRET, packed.hex())
    return _from_keyring() == packed


def _keyring() -> Any:
    """Return the keyring library, if it is installed and found a keyring of the operating system."""
    try:
        import keyring  # noqa: PLC0415 - optional
        from keyring.backends import fail  # noqa: PLC0415 - optional
    except ImportError:
        return None
    backend = keyring.get_keyring()
    is_real = not isinstance(backend, fail.Keyring) and getattr(backend, "priority", 0) >= 1
    return keyring if is_real else None
