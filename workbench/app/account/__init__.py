"""One's own account in an open session: ways in, factors, other sessions, notices, what happened."""
