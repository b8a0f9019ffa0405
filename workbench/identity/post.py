"""An account's letter box, and its way to write to others."""

import secrets
import time
from collections.abc import Callable
from contextlib import suppress

from workbench.crypto import Letter, Topic, open_letter, seal_letter
from workbench.errors import IntegrityError
from workbench.identity.account import Account
from workbench.identity.standings import Standings
from workbench.storage import Database, LetterRows


class Post:
    """The letters of one unlocked account.

    Which public keys a sender or recipient has, the store says: whoever can write to its file can put their own in. The
    fingerprints that `Person.fingerprint` gives show that, when they are compared by another channel.

    Parameters
    ----------
    database : Database
        The store.
    account : Account
        Whose.
    now : callable
        POSIX seconds.
    """

    def __init__(self, database: Database, account: Account, *, now: Callable[[], float] = time.time) -> None:
        self._database = database
        self._account = account
        self._now = now
        self._rows = LetterRows(database)
        self._standings = Standings(database, now=now)

    def send(self, recipient: bytes, topic: Topic, body: bytes) -> Letter:
        """Seal a letter to an account and put it into its box.

        Raises
        ------
        IntegrityError
            When there is no such account.
        """
        letter = Letter(
            secrets.token_bytes(16), self._account.account_id, recipient, topic, max(0, int(self._now())), body
        )
        sealed = seal_letter(
            letter,
            store=self._database.store_id,
            sender=self._account.private_keys.key_pairs,
            recipient=self._standings.keys_of(recipient),
        )
        self._rows.add(letter.letter_id, recipient, sealed)
        return letter

    def read(self, *topics: Topic) -> list[Letter]:
        """Return the letters in the box, of these topics or of all, oldest first.

        One that doesn't hold is left out: anybody who can write to the store could put it there.
        """
        found = []
        for letter_id, sealed in self._rows.of(self._account.account_id):
            with suppress(IntegrityError):
                letter = open_letter(
                    sealed,
                    store=self._database.store_id,
                    letter_id=letter_id,
                    recipient_id=self._account.account_id,
                    recipient=self._account.private_keys.key_pairs,
                    keys_of=self._standings.keys_of,
                )
                if not topics or letter.topic in topics:
                    found.append(letter)
        return sorted(found, key=lambda letter: (letter.sent, letter.letter_id))

    def discard(self, letter: Letter) -> bool:
        """Take a letter out of the box; return whether it was still there."""
        return self._rows.remove(letter.letter_id, self._account.account_id)
