"""A process that signs in and exchanges keys of one level, over and over, until it is killed."""

import sys
from pathlib import Path

from workbench.app import Workbench


def main(folder: Path, level: str, passphrase: str) -> None:
    bench = Workbench.open(folder / "bench.db", device=folder / "device")
    session = bench.sign_in("ada", passphrase=passphrase)
    _say("ready")
    while True:
        enrolment = session.rotate(level, passphrase=passphrase)
        _say("done", *(enrolment.recovery_codes if enrolment else ()))


def _say(*words: str) -> None:
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
