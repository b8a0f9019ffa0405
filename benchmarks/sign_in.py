"""Does the time that a sign-in takes tell whether a name has an account (A16)? Medians of 50 each, in one run.

python benchmarks/sign_in.py [TIMES]
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from workbench.errors import AuthenticationError
from workbench.identity import Accounts
from workbench.storage import Device, open_database

PASSPHRASE, WRONG = "quiet orchard lantern seven rivers", "seven rivers under slow copper bells"
NO_CODE = "00000-00000-00000-00000-00000"


def milliseconds(attempt: Callable[[], object]) -> float:
    """Return how long a refusal takes."""
    began = time.perf_counter()
    with suppress(AuthenticationError):
        attempt()
    return (time.perf_counter() - began) * 1000


def main() -> None:
    """Measure known and unknown names by turns, so that the machine's moods fall on both."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    hours = count()

    def now() -> datetime:
        """Return a moment an hour after the last: no guess has to wait."""
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=next(hours))

    with tempfile.TemporaryDirectory() as folder, closing(open_database(Path(folder) / "store.db")) as database:
        accounts = Accounts(database, device=Device(Path(folder) / "device", use_keyring=False), now=now)
        accounts.create("ada", passphrase=PASSPHRASE, roles=("owner",))
        kinds = {
            "wrong passphrase": lambda name: accounts.unlock(name, passphrase=WRONG),
            "wrong recovery code": lambda name: accounts.recover(name, code=NO_CODE, new_passphrase=WRONG),
        }
        taken: dict[tuple[str, str], list[float]] = {(kind, name): [] for kind in kinds for name in ("ada", "bob")}
        for _ in range(times):
            for (kind, name), figures in taken.items():
                figures.append(milliseconds(lambda kind=kind, name=name: kinds[kind](name)))
        right = [milliseconds(lambda: accounts.unlock("ada", passphrase=PASSPHRASE)) for _ in range(times)]

    print(f"Medians of {times}, in ms; two right passphrases in a row are told apart from wrong ones, as they may be.")
    for kind in kinds:
        known, unknown = (statistics.median(taken[kind, name]) for name in ("ada", "bob"))
        print(f"{kind}: known name {known:.1f}, unknown name {unknown:.1f}, ratio {unknown / known:.3f}")
    print(f"right passphrase: {statistics.median(right):.1f}")


if __name__ == "__main__":
    main()
