"""Look for words in every byte below a folder, in the encodings that programs leave them in."""

import base64
import re
import zlib
from pathlib import Path

MEMBER = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")  # how gzip (RFC 1952) and zlib (RFC 1950) streams begin
LONGEST_MEMBER = 16 * 2**20  # bytes of a decompressed stream that are looked at


def encodings(word):
    """Return name → bytes of one word; letters are looked for in any case where the encoding keeps them."""
    plain = word.encode()
    found = {
        "utf-8": plain.lower(),
        "utf-16-le": word.encode("utf-16-le").lower(),
        "hex": plain.hex().encode(),
    }
    for offset in range(3):
        # The characters at both ends also hold bits of the neighbours; the ones between are the word's alone.
        encoded = base64.b64encode(bytes(offset) + plain)
        found[f"base64+{offset}"] = encoded[-(-offset * 8 // 6) : (offset + len(plain)) * 8 // 6]
    return found


def members(data):
    """Yield what the gzip and zlib streams in some bytes hold, as far as they open."""
    for start in MEMBER.finditer(data):
        opener = zlib.decompressobj(wbits=47)  # gzip or zlib, as the header says
        try:
            opened = opener.decompress(data[start.start() :], LONGEST_MEMBER)
        except zlib.error:
            continue
        if opened:
            yield opened


def found_in(data, words):
    """Return (word, encoding) of every word that stands in some bytes, or in a compressed stream within them."""
    hits = set()
    looked_at = [("", data), *(("compressed ", opened) for opened in members(data))]
    for prefix, some in looked_at:
        lowered = some.lower()
        for word in words:
            for name, needle in encodings(word).items():
                if needle in (some if name.startswith("base64") else lowered):
                    hits.add((word, prefix + name))
    return hits


def scan(folder, words):
    """Return word → the files below a folder that hold it, as ``path (encoding)``; words nowhere found map to nothing.

    Parameters
    ----------
    folder : Path
        Every regular file below it is read to its end.
    words : iterable of str
        Seven letters or more, so that chance doesn't find them: 7 given bytes stand in 1 GB of noise in one scan of
        10^8.

    Notes
    -----
    Not covered: deleted blocks, swap and memory; brotli, zstd and snappy streams; words that another record interrupts.
    """
    words = list(words)
    assert all(len(word) >= 7 for word in words)
    hits = {word: set() for word in words}
    for path in sorted(Path(folder).rglob("*")):
        if path.is_file() and not path.is_symlink():
            for word, encoding in found_in(path.read_bytes(), words):
                hits[word].add(f"{path.relative_to(folder)} ({encoding})")
    return hits
