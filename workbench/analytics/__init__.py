"""Frames: what happened, as pandas tables that don't show content by accident; importing this loads pandas."""

from workbench.analytics.audit_frame import entries_frame
from workbench.analytics.content import ContentFrame, content_frame
from workbench.analytics.usage_frames import counts_frame, events_frame

__all__ = ["ContentFrame", "content_frame", "counts_frame", "entries_frame", "events_frame"]
