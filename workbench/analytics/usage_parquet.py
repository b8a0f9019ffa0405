"""Usage frames as encrypted Parquet: columns that can be read one by one, each page authenticated on its own.

Parquet modular encryption, AES_GCM_V1, one key for the footer and all columns (Apache Parquet, Encryption.md). The
footer is encrypted too, so that neither the names of columns nor their values show. Three things are checked here,
because the format leaves them open:

- the magic words at both ends, and the few bytes that say how the file is encrypted: the library takes some other
  values of them for the same, and would read a file of weaker modes (CTR, or a readable footer);
- that nothing lies between the pages and the footer;
- the schema.

Categories are kept as codes, and their words in the encrypted footer: Parquet would forget their order and those that
no row has.
"""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.parquet import encryption

from workbench.analytics.columns import text_series
from workbench.analytics.usage_frames import COLUMNS
from workbench.errors import InputError, IntegrityError

KEY_BYTES = 32  # AES-256
_VERSION = b"1"
_ARROW = {"datetime64[ns]": pa.timestamp("ns"), "category": pa.int32(), "int64": pa.int64()}
_SCHEMA = pa.schema([pa.field(name, _ARROW[dtype], nullable=name == "day") for name, dtype in COLUMNS.items()])

# A file is "PARE", pages, FileCryptoMetaData, encrypted footer, length of the last two in 4 bytes, "PARE"
# (Encryption.md, section 5.1). FileCryptoMetaData in Thrift's compact protocol: AesGcmV1 (1c 1c), its field 2 of
# 8 bytes (28 08), which enter the AAD of every page; its field 3, true (11): the prefix is not in the file; 3 stops.
_MAGIC = b"PARE"
_CRYPTO_HEAD, _CRYPTO_TAIL = b"\x1c\x1c\x28\x08", b"\x11\x00\x00\x00"
_CRYPTO_BYTES = 16


def write_usage(frame: pd.DataFrame, *, key: bytes, place: bytes) -> bytes:
    """Return a usage frame as an encrypted Parquet file.

    Parameters
    ----------
    frame : pandas.DataFrame
        As `events_frame` returns it: the columns and dtypes of its `COLUMNS`. Its index isn't kept.
    key : bytes
        32 random bytes, fresh for each file: nonces are random, and the library counts no uses of a key.
    place : bytes
        Where the file belongs (store, vault, cache id); it is bound to every page and not stored.

    Raises
    ------
    InputError
        When the frame isn't a usage frame, or the key isn't one.
    """
    if list(frame.columns) != list(COLUMNS) or [str(dtype) for dtype in frame.dtypes] != list(COLUMNS.values()):
        raise InputError("The frame isn't one of usage events.")
    words, arrays = {}, []
    for name, dtype in COLUMNS.items():
        values: Any = frame[name].array
        if isinstance(values, pd.Categorical):
            words[name] = values.categories.tolist()
            if values.ordered or not all(isinstance(word, str) for word in words[name]):
                raise InputError("The categories of a usage frame are words, in no order of rank.")
            values = values.codes
        arrays.append(pa.array(np.asarray(values)).cast(_ARROW[dtype]))
    metadata = {b"workbench.usage": _VERSION, b"workbench.categories": json.dumps(words).encode("ascii")}
    sink = pa.BufferOutputStream()
    pq.write_table(
        pa.Table.from_arrays(arrays, schema=_SCHEMA.with_metadata(metadata)),
        sink,
        compression="zstd",
        compression_level=1,
        write_statistics=False,  # nobody asks for them
        encryption_properties=encryption.create_encryption_properties(
            _checked(key, place), aad_prefix=place, store_aad_prefix=False
        ),
    )
    content: bytes = sink.getvalue().to_pybytes()
    return content


def read_usage(content: bytes, *, key: bytes, place: bytes, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the frame that `write_usage` was given; what it returns was authenticated.

    Parameters
    ----------
    content : bytes
        The file.
    key, place : bytes
        Those it was written with.
    columns : sequence of str, optional
        Only these, in this order; the others aren't decrypted.

    Raises
    ------
    IntegrityError
        When the file was altered, cut, or written under another key, for another place, by another version, or
        without encryption.
    InputError
        When a usage frame has no such column, or the key isn't one.
    """
    _checked(key, place)
    wanted = list(COLUMNS if columns is None else columns)
    if not COLUMNS.keys() >= set(wanted) or len(set(wanted)) != len(wanted):
        raise InputError("A usage frame has no such column, or it is asked for twice.")
    try:
        return _frame(content, key, place, wanted)
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError):
        pass  # the library's words about a file may quote it
    raise IntegrityError(
        "A file of usage was altered or moved, or another version wrote it.",
        remedy="Drop the file and write it again; the records are untouched.",
    )


def _frame(content: bytes, key: bytes, place: bytes, wanted: list[str]) -> pd.DataFrame:
    """Return the columns of a file, or raise one of the library's errors or a ValueError."""
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    crypto = content[footer : footer + _CRYPTO_BYTES] if footer > 0 else b""
    if not (
        content.startswith(_MAGIC)
        and content.endswith(_MAGIC)
        and len(crypto) == _CRYPTO_BYTES
        and crypto.startswith(_CRYPTO_HEAD)
        and crypto.endswith(_CRYPTO_TAIL)
    ):
        raise ValueError
    properties = encryption.create_decryption_properties(key, aad_prefix=place)
    with pq.ParquetFile(pa.BufferReader(content), decryption_properties=properties) as file:
        metadata, facts = file.metadata, file.schema_arrow.metadata or {}
        groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
        pages = sum(group.column(n).total_compressed_size for group in groups for n in range(group.num_columns))
        is_whole = len(_MAGIC) + pages == footer
        if not (is_whole and facts.get(b"workbench.usage") == _VERSION and file.schema_arrow.equals(_SCHEMA)):
            raise ValueError
        table = file.read(columns=wanted)
    words = json.loads(facts[b"workbench.categories"])
    made: dict[str, Any] = {}
    for name in wanted:
        values = table[name].to_numpy()
        if COLUMNS[name] == "category":
            categories = pd.Index(text_series(words[name]))
            values = pd.Categorical.from_codes(values, categories=categories)
        made[name] = values
    return pd.DataFrame(made, columns=pd.Index(wanted, dtype="str"), index=pd.RangeIndex(metadata.num_rows))


def _checked(key: bytes, place: bytes) -> bytes:
    """Return a key that is one, for a place that is one."""
    if len(key) != KEY_BYTES or not place:
        raise InputError("A file of usage is written under 32 bytes, for a place that has a name.")
    return key
