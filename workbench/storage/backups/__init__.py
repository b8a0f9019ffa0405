"""Backups: signed, apart from their keys, proved by restoring them; and their way back."""
