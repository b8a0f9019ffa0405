"""What a frame costs: turns from rows and from segments beside plaintext SQLite; usage as encrypted and plain Parquet.

python benchmarks/frames.py [TURNS]

Each side runs in a process of its own, in turns, five times; what is printed are medians. The segments' side opens
each body first, as a store would: AES-256-GCM, then zstd.
"""

import json
import random
import secrets
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from workbench.analytics import (
    SEGMENT_TURNS,
    content_frame,
    events_frame,
    pack_segment,
    read_usage,
    unpack_segments,
    write_usage,
)
from workbench.records import TURN_COLUMNS, Minimised, Prompt, Pseudonyms, Turn, TurnId, Usage, UsageEvent
from workbench.storage import encode, turn_row

ROUNDS = 5
KEY, PLACE, NONCE = bytes(32), b"place", bytes(12)
START = datetime(2026, 1, 1, tzinfo=UTC)
TABLE = "CREATE TABLE turn (id, created, form, model, label, outcome, prompt, minimised, text, entities, input, output)"


def turns(count):
    """Yield turns of 1 KB prompt, 1 KB minimised and 2 KB reply, of words that compress as prose does."""
    chance = random.Random(1)  # noqa: S311 - the same words each time
    words = ["".join(chance.choices("etaoinshrdlucmfwyp", k=chance.randint(2, 9))) for _ in range(5000)]

    def text(size):
        return " ".join(chance.choices(words, k=size // 6))[:size].ljust(size)

    for number in range(count):
        yield Turn(
            TurnId(secrets.token_hex(16)),
            START + timedelta(seconds=number),
            Prompt(text(1024), "haiku"),
            Minimised(text(1024)),
            text(2048),
            "complete",
            Usage(250, 500),
            {"model": "offline-poet", "label": "offline poet, not Claude"},
            Pseudonyms(),
        )


def row(turn):
    """Return a turn as a row of the frame."""
    return (
        turn.id, turn.created, turn.prompt.form, turn.model, turn.label, turn.outcome, turn.prompt.text,
        turn.minimised.text, turn.text, len(turn.minimised.entities), turn.usage.input_tokens, turn.usage.output_tokens,
    )  # fmt: skip


def compressed_by_arrow(body):
    """Return the same segment with each of its buffers compressed, zstd too."""
    reader, sink = pa.ipc.open_stream(body), pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression=pa.Codec("zstd", 1))
    with pa.ipc.new_stream(sink, reader.schema, options=options) as writer:
        writer.write_batch(reader.read_next_batch())
    return sink.getvalue().to_pybytes()


def prepare(folder, count):
    """Write the same turns as plaintext SQLite and as sealed segments."""
    plain = sqlite3.connect(folder / "plain.db")
    plain.execute(TABLE)
    sizes = {"packed": 0, "sealed": 0, "inner": 0}
    waiting, taken, number = [], 0.0, 0
    for turn in turns(count):
        cells = list(row(turn))
        cells[1] = (turn.created - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
        plain.execute(f"INSERT INTO turn VALUES ({','.join('?' * len(cells))})", cells)  # noqa: S608 - marks only
        waiting.append(turn_row(encode(turn)))
        if len(waiting) == SEGMENT_TURNS or number * SEGMENT_TURNS + len(waiting) == count:
            began = time.perf_counter()
            body = pack_segment(waiting)
            taken += time.perf_counter() - began
            packed = zstandard.ZstdCompressor(level=1).compress(body)
            (folder / f"{number:06}.segment").write_bytes(AESGCM(KEY).encrypt(NONCE, packed, PLACE))
            inner = compressed_by_arrow(body)
            (folder / f"{number:06}.inner").write_bytes(AESGCM(KEY).encrypt(NONCE, inner, PLACE))
            for name, content in (("packed", body), ("sealed", packed), ("inner", inner)):
                sizes[name] += len(content)
            waiting, number = [], number + 1
    plain.commit()
    plain.close()
    size = (folder / "plain.db").stat().st_size
    print(
        f"{count} turns; plaintext SQLite {size / 1e6:.0f} MB; {number} segments {sizes['packed'] / 1e6:.0f} MB, ",
        end="",
    )
    print(f"sealed {sizes['sealed'] / 1e6:.0f} MB = {sizes['sealed'] / size:.2f}x")
    print(f"compressed by Arrow instead {sizes['inner'] / 1e6:.0f} MB; packing {taken:.2f} s")


def from_sqlite(folder):
    connection = sqlite3.connect(folder / "plain.db")
    frame = pd.DataFrame(connection.execute("SELECT * FROM turn ORDER BY rowid").fetchall(), columns=list(TURN_COLUMNS))
    frame["created"] = pd.to_datetime(frame["created"], unit="us", utc=True)
    return frame


def opened(folder):
    cipher, decompressor = AESGCM(KEY), zstandard.ZstdDecompressor()
    for path in sorted(folder.glob("*.segment")):
        yield decompressor.decompress(cipher.decrypt(NONCE, path.read_bytes(), PLACE))


def from_segments(folder):
    return unpack_segments(opened(folder))


def from_segments_compressed_by_arrow(folder):
    cipher = AESGCM(KEY)
    paths = sorted(folder.glob("*.inner"))
    return unpack_segments(cipher.decrypt(NONCE, path.read_bytes(), PLACE) for path in paths)


def from_latest_segments(folder):
    newest = START + timedelta(seconds=SEGMENT_TURNS * len(list(folder.glob("*.segment"))))
    return unpack_segments(opened(folder), since=newest - timedelta(seconds=1000))


def usage(count):
    """Return a usage frame of so many rows."""
    chance = np.random.default_rng(1)
    frame = events_frame([UsageEvent(*("2026-01-01", *"aaaa"), 1, 2, 3, {})][:0])
    words = {"feature": ["compose"], "form": ["free", "haiku", "ode", "sonnet"], "model": ["a", "b"]}
    words["outcome"] = ["complete", "cut", "failed", "refused", "stopped"]
    made = {"day": pd.Timestamp("2026-01-01") + pd.to_timedelta(np.sort(chance.integers(0, 300, count)), unit="D")}
    made["day"] = made["day"].astype(frame.day.dtype)
    for name, values in words.items():
        made[name] = pd.Categorical.from_codes(chance.integers(0, len(values), count), pd.Index(values, dtype="str"))
    for name in ("input_tokens", "output_tokens", "milliseconds", "redactions"):
        made[name] = chance.lognormal(5, 1, count).astype("int64")
    return pd.DataFrame(made)


def plain_write(frame):
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pandas(frame), sink, compression="zstd", compression_level=1)
    return sink.getvalue().to_pybytes()


def plain_read(content, columns=None):
    return pq.ParquetFile(pa.BufferReader(content)).read(columns=columns).to_pandas()


def peak():
    """Return the most megabytes that this process has held; ru_maxrss would begin with those of its parent."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def measured(action, *arguments):
    """Return seconds of wall, seconds of CPU, and megabytes by which the process grew at its largest."""
    size = peak()
    began, busy = time.perf_counter(), time.process_time()
    made = action(*arguments)
    wall, busy = time.perf_counter() - began, time.process_time() - busy
    assert made is not None
    return wall, busy, peak() - size


def side(name, folder, count):
    """Measure one side, in this process."""
    if name.startswith("open rows"):
        made = list(turns(count))
        packed = [turn_row(encode(turn)) for turn in made]
        if name == "open rows, as before":
            return measured(
                lambda: pd.DataFrame([row(t) for t in made], columns=list(TURN_COLUMNS)).astype(TURN_COLUMNS)
            )
        if name == "open rows, content_frame":
            return measured(lambda: content_frame([row(t) for t in made], columns=TURN_COLUMNS))
        return measured(unpack_segments, (), packed)
    return measured(SIDES[name], folder)


SIDES = {
    "plaintext SQLite": from_sqlite,
    "segments": from_segments,
    "segments, compressed by Arrow": from_segments_compressed_by_arrow,
    "segments, the last 1000 turns": from_latest_segments,
    "open rows, as before": None,
    "open rows, content_frame": None,
    "open rows, as a tail": None,
}


def compare_turns(count):
    with tempfile.TemporaryDirectory() as name:
        prepare(Path(name), count)
        figures = {one: [] for one in SIDES}
        for _ in range(ROUNDS):  # interleaved, so that the machine's moods fall on all
            for one in SIDES:
                command = [sys.executable, __file__, "--side", one, name, str(count)]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                figures[one].append(json.loads(done.stdout))
    medians = {one: [statistics.median(values) for values in zip(*runs, strict=True)] for one, runs in figures.items()}
    peer = medians["plaintext SQLite"]
    for one, (wall, busy, size) in medians.items():
        ratios = f"{wall / peer[0]:.2f}x, {busy / peer[1]:.2f}x, {size / peer[2]:.2f}x"
        print(f"{one}: {wall:.3f} s, {busy:.3f} s of CPU, {size:.0f} MB more = {ratios}")


def compare_usage(count):
    frame = usage(count)
    ours, theirs = write_usage(frame, key=KEY, place=PLACE), plain_write(frame)
    print(f"{count} uses: encrypted {len(ours) / 1e6:.2f} MB, plain {len(theirs) / 1e6:.2f} MB")
    two = ["form", "output_tokens"]
    pairs = {
        "write": (lambda: write_usage(frame, key=KEY, place=PLACE), lambda: plain_write(frame)),
        "read": (lambda: read_usage(ours, key=KEY, place=PLACE), lambda: plain_read(theirs)),
        "read two columns": (
            lambda: read_usage(ours, key=KEY, place=PLACE, columns=two),
            lambda: plain_read(theirs, two),
        ),
    }
    for name, actions in pairs.items():
        runs = [[measured(action) for action in actions] for _ in range(9)]
        (wall, busy), (wall_peer, busy_peer) = (
            [statistics.median(run[number][which] for run in runs) for which in (0, 1)] for number in (0, 1)
        )
        print(f"{name}: {wall * 1000:.1f} / {wall_peer * 1000:.1f} ms = {wall / wall_peer:.2f}x", end="")
        print(f", CPU {busy / busy_peer:.2f}x")


def main() -> None:
    if sys.argv[1:2] == ["--side"]:
        _, _, name, folder, count = sys.argv
        print(json.dumps(side(name, Path(folder), int(count))))
        return
    compare_turns(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
    for count in (100_000, 1_000_000):
        compare_usage(count)


if __name__ == "__main__":
    main()
