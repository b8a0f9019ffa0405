"""What search over a sealed history costs, beside one plaintext FTS5 index on the disk, in one run.

python benchmarks/search.py [TURNS]

The turns are invented: 3 kB each, words by Zipf's law, a subject for each stretch of 10,000 turns. Each query is asked
once of each side, so that nothing is remembered; times are medians in milliseconds.
"""
# ruff: noqa: D102, S311 - the methods are those of the protocols, and chance only invents words

import itertools
import os
import random
import resource
import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path

from workbench.crypto import Context, Kind, new_data_key, seal, unseal
from workbench.records import Envelope
from workbench.storage import CachedBody, Document, SearchIndex
from workbench.storage.search.query import match_expression
from workbench.storage.search.shard import SPAN, Shard

SYLLABLES = ["".join(parts) for parts in itertools.product("bdfgklmnprstvw", "aeiou", ["", "n", "r", "st"])]
WORDS = 200_000
ASKED = 15  # queries of each kind
CONTEXT = Context(bytes(16), bytes(16), Kind.SEARCH_SHARD, bytes(16))


class Turns:
    """A history that is invented again each time it is read."""

    def __init__(self, size):
        self.size = size
        chance = random.Random(1)
        vocabulary = {
            "".join(chance.choices(SYLLABLES, k=chance.choice([1, 2, 2, 3, 3, 4]))): None for _ in range(WORDS)
        }
        self.words = list(vocabulary)
        self.weights = list(itertools.accumulate(1 / (rank + 2.7) for rank in range(len(self.words))))
        self.subjects = [chance.sample(self.words[100:20_000], 100) for _ in range(size // SPAN + 1)]

    def document(self, place):
        chance = random.Random(place)
        words = chance.choices(self.words, cum_weights=self.weights, k=chance.choice([250, 280, 310, 340]))
        words[40:40] = chance.choices(self.subjects[place // SPAN], k=25)
        words[9] = f"only{place:x}"
        prompt, reply = " ".join(words[:100]), " ".join(words[100:])
        return Document(place, place.to_bytes(16, "big"), 1e9 + place, "claude", "haiku", prompt, reply)

    def newest(self):
        return self.size

    def living(self, *, first, last):
        return max(0, min(last, self.size) - max(first, 1) + 1)

    def documents(self, *, after, limit):
        return map(self.document, range(after + 1, min(self.size, after + limit) + 1))


class SealedCache:
    """Shards in files, sealed as the store seals them."""

    def __init__(self, folder):
        self.folder = folder
        self.key = new_data_key()

    def load(self):
        for path in sorted(self.folder.glob("*"), reverse=True):
            body = unseal(Envelope(path.read_bytes()), data_key=self.key, context=CONTEXT).body
            yield CachedBody(*map(int, path.name.split("-")), body)

    def store(self, *, first, last, count, body):
        sealed = seal(body, data_key=self.key, context=CONTEXT)
        (self.folder / f"{first:09}-{last}-{count}").write_bytes(sealed.envelope.sealed)

    def drop(self, *, first):
        for path in self.folder.glob(f"{first:09}-*"):
            path.unlink()


def milliseconds(action):
    """Return how long one call takes, and what it gives."""
    began = time.perf_counter()
    given = action()
    return (time.perf_counter() - began) * 1000, given


def memory():
    """Return what the process holds, in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


def plain_index(path, turns):
    """Return one FTS5 index over the same turns, on the disk and readable."""
    plain = sqlite3.connect(path, isolation_level=None)
    plain.execute("PRAGMA journal_mode=WAL")
    plain.execute("CREATE VIRTUAL TABLE turn USING fts5 (prompt, reply, tokenize = 'unicode61 remove_diacritics 2')")
    plain.execute("BEGIN")
    rows = ((turn.place, turn.prompt, turn.reply) for turn in turns.documents(after=0, limit=turns.size))
    plain.executemany("INSERT INTO turn (rowid, prompt, reply) VALUES (?, ?, ?)", rows)
    plain.execute("COMMIT")
    plain.execute("INSERT INTO turn (turn) VALUES ('optimize')")
    plain.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return plain


def queries(turns):
    """Return queries of each kind; a space at the end says that the last word is whole."""
    chance = random.Random(2)
    words, size = turns.words, turns.size

    def neighbours():
        prompt = turns.document(chance.randrange(1, size)).prompt.split()
        return f'"{" ".join(prompt[20:22])}"'

    def subject():
        return chance.choice(chance.choice(turns.subjects))

    kinds = {
        "common word (most turns)": lambda: words[chance.randrange(40)] + " ",
        "mid word (1 in 100)": lambda: words[chance.randrange(2_000, 6_000)] + " ",
        "rare word (one turn)": lambda: f"only{chance.randrange(1, size):x} ",
        "word of a subject": lambda: subject() + " ",
        "two common words": lambda: f"{words[chance.randrange(40)]} {words[chance.randrange(40, 80)]} ",
        "common word and subject": lambda: f"{words[chance.randrange(200)]} {subject()} ",
        "three words": lambda: " ".join(words[chance.randrange(10, 200)] for _ in range(3)) + " ",
        "phrase": neighbours,
        "phrase of common words": lambda: f'"{words[chance.randrange(12)]} {words[chance.randrange(12)]}"',
        "beginning, five letters": lambda: words[chance.randrange(2_000, 6_000)].ljust(5, "a")[:5],
        "beginning, two letters": lambda: words[chance.randrange(2_000, 6_000)][:2],
    }
    return {kind: [make() for _ in range(ASKED)] for kind, make in kinds.items()}


def agreeing(plain, expression, hits):
    """Return, for each of our first ten, whether the one index would have it among its own, give or take 1 %."""
    statement = "SELECT rowid, -bm25(turn) AS score FROM turn WHERE turn MATCH ? ORDER BY score DESC"
    scores = plain.execute(statement, (expression,)).fetchall()
    by_place = dict(scores)
    return [by_place[hit.place] >= scores[len(hits) - 1][1] * 0.99 for hit in hits]


def compare(index, plain, turns):
    """Print both sides of every kind of query, and how far their first ten agree."""
    print(f"{'':27} {'ranked':>24} {'same of 10':>11} {'newest first':>26}")
    for kind, asked in queries(turns).items():
        ours, theirs, same, our_newest, their_newest = [], [], [], [], []
        for query in asked:
            expression = match_expression(query)

            def ask(order, expression=expression):
                statement = f"SELECT rowid FROM turn WHERE turn MATCH ? ORDER BY {order} LIMIT 20"  # noqa: S608 - ours
                return plain.execute(statement, (expression,)).fetchall()

            theirs.append(milliseconds(lambda: ask("rank"))[0])
            taken, hits = milliseconds(lambda query=query: index.search(query))
            ours.append(taken)
            same.extend(agreeing(plain, expression, hits[:10]))
            their_newest.append(milliseconds(lambda: ask("rowid DESC"))[0])
            taken, hits = milliseconds(lambda query=query: index.search(query, order="newest"))
            our_newest.append(taken)
        mine, peer = statistics.median(ours), statistics.median(theirs)
        newest, peers = statistics.median(our_newest), statistics.median(their_newest)
        print(
            f"{kind:27} {mine:8.2f} /{peer:8.2f} ={mine / peer:5.2f}x {statistics.mean(same or [1]):11.2f}"
            f" {newest:10.3f} /{peers:8.3f} (worst {max(our_newest):.1f})"
        )


def one_shard(turns):
    """Print what a single shard costs."""
    sample = list(turns.documents(after=0, limit=min(SPAN, turns.size)))
    size = statistics.mean(len(turn.prompt) + len(turn.reply) for turn in sample)
    print(f"{turns.size} turns of {size:.0f} characters; {os.cpu_count()} processors; SQLite {sqlite3.sqlite_version}")
    shard, key = Shard(first=0), new_data_key()
    indexing, _ = milliseconds(lambda: shard.add(sample))
    sealing, sealed = milliseconds(lambda: seal(shard.body(), data_key=key, context=CONTEXT))
    shard.close()

    def open_it():
        Shard.from_body(unseal(sealed.envelope, data_key=key, context=CONTEXT).body, first=0).close()

    opening = [milliseconds(open_it)[0] for _ in range(5)]
    print(
        f"one shard of {len(sample)}: index {indexing:.0f} ms, seal {sealing:.0f} ms,"
        f" {len(sealed.envelope.sealed) / 1e6:.1f} MB, open {statistics.median(opening):.0f} ms"
    )


def main():
    turns = Turns(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
    one_shard(turns)
    with tempfile.TemporaryDirectory() as folder:
        cache = SealedCache(Path(folder, "cache"))
        cache.folder.mkdir()
        index = SearchIndex(cache, turns)
        building, _ = milliseconds(lambda: (index.open(), index.ready.wait()))
        index.close()
        sealed = sum(path.stat().st_size for path in cache.folder.iterdir()) / 1e6
        print(f"all shards built, with the turns invented: {building / 1000:.1f} s; sealed {sealed:.1f} MB")
        taken, plain = milliseconds(lambda: plain_index(Path(folder, "plain.db"), turns))
        print(
            f"plaintext index, likewise: {taken / 1000:.1f} s, {Path(folder, 'plain.db').stat().st_size / 1e6:.0f} MB"
        )
        before = memory()
        index = SearchIndex(cache, turns)
        returned, _ = milliseconds(index.open)
        early, hits = milliseconds(lambda: index.search(turns.words[5_000], order="newest"))
        rest, _ = milliseconds(index.ready.wait)
        print(
            f"open: call returns in {returned:.1f} ms, first {len(hits)} hits {early:.0f} ms later,"
            f" all there after {returned + early + rest:.0f} ms; memory +{memory() - before:.0f} MB"
        )
        compare(index, plain, turns)
        added = []
        for _ in range(2_000):
            turns.size += 1
            turn = turns.document(turns.size)
            added.append(milliseconds(lambda turn=turn: index.add(turn))[0])
        added.sort()
        print(f"add: {added[1000]:.3f} ms, p99 {added[1980]:.2f}, worst {added[-1]:.1f}, with a build going on")
        erasing, _ = milliseconds(lambda: index.remove(turns.size // 2))
        closing, _ = milliseconds(index.close)
        print(f"erase: {erasing:.1f} ms; close, with a build in progress: {closing:.1f} ms")
        plain.close()


if __name__ == "__main__":
    main()
