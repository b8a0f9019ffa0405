"""The people of the tests: one of each role, and a second admin."""

EVERYBODY = {
    "ada": "owner",
    "rita": "researcher",
    "ann": "analyst",
    "ed": "educator",
    "sam": "student",
    "otto": "auditor",
    "petra": "privacy officer",
    "adam": "admin",
    "eve": "admin",
}
"""Who has which role in the store that `people` signs in to."""
