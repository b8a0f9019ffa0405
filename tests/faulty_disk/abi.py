"""The part of sqlite3.h that a virtual file system needs: two structures and a few flags.

The layouts are those of https://www.sqlite.org/c3ref/vfs.html, file.html and io_methods.html. They only ever grow at
their ends, which `iVersion` tells.
"""

import ctypes
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int64, c_void_p
from typing import ClassVar

OPEN_READWRITE = 0x00000002
OPEN_CREATE = 0x00000004
OPEN_MAIN_DB = 0x00000100
OPEN_MAIN_JOURNAL = 0x00000800
OPEN_SUPER_JOURNAL = 0x00004000
OPEN_WAL = 0x00080000

IOCAP_POWERSAFE_OVERWRITE = 0x00001000

WITH_SHARED_MEMORY = 2
"""The version of the methods that ends before xFetch: SQLite then never maps a database into memory."""

OpenFunction = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)  # a name's pointer leads to more
DeleteFunction = CFUNCTYPE(c_int, c_void_p, c_char_p, c_int)
CloseFunction = CFUNCTYPE(c_int, c_void_p)
TransferFunction = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
TruncateFunction = CFUNCTYPE(c_int, c_void_p, c_int64)
SyncFunction = CFUNCTYPE(c_int, c_void_p, c_int)
CharacteristicsFunction = CFUNCTYPE(c_int, c_void_p)


class Vfs(Structure):
    """`sqlite3_vfs`; the functions that aren't wrapped stand as plain pointers, which a copy keeps."""


Vfs._fields_ = [
    ("iVersion", c_int),
    ("szOsFile", c_int),
    ("mxPathname", c_int),
    ("pNext", POINTER(Vfs)),
    ("zName", c_char_p),
    ("pAppData", c_void_p),
    ("xOpen", OpenFunction),
    ("xDelete", DeleteFunction),
    *[(name, c_void_p) for name in ("xAccess", "xFullPathname", "xDlOpen", "xDlError", "xDlSym", "xDlClose")],
    *[(name, c_void_p) for name in ("xRandomness", "xSleep", "xCurrentTime", "xGetLastError", "xCurrentTimeInt64")],
    *[(name, c_void_p) for name in ("xSetSystemCall", "xGetSystemCall", "xNextSystemCall")],
]


class Methods(Structure):
    """`sqlite3_io_methods`, to its third version."""

    _fields_: ClassVar = [
        ("iVersion", c_int),
        ("xClose", CloseFunction),
        ("xRead", TransferFunction),
        ("xWrite", TransferFunction),
        ("xTruncate", TruncateFunction),
        ("xSync", SyncFunction),
        *[(name, c_void_p) for name in ("xFileSize", "xLock", "xUnlock", "xCheckReservedLock", "xFileControl")],
        ("xSectorSize", c_void_p),
        ("xDeviceCharacteristics", CharacteristicsFunction),
        *[(name, c_void_p) for name in ("xShmMap", "xShmLock", "xShmBarrier", "xShmUnmap", "xFetch", "xUnfetch")],
    ]


class File(Structure):
    """`sqlite3_file`: what its own VFS keeps of an open file follows the pointer to its methods."""

    _fields_: ClassVar = [("methods", c_void_p)]


def is_durable_kind(flags: int) -> bool:
    """Tell whether a file opened with these flags is one whose content must survive: no temporary one."""
    return bool(flags & (OPEN_MAIN_DB | OPEN_MAIN_JOURNAL | OPEN_SUPER_JOURNAL | OPEN_WAL))


def syncs_its_folder(flags: int) -> bool:
    """Tell whether the first sync of a file also syncs the folder's entries.

    So `unixOpen` in os_unix.c decides (`UNIXFILE_DIRSYNC`): for each journal and log that may be created, never for
    the main database.
    """
    return bool(flags & OPEN_CREATE and flags & (OPEN_MAIN_JOURNAL | OPEN_SUPER_JOURNAL | OPEN_WAL))


def text_at(address: int | None) -> str:
    """Return the file name at an address; empty for a nameless temporary file."""
    return ctypes.string_at(address).decode("utf-8", "surrogateescape") if address else ""
