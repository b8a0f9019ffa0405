"""Frames: what happened, as pandas tables that don't show content by accident; importing this loads pandas."""

from workbench.analytics.activity_frame import activity_frame
from workbench.analytics.audit_frame import entries_frame
from workbench.analytics.content import ContentFrame, content_frame
from workbench.analytics.segments import SEGMENT_TURNS, pack_segment, unpack_segments
from workbench.analytics.usage_frames import counts_frame, events_frame, joined
from workbench.analytics.usage_parquet import read_usage, write_usage

__all__ = [
    "SEGMENT_TURNS",
    "ContentFrame",
    "activity_frame",
    "content_frame",
    "counts_frame",
    "entries_frame",
    "events_frame",
    "joined",
    "pack_segment",
    "read_usage",
    "unpack_segments",
    "write_usage",
]
