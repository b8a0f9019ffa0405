"""What kinds of records there are. Numbers are for ever: they are authenticated with every record."""

from enum import IntEnum


class Kind(IntEnum):
    """What a sealed record holds, and so into which vault it goes: each vault of an account keeps one kind.

    An account has one vault of each kind that its roles need, and as many of shared turns as it has made shares.
    """

    PROFILE = 1
    TURN = 16
    USAGE_EVENT = 17
    AUDIT_ENTRY = 18
    SHARED_TURN = 19  # a copy of a turn, in a vault that others may read
    TOMBSTONE = 32  # stands in every vault's log for what was erased
    SEARCH_SHARD = 48
    SEGMENT = 49
    USAGE_FRAME = 50
