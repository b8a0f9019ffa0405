"""Ranked full-text search over the sealed history, through sealed shards that are disposable."""
