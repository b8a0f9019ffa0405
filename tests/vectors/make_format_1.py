"""Writes format_1.db and format_1.json: a store of format 1 and what is in it, by the workbench that wrote such stores.

Run with the package of commit 6adf1fd before this one's on the path; it can't run with any later one:
``PYTHONPATH=<a checkout of 6adf1fd> python tests/vectors/make_format_1.py``.
People, passphrases and codes are invented.
"""

import json
import sqlite3
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from workbench.app import Workbench
from workbench.app.session import Session
from workbench.crypto import Table
from workbench.storage import Database

FOLDER = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
ADA, ADA_BEFORE, GRACE = (
    "quiet orchard lantern seven rivers",
    "seven rivers lantern orchard quiet",
    "copper meadow violin eleven harbours",
)
PROMPTS = (
    ("Write a haiku about the sea.", "haiku"),
    ("A limerick for Maria Schmidt, who lives at maria.schmidt@example.org", "limerick"),
    ("A couplet about (0) and {brackets}", "couplet"),
    ("Ein Vierzeiler über Regen, naïve café, 漢字 and 🌊", "quatrain"),
    ("Something free about autumn", None),
)


class Clock:
    """One second further at each look, so that the store doesn't depend on the day it was made."""

    def __init__(self) -> None:
        self._time = datetime(2026, 11, 3, 9, 0, 0, 123456, tzinfo=UTC)

    def __call__(self) -> datetime:
        self._time += timedelta(seconds=1)
        return self._time


def contents(session: Session) -> dict[str, list[str]]:
    """Return the id and the JSON body of each record, oldest first."""
    vault = session.opened("compose").vault
    return {
        table.name: [
            f"{record_id.hex()} {body.decode('ascii')}" for record_id, body in reversed(list(vault.scan(table)))
        ]
        for table in (Table.TURN, Table.USAGE_EVENT, Table.AUDIT_ENTRY)
    }


def main() -> None:
    path = FOLDER / "format_1.db"
    path.unlink(missing_ok=True)
    bench, clock = Workbench.open(path), Clock()
    ada_codes = bench.create_account("ada", passphrase=ADA_BEFORE).recovery_codes
    grace_codes = bench.create_account("Grace Hopper", passphrase=GRACE, roles=("student",)).recovery_codes
    ada, grace = (Session(Database(path), name=name, now=clock) for name in ("ada", "Grace Hopper"))
    ada.unlock(passphrase=ADA_BEFORE)
    grace.unlock(passphrase=GRACE)
    for seed, (text, form) in enumerate(PROMPTS):  # in turn, so that the accounts' rows lie between each other's
        ada.ask(text, form=form, seed=seed)
        if seed % 2:
            grace.ask(f"To myself: {text}", form=form, seed=-seed)
    ada.history.delete(ada.ask("To be deleted").id)
    ada.lock()
    ada.recover(code=ada_codes[0], new_passphrase=ADA)
    ada.ask("After the first code was used", form="sonnet", seed=2**62)
    expected = {
        "about": "What format_1.db holds; make_format_1.py wrote both, with the workbench of commit 6adf1fd.",
        "store_id": bench._database.store_id.hex(),
        "accounts": [
            {"name": "ada", "roles": ["owner"], "passphrase": ADA, "codes": ada_codes[1:], "used": ada_codes[:1]},
            {"name": "Grace Hopper", "roles": ["student"], "passphrase": GRACE, "codes": grace_codes, "used": []},
        ],
    }
    for account, session in zip(expected["accounts"], (ada, grace), strict=True):
        session.lock()
        session.unlock(passphrase=account["passphrase"])
        account |= {
            "account_id": session.opened("compose").account.account_id.hex(),
            "records": contents(session),
        }
        # The lock that follows is noted, and isn't among the contents.
        session._opened.audit.record = lambda *_args, **_facts: None
        session.lock()
        session._database.close()
    bench.close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    (FOLDER / "format_1.json").write_text(json.dumps(expected, indent=1) + "\n", "ascii")


main()
