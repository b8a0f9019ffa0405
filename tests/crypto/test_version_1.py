"""What version 1 sealed, in the published store that its own program wrote."""

import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st
from old_store import accounts, records_of
from old_store.expected import VECTORS

from workbench.crypto import GENESIS, Kind, next_head_of_version_1, unseal_of_version_1
from workbench.errors import IntegrityError


@pytest.fixture(scope="module")
def chain():
    """Return (place, envelope, head) of each entry of ada's audit log."""
    account = accounts()[0].account_id
    with closing(sqlite3.connect(f"{(VECTORS / 'format_1.db').as_uri()}?immutable=1", uri=True)) as store:
        ((store_id,),) = store.execute("SELECT store_id FROM store")
        rows = store.execute(
            "SELECT record_id, version, envelope, head FROM record WHERE owner_id = ? AND kind = 18 ORDER BY sequence",
            (account,),
        ).fetchall()
    place = {"store": store_id, "owner": account, "kind": Kind.AUDIT_ENTRY}
    return [({**place, "record": record, "version": version}, sealed, head) for record, version, sealed, head in rows]


def test_every_envelope_of_the_published_store_opens_to_what_it_held(tmp_path):
    path = tmp_path / "store.db"
    path.write_bytes((VECTORS / "format_1.db").read_bytes())
    for account in accounts():
        assert records_of(path, account) == account.bodies


def test_the_published_chain_follows_entry_by_entry(chain):
    head = GENESIS
    for place, sealed, stored in chain:
        head = next_head_of_version_1(head, sealed=sealed, **place)
        assert head == stored
    assert len(chain) > 10


@given(st.data())
def test_any_altered_byte_changes_the_head_or_is_refused(chain, data):
    place, sealed, stored = chain[0]
    position = data.draw(st.integers(0, len(sealed) - 1))
    altered = sealed[:position] + bytes([sealed[position] ^ data.draw(st.integers(1, 255))]) + sealed[position + 1 :]
    try:
        assert next_head_of_version_1(GENESIS, sealed=altered, **place) != stored
    except IntegrityError:
        assert position < 2, "the version and the suite"


@pytest.mark.parametrize("sealed", [b"", b"\x01\x01", b"\x02" * 100, None, 7, "text"])
def test_what_is_no_envelope_is_refused(chain, sealed):
    place, _, _ = chain[0]
    with pytest.raises(IntegrityError):
        next_head_of_version_1(GENESIS, sealed=sealed, **place)
    with pytest.raises(IntegrityError):
        unseal_of_version_1(sealed, secret=bytes(32), **place)


@pytest.mark.parametrize(
    "odd", [{"record": None}, {"record": 7}, {"version": -1}, {"version": 2**64}, {"version": None}]
)
def test_odd_cells_beside_an_envelope_are_refused(chain, odd):
    place, sealed, _ = chain[0]
    with pytest.raises(IntegrityError):
        next_head_of_version_1(GENESIS, sealed=sealed, **(place | odd))
    with pytest.raises(IntegrityError):
        unseal_of_version_1(sealed, secret=bytes(32), **(place | odd))
