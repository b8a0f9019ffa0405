"""Other accounts: found by name, given roles, and asked for approvals."""
