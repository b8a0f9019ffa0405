"""Lengths that tell little: PADME padding, so that a sealed record's size doesn't give away what it holds.

Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", PETS 2019, section 4.
A length keeps only as many leading bits as the length of its own exponent has, so that a store shows O(log log n) bits
of each size, and grows by less than 12 % (less than 6.3 % from 256 bytes on, less than 3.2 % from 64 KiB on).

The marker is ISO/IEC 7816-4's: one byte 0x80, then zeros. Padding goes on before sealing and comes off after the
authentication tag held, so that nobody without the key can ask whether a padding is well-formed.
"""

from workbench.errors import InputError, IntegrityError

MARKER = b"\x80"


def padded_length(length: int) -> int:
    """Return the PADME length that `length` bytes are padded to.

    Parameters
    ----------
    length : int
        Bytes; 0 and 1 stay what they are.

    Raises
    ------
    InputError
        When `length` is negative.
    """
    if length < 2:  # noqa: PLR2004 - log2 of the exponent is defined from 2 on
        if length < 0:
            raise InputError("A length is negative.")
        return length
    exponent = length.bit_length() - 1  # E = ⌊log₂ L⌋
    zeroed = (1 << exponent - exponent.bit_length()) - 1  # the E - S last bits, where S = ⌊log₂ E⌋ + 1
    return (length + zeroed) & ~zeroed


def pad(data: bytes) -> bytes:
    """Return `data`, the marker, and zeros up to the PADME length of both.

    See Also
    --------
    unpad : its inverse.
    """
    marked = data + MARKER
    return marked.ljust(padded_length(len(marked)), b"\x00")


def unpad(data: bytes) -> bytes:
    """Return what `pad` was given.

    Raises
    ------
    IntegrityError
        When `data` is nothing that `pad` returns: without a marker, or longer or shorter than PADME has it.
    """
    return data[: unpadded_length(data)]


def unpadded_length(data: bytes | bytearray) -> int:
    """Return how many bytes `unpad` leaves, for whoever needs no copy of them.

    Raises
    ------
    IntegrityError
        As `unpad`.
    """
    length = data.rfind(MARKER)
    if length < 0 or len(data) != padded_length(length + 1) or data.count(0, length) != len(data) - length - 1:
        raise IntegrityError("A record's padding is malformed: it was altered, or written by something else.")
    return length
