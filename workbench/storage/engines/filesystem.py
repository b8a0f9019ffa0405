"""On which filesystem a path lies: SQLite's log works on this machine's own, and corrupts a store on a shared one."""

import os
import re
import subprocess
import sys
from pathlib import Path

from workbench.errors import StoreError

_NAMES = """
    nfs nfs3 nfs4 cifs smb2 smb3 smbfs smb ncp ncpfs afs afpfs auristorfs coda 9p ceph glusterfs lustre gpfs beegfs
    fhgfs orangefs pvfs2 panfs wekafs quobyte ocfs2 gfs2 davfs webdav ftp vboxsf vmhgfs prl_fs
    fuse.afs fuse.beegfs fuse.ceph fuse.ceph-fuse fuse.cephfs fuse.curlftpfs fuse.davfs fuse.davfs2 fuse.dbxfs
    fuse.gcsfuse fuse.glusterfs fuse.goofys fuse.google-drive-ocamlfuse fuse.juicefs fuse.mfs fuse.moosefs
    fuse.mount-s3 fuse.mountpoint-s3 fuse.blobfuse fuse.blobfuse2 fuse.nfs fuse.quobyte fuse.rclone fuse.s3backer
    fuse.s3fs fuse.seaweedfs fuse.smbnetfs fuse.sshfs fuse.vmhgfs-fuse fuse.grpcfuse macfuse.sshfs
"""

NETWORK = frozenset(_NAMES.split())
"""Filesystems that several machines can write, by the names that Linux and macOS give them."""


def filesystem_of(path: Path, mountinfo: str) -> str | None:
    """Return the name of the filesystem that holds an absolute path, or None when no line tells.

    Parameters
    ----------
    path : Path
        Absolute, with its links resolved; it needn't be there.
    mountinfo : str
        As Linux writes /proc/self/mountinfo (proc(5)): the fifth field of a line is the mount point, with space, tab,
        newline and backslash in octal; after a lone hyphen follow the type and the source. A later line covers an
        earlier one of the same mount point.
    """
    mounts = []
    for line in mountinfo.split("\n"):
        head, separator, tail = line.partition(" - ")
        fields, kinds = head.split(" "), tail.split(" ")
        if separator and len(fields) > _MOUNT_POINT:
            is_dav = kinds[0] == "fuse" and len(kinds) > 1 and "://" in kinds[1]  # davfs2 gives no name of its own
            mounts.append((_unescaped(fields[_MOUNT_POINT]), "davfs" if is_dav else kinds[0]))
    return _innermost(path, mounts)


def macos_filesystem_of(path: Path, listing: str) -> str | None:
    """Return the name of the filesystem that holds an absolute path, from what macOS's mount(8) prints."""
    found = re.findall(r"^.*? on (/.*) \((\w+)[^()]*\)$", listing, re.MULTILINE)
    return _innermost(path, found)


def refuse_network(path: Path, mounts: str | None = None) -> None:
    """Refuse a path on a filesystem that other machines can write too.

    A write-ahead log needs shared memory: "all processes using a database must be on the same host computer"
    (sqlite.org/wal.html), and locks over a network are often lost or forgotten (sqlite.org/howtocorrupt.html, 2.1).

    Parameters
    ----------
    path : Path
        Of the store.
    mounts : str, optional
        What this system tells of its mounts; asked for when it isn't given.

    Raises
    ------
    StoreError
        When it does; the remedy names a local path and PostgreSQL.
    """
    real = Path(os.path.realpath(path))
    find = macos_filesystem_of if sys.platform == "darwin" else filesystem_of
    kind = find(real, _mounts() if mounts is None else mounts)
    if kind in NETWORK or str(real).startswith("\\\\"):  # the second is Windows' way to name another machine
        raise StoreError(
            "The store would lie on a network filesystem, where SQLite can lose or corrupt it.",
            remedy="Give a path on a disk of this machine, or the address of a PostgreSQL database.",
        )


_MOUNT_POINT = 4  # proc(5): the fifth field


def _mounts() -> str:
    """Return what the system tells of its mounts; nothing where it can't be asked."""
    try:
        if sys.platform == "darwin":
            done = subprocess.run(["/sbin/mount"], capture_output=True, check=False, timeout=10)
            return os.fsdecode(done.stdout)
        return os.fsdecode(Path("/proc/self/mountinfo").read_bytes())
    except (OSError, subprocess.TimeoutExpired):
        return ""


def _unescaped(field: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), field)


def _innermost(path: Path, mounts: list[tuple[str, str]]) -> str | None:
    """Return the type at the longest mount point that holds the path; of equals, the one mounted last."""
    best: tuple[int, str] | None = None
    for point, kind in mounts:
        if path.is_relative_to(point) and (best is None or len(Path(point).parts) >= best[0]):
            best = (len(Path(point).parts), kind)
    return None if best is None else best[1]
