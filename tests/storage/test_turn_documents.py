from datetime import UTC, datetime

import pytest

from workbench.crypto import Kind
from workbench.errors import IntegrityError
from workbench.records import Minimised, Prompt, Pseudonyms, Turn, TurnId, Usage
from workbench.storage import Document, SearchIndex, TurnDocuments, encode
from workbench.storage.search import shard_builder

LONG = 30  # seconds; nothing here takes them


def body(text, *, number=0):
    return encode(
        Turn(
            TurnId(f"{number:032x}"),
            datetime(2026, 11, 23, tzinfo=UTC),
            Prompt(text, "haiku", None),
            Minimised(text),
            f"a reply on {text}",
            "complete",
            Usage(),
            {"model": "m", "label": "l"},
            Pseudonyms({}),
        )
    )


@pytest.fixture
def written(vault):
    """Return the ids of five turns, the second erased and the fourth damaged."""
    ids = [vault.append(body(f"rain number{number}", number=number)) for number in range(5)]
    vault.erase([ids[1]])
    vault._database.write("UPDATE record SET sealed = ? WHERE record_id = ?", (b"noise" * 20, ids[3]))
    return ids


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_readable_turns_come_oldest_first_and_the_rest_is_passed_over(vault, written, limit):
    documents = TurnDocuments(vault)
    found = list(documents.documents(after=0, limit=limit))
    assert [document.record_id for document in found] == [written[0], written[2], written[4]][:limit]
    assert [document.prompt for document in found] == ["rain number0", "rain number2", "rain number4"][:limit]
    assert found == sorted(found, key=lambda document: document.place)
    assert list(documents.documents(after=documents.newest(), limit=5)) == []


def test_a_document_is_what_the_turn_says(vault, written):
    first = next(TurnDocuments(vault).documents(after=0, limit=1))
    moment = datetime(2026, 11, 23, tzinfo=UTC).timestamp()
    assert first == Document(
        vault.log.start + 1, written[0], moment, "m", "haiku", "rain number0", "a reply on rain number0"
    )


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("few", [0, 1000])
def test_the_living_are_counted_by_range(vault, monkeypatch, few):
    """Damaged ones live, erased ones and the log's own entries don't."""
    monkeypatch.setattr("workbench.storage.record_log._FEW", few)
    documents, start = TurnDocuments(vault), vault.log.start
    assert documents.living(first=0, last=documents.newest()) == 4
    assert documents.living(first=start + 1, last=start + 2) == 1
    assert documents.living(first=start + 3, last=start + 3) == 1
    assert documents.living(first=start + 4, last=start + 3) == 0


def test_an_index_over_a_vault_finds_keeps_and_forgets(vaults, vault, written, monkeypatch):
    monkeypatch.setattr(shard_builder, "SEAL_EVERY", 1)
    caches = vault.caches(Kind.SEARCH_SHARD)
    for _ in range(2):
        index = vaults.search_index()
        index.open()
        assert index.ready.wait(LONG)
        assert [hit.record_id for hit in index.search("rain", order="newest")] == [written[n] for n in (4, 2, 0)]
        index.close()
        assert [cached.count for cached in caches.load()] == [4]
    index = vaults.search_index()
    index.open()
    assert index.ready.wait(LONG)
    vault.erase([written[4]])
    assert not list(caches.load())
    index.remove(written[4])
    late = vault.append(body("rain again", number=9))
    assert [hit.record_id for hit in index.search("rain", order="newest")] == [late, written[2], written[0]]
    index.close()


def test_a_shard_put_back_after_an_erasure_is_not_read(vaults, vault, written, monkeypatch):
    """Its key is gone; were it not, its count would tell."""
    monkeypatch.setattr(shard_builder, "SEAL_EVERY", 1)
    index = vaults.search_index()
    index.open()
    assert index.ready.wait(LONG)
    index.close()
    ((row),) = vault._database.rows("SELECT * FROM cache")
    vault.erase([written[0]])
    vault._database.write(f"INSERT INTO cache VALUES ({', '.join('?' * len(row))})", row)
    again = vaults.search_index()
    again.open()
    assert again.ready.wait(LONG)
    assert [hit.record_id for hit in again.search("number0 ")] == []
    again.close()


def test_what_the_rows_refuse_is_told_by_the_next_search(vault):
    class Refusing(TurnDocuments):
        def living(self, *, first, last):
            raise IntegrityError("The store was altered.")

    vault.append(body("rain"))
    index = SearchIndex(vault.caches(Kind.SEARCH_SHARD), Refusing(vault))
    index.open()
    assert index.ready.wait(LONG)
    with pytest.raises(IntegrityError):
        index.search("rain")
    index.close()
