"""After a session, no column of any table and no byte of the store holds a word (house.md; threat model, G1)."""

import re
import sqlite3

import pytest

from workbench.app.demonstration import bytes_of_store, words_in_bytes

CANARIES = {
    "name": "canaryname",
    "role": "researcher",
    "prompt": "canaryprompt",
    "person": "Wilhelmina",
    "passphrase": "canary orchard lantern seven rivers",
}


@pytest.fixture
def store(bench):
    bench.create_account(CANARIES["name"], passphrase=CANARIES["passphrase"], roles=(CANARIES["role"],))
    session = bench.sign_in(CANARIES["name"], passphrase=CANARIES["passphrase"])
    turn = session.ask(f"A {CANARIES['prompt']} for Mrs {CANARIES['person']} Harker", form="haiku")
    assert CANARIES["person"] in turn.text
    session.history.search(CANARIES["prompt"])
    session.history.delete(session.ask(f"{CANARIES['prompt']} again", form="limerick").id)
    session.lock()
    return bench.path, turn


def test_no_byte_of_the_store_holds_a_word_that_was_typed_or_read(store):
    path, turn = store
    words = {word for text in (*CANARIES.values(), turn.text) for word in re.findall(r"[A-Za-z]{6,}", text)}
    schema = words_in_bytes(words, _schema(path))
    assert words - schema
    assert not words_in_bytes(words, bytes_of_store(path)) - schema


def test_the_search_finds_what_is_there(store):
    path, _ = store
    assert words_in_bytes({"canaryprompt"}, bytes_of_store(path) + b"canaryprompt") == {"canaryprompt"}
    assert words_in_bytes({"canaryprompt"}, bytes_of_store(path) + "canaryprompt".encode("utf-16-le"))
    assert words_in_bytes({"señora"}, bytes_of_store(path) + "señora".encode())


def test_every_column_holds_ids_counters_and_ciphertext_only(store):
    path, _ = store
    connection = sqlite3.connect(path)
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    seen = 0
    for table in sorted(set(tables) - {"sqlite_sequence"}):
        for row in connection.execute(f"SELECT * FROM {table}"):
            for value in row:
                seen += 1
                assert isinstance(value, bytes | int) or value is None
    connection.close()
    assert seen > 50


def _schema(path):
    connection = sqlite3.connect(path)
    text = "\n".join(row[0] for row in connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"))
    connection.close()
    return text.encode()
