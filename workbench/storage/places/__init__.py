"""Where backups go: a folder, memory, or a bucket that speaks S3."""
