"""Older stores: copied beside themselves, then brought to the format of today."""
