"""What kinds of records there are. Numbers are for ever: they are authenticated with every record."""

from enum import IntEnum


class Kind(IntEnum):
    """What a sealed record holds, and so into which vault it goes: each vault of an account keeps one kind."""

    PROFILE = 1
    TURN = 16
    USAGE_EVENT = 17
    AUDIT_ENTRY = 18
    TOMBSTONE = 32  # stands in every vault's log for what was erased
    SEARCH_SHARD = 48
    SEGMENT = 49
    USAGE_FRAME = 50
