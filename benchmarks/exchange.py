"""What an exchange costs beside the model, in one run with its peers: scrubadub alone, and SQLite in plaintext.

python benchmarks/exchange.py [PROMPTS.csv]
"""

import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path

from workbench import privacy
from workbench.app import Workbench
from workbench.app.demonstration import read_prompts, run
from workbench.crypto import Table


def milliseconds(action, *arguments):
    """Return how long one call takes."""
    began = time.perf_counter()
    action(*arguments)
    return (time.perf_counter() - began) * 1000


def main() -> None:
    examples = read_prompts(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    texts = [example.text for example in examples]
    bench = Workbench.demo(students=0)
    session = bench.sign_in("ada")
    privacy.minimise("warm up")
    import scrubadub  # noqa: PLC0415 - after our seeded import of it, which is the quicker one

    scrubber = scrubadub.Scrubber()
    scrubber.clean("warm up")
    session.ask("warm up")
    plain = sqlite3.connect(Path(tempfile.mkdtemp()) / "plain.db", isolation_level=None)
    plain.execute("PRAGMA journal_mode=WAL")
    plain.execute("PRAGMA synchronous=FULL")
    plain.execute("CREATE TABLE turn (id INTEGER PRIMARY KEY, prompt TEXT, reply TEXT)")

    whole = {"exchange, without the model": [taken for _, taken in run(session, examples)]}
    vault = session._opened.vault  # noqa: SLF001 - measured from inside
    pairs = {"minimise / scrubadub.clean": ([], []), "seal and store 2 kB / plaintext SQLite, FULL": ([], [])}
    body = "x" * 2000
    for text in texts:  # interleaved, so that the machine's moods fall on both
        ours, theirs = pairs["minimise / scrubadub.clean"]
        ours.append(milliseconds(privacy.minimise, text))
        theirs.append(milliseconds(scrubber.clean, text))
        ours, theirs = pairs["seal and store 2 kB / plaintext SQLite, FULL"]
        ours.append(milliseconds(vault.append, Table.TURN, body.encode()))
        theirs.append(milliseconds(plain.execute, "INSERT INTO turn (prompt, reply) VALUES (?, ?)", (text, body)))

    print(f"{len(texts)} prompts, median length {statistics.median(map(len, texts)):.0f} characters; medians in ms")
    for name, times in whole.items():
        print(f"{name}: {statistics.median(times):.2f} (p95 {sorted(times)[int(len(times) * 0.95)]:.2f})")
    for name, (ours, theirs) in pairs.items():
        mine, peer = statistics.median(ours), statistics.median(theirs)
        print(f"{name}: {mine:.2f} / {peer:.2f} = {mine / peer:.2f}x")


if __name__ == "__main__":
    main()
