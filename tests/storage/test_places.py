import gc
import logging
import os
import resource
import stat
import subprocess
import sys
import threading
import traceback
import uuid
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from s3_server import KEY, PAGE, SECRET, TOKEN, Relay, running_server

from workbench.errors import InputError, NotFoundError, StoreError, WorkbenchError
from workbench.storage import Place
from workbench.storage.places.bucket import PART

OLD, NEW = b"the old one", b"the new one"
MULTIPART = os.urandom(12 << 20)

names = st.lists(
    st.text("abcXYZ019._-", min_size=1, max_size=12).filter(lambda part: part not in {".", ".."}),
    min_size=1,
    max_size=4,
).map("/".join)


@pytest.fixture(params=["file", "memory", "s3"])
def place(request, tmp_path):
    """Return an empty place of each kind."""
    match request.param:
        case "file":
            yield Place(str(tmp_path / "backups" / "of ada"))
        case "memory":
            yield Place(f"memory://{uuid.uuid4().hex}")
        case "s3":
            server = request.getfixturevalue("s3_server")
            yield Place(f"s3://{server.new_bucket()}/backups/ada", **server.options())
            gc.collect()  # closes the connection here, where a complaint belongs


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "place"


def files_below(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("content", [b"", b"\0", b"x" * (PART - 1), b"x" * PART, MULTIPART], ids=len)
def test_what_was_put_is_got(place, content):
    assert place.put("a/b.bin", content) == len(content)
    assert place.get("a/b.bin") == content


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(name=names, pieces=st.lists(st.binary(max_size=3000)), size=st.integers(1, 4000))
def test_pieces_come_back_as_one_content_in_pieces_of_the_size_asked_for(place, name, pieces, size):
    for other in place.names():  # of the example before: a file can't be a folder, too
        place.delete(other)
    whole = b"".join(pieces)
    assert place.put(name, iter(pieces)) == len(whole)
    chunks = list(place.read_chunks(name, size=size))
    assert b"".join(chunks) == whole
    assert all(0 < len(chunk) <= size for chunk in chunks)
    assert place.names() == [name]
    assert place.exists(name)


def test_a_file_is_put_without_reading_it_at_once(place, tmp_path):
    source = tmp_path / "source"
    source.write_bytes(MULTIPART)
    assert place.put("copy", source) == len(MULTIPART)
    assert b"".join(place.read_chunks("copy", size=1_000_003)) == MULTIPART


def test_a_newer_object_takes_the_older_ones_place(place):
    place.put("a", OLD * 1000)
    place.put("a", NEW)
    assert place.get("a") == NEW


def test_names_are_sorted_relative_and_begin_with_the_prefix(place):
    assert place.names() == []
    for name in ("b/2", "b/10", "a", "b.x", "c/d/e"):
        place.put(name, NEW)
    assert place.names() == ["a", "b.x", "b/10", "b/2", "c/d/e"]
    assert place.names("b") == ["b.x", "b/10", "b/2"]
    assert place.names("b/") == ["b/10", "b/2"]
    assert place.names("b/1") == ["b/10"]
    assert place.names("nothing") == []


def test_a_listing_is_never_stale(place):
    place.put("a", OLD)
    assert (place.names(), place.exists("b")) == (["a"], False)
    place.put("b", OLD)
    assert (place.names(), place.exists("b")) == (["a", "b"], True)
    place.delete("a")
    assert (place.names(), place.exists("a")) == (["b"], False)


def test_what_another_client_wrote_is_seen_at_once(s3_server):
    url = f"s3://{s3_server.new_bucket()}/x"
    one, two = Place(url, **s3_server.options()), Place(url, **s3_server.options())
    assert one.names() == two.names() == []
    two.put("a", NEW)
    assert one.names() == ["a"]
    assert one.get("a") == NEW
    two.put("a", OLD)
    assert one.get("a") == OLD


def test_more_names_than_one_page_of_a_listing_are_all_returned(s3_server):
    bucket = s3_server.new_bucket()
    place = Place(f"s3://{bucket}", **s3_server.options())
    wanted = sorted(f"n{number}" for number in range(2 * PAGE + 1))
    for name in wanted:
        place.put(name, b"")
    assert place.names() == wanted


def test_more_versions_than_one_page_of_a_listing_are_all_deleted(s3_server):
    bucket = s3_server.new_bucket(versioned=True)
    place = Place(f"s3://{bucket}", **s3_server.options())
    for _ in range(PAGE + 1):
        place.put("a", b"")
    place.put("b", b"")
    place.delete("a")
    assert [version["Key"] for version in s3_server.versions(bucket)] == ["b"]


def test_what_is_missing_is_not_found(place):
    place.put("folder/object", NEW)
    for name in ("nothing", "folder", "folder/object/below"):
        assert not place.exists(name)
        for action in (place.get, place.delete, lambda name: next(place.read_chunks(name))):
            with pytest.raises(NotFoundError):
                action(name)
    place.delete("folder/object")
    with pytest.raises(NotFoundError):
        place.delete("folder/object")


ODD_NAMES = [
    "",
    ".",
    "..",
    "/etc/passwd",
    "a//b",
    "a/",
    "../a",
    "a/../b",
    "a/.",
    "a b",
    "ä",
    "a\n",
    "a\0",
    "a\\b",
    "~",
    "a:b",
    "%2e",
    "a" * 256,
    "a/" * 256 + "a",
    "?versionId=1",
    "*",
    "a?b",
    "a#b",
]


def test_an_odd_name_is_refused_everywhere(place):
    for name in ODD_NAMES:
        for action in (place.get, place.delete, place.exists, place.read_chunks, lambda name: place.put(name, NEW)):
            with pytest.raises(InputError):
                action(name)
    assert place.names() == []


def test_an_odd_prefix_is_refused(place):
    for prefix in ["..", "/", "a//", "../", "*", "a b"]:
        with pytest.raises(InputError):
            place.names(prefix)


def test_only_bytes_are_put(place):
    for content in ("text", 5, None, ["text"], [5], Path("/nowhere/at/all")):
        with pytest.raises(InputError):
            place.put("a", content)
    assert place.names() == []


@pytest.mark.parametrize("size", [10, 9 << 20])
def test_a_source_that_fails_midway_leaves_the_old_object(place, size):
    def source():
        yield bytes(size)
        raise RuntimeError("the caller's own")

    place.put("a", OLD)
    with pytest.raises(RuntimeError, match="the caller's own"):
        place.put("a", source())
    with pytest.raises(RuntimeError):
        place.put("b", source())
    assert place.names() == ["a"]
    assert place.get("a") == OLD


def test_a_source_that_fails_midway_leaves_no_parts_in_the_bucket(s3_server):
    bucket = s3_server.new_bucket()
    place = Place(f"s3://{bucket}", **s3_server.options())
    with pytest.raises(ZeroDivisionError):
        place.put("a", (bytes(PART // number) for number in (1, 1, 0)))
    assert s3_server.unfinished(bucket) == []


def test_a_reader_gets_the_old_object_or_the_new_one_and_no_mixture(place):
    old, new = b"o" * (3 << 20), b"n" * (2 << 20)
    place.put("a", old)
    stop = threading.Event()
    seen, failed = set(), []

    def read():
        while not stop.is_set():
            try:
                seen.add(place.get("a"))
            except StoreError:
                seen.add(None)  # replaced in between, and said so
            except BaseException as error:  # noqa: BLE001 - a thread's failure is the test's
                failed.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for content in (new, old) * 5:
            place.put("a", content)
    finally:
        stop.set()
        reader.join()
    assert not failed
    assert seen <= {old, new, None}


# Folders on a disk


def test_files_are_the_owners_alone_whatever_the_umask(folder):
    before = os.umask(0)
    try:
        Place((folder / "x").as_uri()).put("2026/a", NEW)
    finally:
        os.umask(before)
    assert stat.S_IMODE((folder / "x/2026/a").stat().st_mode) == 0o600
    for made in (folder, folder / "x", folder / "x/2026"):
        assert stat.S_IMODE(made.stat().st_mode) == 0o700


def test_a_full_disk_leaves_the_old_object_and_nothing_half_written(folder):
    """The process may write files of 1 MiB at most: the system's answer is then an error in the middle of a write."""
    Place(str(folder)).put("a", OLD)
    script = f"""
import resource, signal
from workbench.errors import StoreError
from workbench.storage import Place
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
for name in ("a", "b"):
    try:
        Place({str(folder)!r}).put(name, (bytes(100_000) for _ in range(100)))
    except StoreError as error:
        print(error, error.__context__)
"""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert (
        done.stdout.splitlines()
        == ["The place is full; nothing was written. Free some space, then try again. None"] * 2
    )
    assert files_below(folder) == ["a"]
    assert Place(str(folder)).get("a") == OLD


def test_a_process_killed_while_it_writes_leaves_the_old_object(folder):
    Place(str(folder)).put("a", OLD)
    script = f"""
import os, signal
from workbench.storage import Place
def pieces():
    yield bytes(3_000_000)
    os.kill(os.getpid(), signal.SIGKILL)
Place({str(folder)!r}).put("a", pieces())
"""
    done = subprocess.run([sys.executable, "-c", script], check=False)
    assert done.returncode == -9
    assert Place(str(folder)).names() == ["a"]
    assert Place(str(folder)).get("a") == OLD


def test_links_and_pipes_are_no_objects_and_lead_nowhere(folder, tmp_path):
    place = Place(str(folder))
    place.put("inner/a", OLD)
    (tmp_path / "secret").write_bytes(b"another's")
    (tmp_path / "outside").mkdir()
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "away").symlink_to(tmp_path / "outside")
    os.mkfifo(folder / "pipe")
    assert place.names() == ["inner/a"]
    for name in ("link", "pipe"):
        assert not place.exists(name)
        with pytest.raises(NotFoundError):
            place.get(name)
    for name in ("link", "away/a"):
        with pytest.raises(StoreError):
            place.put(name, NEW)
    assert (tmp_path / "secret").read_bytes() == b"another's"
    assert list((tmp_path / "outside").iterdir()) == []
    assert [path for path in files_below(folder) if ".~" in path] == []


def test_a_file_where_a_folder_should_be_is_explained(folder):
    place = Place(str(folder))
    place.put("a", OLD)
    with pytest.raises(StoreError):
        place.put("a/b", NEW)
    assert files_below(folder) == ["a"]


def test_a_path_keeps_its_meaning_when_the_kernel_changes_its_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    place = Place("backups")
    monkeypatch.chdir("/")
    place.put("a", NEW)
    assert files_below(tmp_path) == ["backups/a"]


# Buckets


def test_delete_leaves_no_version_in_a_versioned_bucket(s3_server):
    bucket = s3_server.new_bucket(versioned=True)
    place = Place(f"s3://{bucket}/x", **s3_server.options())
    for content in (OLD, NEW, OLD):
        place.put("a", content)
        place.put("a.longer", content)
    s3_server.call("delete_object", Bucket=bucket, Key="x/a")  # another program hides it behind a marker
    place.put("a", NEW)
    assert len(s3_server.versions(bucket)) == 3 + 3 + 2
    place.delete("a")
    assert {version["Key"] for version in s3_server.versions(bucket)} == {"x/a.longer"}
    assert place.get("a.longer") == OLD


@pytest.mark.parametrize("size", [1 << 20, 12 << 20])
def test_a_connection_cut_midway_through_an_upload_leaves_the_old_object(s3_server, size):
    bucket = s3_server.new_bucket()
    place = Place(f"s3://{bucket}", **s3_server.options())
    place.put("a", OLD)
    with Relay(s3_server.port, until=size * 3 // 4) as relay:
        through = Place(f"s3://{bucket}", **s3_server.options(endpoint_url=s3_server.url_of(relay.port)))
        for name in ("a", "b"):
            with pytest.raises(StoreError, match="broke off"):
                through.put(name, bytes(size))
        assert relay.is_cut
    assert place.names() == ["a"]
    assert place.get("a") == OLD


@pytest.mark.parametrize("size", [1 << 20, 12 << 20])
def test_a_server_killed_midway_through_an_upload_is_explained(size):
    with running_server() as server:
        place = Place(f"s3://{server.new_bucket()}", **server.options())

        def pieces():
            yield bytes(size)
            server.kill()
            yield bytes(size)

        with pytest.raises(StoreError, match="broke off"):
            place.put("a", pieces())


def test_an_upload_whose_answer_is_lost_leaves_a_whole_object(s3_server):
    bucket = s3_server.new_bucket()
    place = Place(f"s3://{bucket}", **s3_server.options())
    place.put("a", OLD)
    for until in range(1500, 5000, 500):  # somewhere among the handshake, the 100 Continue, and the answer
        with Relay(s3_server.port, until_back=until) as relay:
            through = Place(f"s3://{bucket}", **s3_server.options(endpoint_url=s3_server.url_of(relay.port)))
            try:
                through.put("a", NEW * 100_000)
            except StoreError:
                assert relay.is_cut
        assert place.get("a") in {OLD, NEW * 100_000}


def test_a_download_cut_midway_is_no_content(s3_server):
    bucket = s3_server.new_bucket()
    Place(f"s3://{bucket}", **s3_server.options()).put("a", MULTIPART)
    with Relay(s3_server.port, until_back=10 << 20) as relay:
        through = Place(f"s3://{bucket}", **s3_server.options(endpoint_url=s3_server.url_of(relay.port)))
        with pytest.raises(StoreError, match="broke off"):
            through.get("a")


def test_a_bucket_that_is_not_there_is_explained(s3_server):
    place = Place("s3://no-such-bucket/x", **s3_server.options())
    for action in (place.names, lambda: place.put("a", NEW), lambda: place.put("a", bytes(PART))):
        with pytest.raises(StoreError, match="no such bucket"):
            action()


def test_places_of_other_options_share_nothing(s3_server):
    url = f"s3://{s3_server.new_bucket()}/x"
    one = Place(url, **s3_server.options())
    two = Place(url, **s3_server.options(key="AKIAOTHER", secret="other"))
    assert one._backend._files is not two._backend._files
    assert one._backend._files.s3 is not two._backend._files.s3


# Addresses, options, and what is said of them


@pytest.mark.parametrize(
    "url", ["ftp://host/x", "http://host/x", "gs://bucket", "simplecache::s3://bucket", "s3a://b", "://x"]
)
def test_an_unknown_kind_of_place_is_refused(url):
    with pytest.raises(StoreError) as raised:
        Place(url)
    assert "s3://" in raised.value.remedy


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a\0b",
        "file://host/x",
        "file:///x?y",
        "s3://",
        "s3://b",
        "s3://bucket/../x",
        "s3://bucket/a b",
        "s3://bucket?x=1",
        "memory://../x",
    ],
)
def test_an_address_that_means_something_else_is_refused(url):
    with pytest.raises(InputError):
        Place(url)


@pytest.mark.parametrize(
    "options",
    [
        {"client_kwargs": {"verify": False}},
        {"anon": True},
        {"session": 1},
        {"key": "k"},
        {"secret": "s"},
        {"region": 5},
    ],
)
def test_an_option_that_is_not_a_buckets_is_refused(options):
    with pytest.raises(InputError):
        Place("s3://bucket", **options)


def test_a_folder_takes_no_options(folder):
    with pytest.raises(InputError):
        Place(str(folder), auto_mkdir=True)


def test_without_the_extra_the_remedy_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(StoreError) as raised:
        Place("s3://bucket")
    assert 'pip install "workbench[s3]"' in raised.value.remedy


def test_libraries_load_on_first_use(folder):
    script = f"""
import sys
from workbench.storage import Place
Place({str(folder)!r}).put("a", b"")
assert not {{"fsspec", "s3fs", "botocore", "aiohttp"}} & sys.modules.keys()
Place("memory://x").put("a", b"")
assert "fsspec" in sys.modules and not {{"s3fs", "botocore", "aiohttp"}} & sys.modules.keys()
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_nothing_says_where_a_place_is_or_how_it_is_opened(s3_server, place):
    opened = Place("s3://bucket-canary/x", **s3_server.options(token=TOKEN))
    assert repr(opened) == "Place(<s3>)"
    assert "canary" not in f"{opened!r}{opened}{vars(opened)}{vars(opened._backend)['_files']!r}".replace("bucket", "")
    assert repr(place) in {"Place(<file>)", "Place(<memory>)", "Place(<s3>)"}


def failures(server):
    """Yield what goes wrong in each of the ways there are, with credentials at hand."""
    bucket = server.new_bucket()
    told = {"token": TOKEN}
    good = Place(f"s3://{bucket}", **server.options(**told))
    yield lambda: Place(f"s3://{KEY}:{SECRET}@bucket/x")
    yield lambda: Place(f"s3://bucket/x?secret={SECRET}")
    yield lambda: Place(f"ftp://{KEY}:{SECRET}@host/x")
    yield lambda: Place(f"file://{KEY}:{SECRET}@host/x")
    yield lambda: Place("s3://bucket", **server.options(**told, other=1))
    yield lambda: Place("s3://bucket", **server.options(**told, verify=False))
    yield lambda: Place("s3://bucket", **server.options(**told, endpoint_url=f"http://{KEY}:{SECRET}@s3.example"))
    yield lambda: Place("s3://bucket", **server.options(**told, endpoint_url=f"https://{KEY}:{SECRET}@127.0.0.1"))
    yield lambda: Place("s3://bucket", **server.options(**told, ca_bundle="/nowhere"))
    yield lambda: Place("s3://bucket", **server.options(**told, profile="nobody"))
    yield lambda: Place("s3://bucket", **server.options(**told, region="not a region!"))
    yield lambda: Place("s3://no-such-bucket", **server.options(**told)).put("a", NEW)
    yield lambda: Place("s3://bucket", **server.options(**told) | {"ca_bundle": None}).put("a", NEW)
    yield lambda: good.get("missing")
    yield lambda: good.delete("missing")
    yield lambda: good.put("a", "text")
    with Relay(server.port, until=0) as relay:
        cut = Place(f"s3://{bucket}", **server.options(**told, endpoint_url=server.url_of(relay.port)))
        for content in (NEW, bytes(PART)):
            yield lambda content=content: cut.put("a", content)
        yield lambda: cut.get("a")
        yield cut.names


def test_no_error_tells_a_key(s3_server, traces_of, caplog):
    caplog.set_level(logging.INFO)
    for fail in failures(s3_server):
        with pytest.raises(WorkbenchError) as raised:
            fail()
        error = raised.value
        assert error.__context__ is None
        assert error.__cause__ is None
        assert not traces_of(error, KEY, SECRET, TOKEN)
        told = "".join(traceback.format_exception(error))
        assert not [word for word in (KEY, SECRET, TOKEN) if word in told]
    for word in (KEY, SECRET, TOKEN):
        assert word not in caplog.text
