import sys
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import StoreError
from workbench.storage.engines import filesystem
from workbench.storage.engines.filesystem import NETWORK, filesystem_of, macos_filesystem_of, refuse_network

# proc(5): mount id, parent, device, root, mount point, options, optional fields, hyphen, type, source, options.
MOUNTINFO = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:21 / /proc rw - proc proc rw
30 22 0:40 / /home rw,relatime shared:12 master:3 - nfs4 server:/export/home rw,vers=4.2
31 30 8:17 / /home/ada/local\\040disk rw - xfs /dev/sdb1 rw
32 22 0:50 / /mnt/dav rw - fuse https://example.org/dav rw
33 22 0:51 / /mnt/box rw - fuse.sshfs ada@example.org:/ rw
34 22 0:52 / /mnt/twice rw - ext4 /dev/sdc1 rw
35 34 0:53 / /mnt/twice rw - cifs //server/share rw
36 22 0:54 / /mnt/fuse rw - fuse /dev/fuse rw
"""

LISTING = """\
/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
//ada@server/share on /Volumes/share (smbfs, nodev, nosuid, mounted by ada)
server:/export on /Volumes/on (local) disk (nfs, nodev)
/dev/disk3s5 on /System/Volumes/Data (apfs, local, journaled)
"""

names = st.text(st.characters(exclude_characters="/\0\n", exclude_categories=["Cs"]), min_size=1, max_size=6).filter(
    lambda name: name not in {".", ".."}
)
paths = st.lists(names, max_size=5).map(lambda parts: PurePosixPath("/", *parts))
kinds = st.sampled_from(["ext4", "xfs", "nfs4", "fuse.sshfs", "overlay"])


def escaped(path):
    return "".join(f"\\{ord(letter):03o}" if letter in " \t\n\\#" else letter for letter in str(path))


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "ext4"),
        ("/homework/store.db", "ext4"),
        ("/home", "nfs4"),
        ("/home/ada/store.db", "nfs4"),
        ("/home/ada/local disk/store.db", "xfs"),
        ("/home/ada/local", "nfs4"),
        ("/mnt/dav/store.db", "davfs"),
        ("/mnt/box/a/b", "fuse.sshfs"),
        ("/mnt/twice/store.db", "cifs"),
        ("/mnt/fuse/store.db", "fuse"),
    ],
)
def test_the_innermost_mount_tells_the_filesystem(path, kind):
    assert filesystem_of(Path(path), MOUNTINFO) == kind


@given(mounts=st.dictionaries(paths, kinds, max_size=6), below=st.lists(names, max_size=3), data=st.data())
def test_the_nearest_mount_above_a_path_is_found_whatever_it_is_called(mounts, below, data):
    point = data.draw(st.sampled_from([PurePosixPath("/"), *mounts]))
    path = point.joinpath(*below)
    lines = [f"1 0 0:1 / {escaped(place)} rw shared:1 - {kind} source rw" for place, kind in mounts.items()]
    expected = next((mounts[place] for place in (path, *path.parents) if place in mounts), None)
    assert filesystem_of(Path(path), "\n".join(data.draw(st.permutations(lines))) + "\n") == expected


@given(path=paths, text=st.text())
def test_no_text_is_too_odd_to_be_looked_through(path, text):
    assert filesystem_of(Path(path), text) is None or " - " in text
    macos_filesystem_of(Path(path), text)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/Users/ada/store.db", "apfs"),
        ("/Volumes/share/store.db", "smbfs"),
        ("/Volumes/on (local) disk/store.db", "nfs"),
        ("/Volumes/other", "apfs"),
    ],
)
def test_the_listing_of_macos_tells_too(path, kind):
    assert macos_filesystem_of(Path(path), LISTING) == kind


@pytest.mark.parametrize("kind", sorted(NETWORK))
def test_a_network_filesystem_is_refused_with_a_remedy(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(sys, "platform", "linux")
    mountinfo = f"22 1 8:1 / / rw - ext4 /dev/sda1 rw\n30 22 0:40 / {tmp_path} rw - {kind} server:/ rw\n"
    with pytest.raises(StoreError, match="network") as raised:
        refuse_network(tmp_path / "new" / "store.db", mountinfo)
    assert "local" in raised.value.remedy or "this machine" in raised.value.remedy
    assert "PostgreSQL" in raised.value.remedy
    refuse_network(tmp_path.parent / "store.db", mountinfo)


def test_a_link_into_a_network_filesystem_is_seen_through(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    (tmp_path / "net").mkdir()
    (tmp_path / "link").symlink_to("net")
    mountinfo = f"22 1 8:1 / / rw - ext4 /dev/sda1 rw\n30 22 0:40 / {tmp_path}/net rw - nfs server:/ rw\n"
    with pytest.raises(StoreError):
        refuse_network(tmp_path / "link" / "store.db", mountinfo)


def test_this_machines_own_mounts_are_read(tmp_path):
    find = macos_filesystem_of if sys.platform == "darwin" else filesystem_of
    assert find(tmp_path.resolve(), filesystem._mounts())
    refuse_network(tmp_path / "store.db")
