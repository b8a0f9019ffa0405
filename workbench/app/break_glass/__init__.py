"""Break-glass: a history opened for an hour by two people of different roles, neither of whom could alone."""
