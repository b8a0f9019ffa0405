"""How many guesses at an account's authenticators are taken, and how long the next one waits.

After NIST SP 800-63B-4, section 3.2.2. Five are free; after each further failure the wait doubles, from 30 seconds up
to an hour. A guess is counted before it is checked, in a transaction of its own, so that neither a crash nor a rollback
takes it back. The counts lie in the store: *advisory* against whoever edits its file or sets the machine's clock, who
needn't ask this code at all. What holds there is *crypto*: the cost of Argon2id, and the device's secret.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial

from workbench.crypto import expand_to
from workbench.errors import AuthenticationError, IntegrityError, StoreError, ThrottledError
from workbench.storage import Tally, ThrottleRows

FREE = 5  # guesses; ours, for typing errors
FIRST_WAIT = 30  # seconds, and
LONGEST_WAIT = 3600  # "30 seconds up to an hour": NIST SP 800-63B-4, section 3.2.2
MOST_CODES = 100  # wrong ones in a row, then the authenticator app's are refused: the same section
_UNKNOWN = 4096  # counts for all names that no account has


class Authenticator(StrEnum):
    """What can be guessed at; each has a count of its own."""

    PASSPHRASE = "passphrase"  # noqa: S105 - a name
    TOTP = "totp"
    RECOVERY_CODE = "recovery_code"


@dataclass(slots=True)
class Guess:
    """A guess that was counted.

    Parameters
    ----------
    before : Tally
        The count without it.
    is_right : bool
        Set once it proved right: what fails after that isn't its fault.
    """

    before: Tally
    is_right: bool = False


def wait_after(failures: int) -> int:
    """Return how many seconds the next guess waits after so many failures in a row."""
    doublings = min(failures - FREE, 7)  # 30 s · 2^7 is more than an hour
    return min(FIRST_WAIT << doublings, LONGEST_WAIT) if failures >= FREE else 0


def counted(tally: Tally, *, now: int, most: int | None = None) -> Tally:
    """Return the count with one more guess, or without it when none is taken now.

    A clock that was set back frees no guess: the wait ends no earlier than it would have, and if that lies further
    ahead than any wait can, it begins anew.
    """
    wait = wait_after(tally.failures)
    if now < tally.free_at:
        return Tally(tally.failures, min(tally.free_at, now + wait))
    if most is not None and tally.failures >= most:
        return tally
    return Tally(tally.failures + 1, now + wait_after(tally.failures + 1))


class Throttle:
    """The guesses at the accounts of one store.

    Parameters
    ----------
    rows : ThrottleRows
        Where they are counted.
    now : callable
        The clock; UTC.
    """

    def __init__(self, rows: ThrottleRows, *, now: Callable[[], datetime]) -> None:
        self._rows = rows
        self._now = now

    def failures(self, account_id: bytes, authenticator: Authenticator) -> int:
        """Return how many guesses failed since one was right."""
        return self._rows.read(_tag(account_id, authenticator)).failures

    def reset(self, account_id: bytes, authenticator: Authenticator) -> int:
        """Begin to count anew; return how many had failed."""
        before, _ = self._rows.change(_tag(account_id, authenticator), lambda _: Tally())
        return before.failures

    def use_in_memory(self, account_id: bytes, step: int) -> bool:
        """Note, in a read-only store, that the code of a time step was used; return whether none as late was before."""
        return self._rows.use_in_memory(expand_to(16, key=account_id, label=b"throttle step"), step)

    @contextmanager
    def guess(
        self,
        account_id: bytes | None,
        authenticator: Authenticator,
        *,
        name_tag: bytes = b"",
        resets: bool = True,
    ) -> Iterator[Guess]:
        """Count a guess, which is then checked inside; it is forgotten, with those before, once all inside is done.

        Parameters
        ----------
        account_id : bytes or None
            Whose; ``None`` for a name that no account has, which is throttled alike (ASVS 6.3.8).
        authenticator : Authenticator
            At what.
        name_tag : bytes
            The unknown name's. All such names share 4,096 counts, so that they can't fill the store, and so that a
            passphrase that was typed as a name leaves nothing behind to find it by.
        resets : bool
            Whether those before are forgotten too; else they stay for the next sign-in to tell.

        Raises
        ------
        ThrottledError
            When none is taken now.
        AuthenticationError
            When a hundred codes of the authenticator app were wrong: no further one is looked at.
        InputError
            Inside a transaction, which could be rolled back: nothing is checked.
        StoreError
            When it can't be counted: nothing is checked. In a store that is read-only it is counted in memory.
        """
        tag = _unknown_tag(name_tag, authenticator) if account_id is None else _tag(account_id, authenticator)
        before, after = self._count(tag, authenticator)
        guess = Guess(before)
        try:
            yield guess
        except BaseException as error:
            if guess.is_right or isinstance(error, IntegrityError):  # damage, which no guess gets by
                with suppress(StoreError):  # it stays counted then, and the first error is the one to tell
                    self._rows.change(tag, partial(_given_back, before=before, after=after))
            raise
        self._rows.change(tag, (lambda _: Tally()) if resets else partial(_given_back, before=before, after=after))

    def _count(self, tag: bytes, authenticator: Authenticator) -> tuple[Tally, Tally]:
        now = int(self._now().timestamp())
        rule = partial(counted, now=now, most=MOST_CODES if authenticator is Authenticator.TOTP else None)
        before = self._rows.read(tag)
        after = rule(before)
        if after != before:  # else it is refused without a write
            before, after = self._rows.change(tag, rule)
        if after.failures > before.failures:
            return before, after
        if authenticator is Authenticator.TOTP and before.failures >= MOST_CODES:
            raise disabled()
        wait = float(after.free_at - now)
        raise ThrottledError(
            "Too many attempts failed; this one was not looked at.",
            retry_after=wait,
            remedy=f"Wait {wait:.0f} seconds, then try again.",
        )


def disabled() -> AuthenticationError:
    """Return what to tell whoever knows the passphrase of an account whose authenticator app is refused."""
    return AuthenticationError(
        f"After {MOST_CODES} wrong codes in a row, none of the authenticator app is taken any more.",
        remedy="Give a recovery code in its place, then enrol the app anew: session.factors.enrol().",
    )


def _given_back(tally: Tally, *, before: Tally, after: Tally) -> Tally:
    if tally == after:
        return before
    return Tally(max(tally.failures - 1, 0), tally.free_at)  # others guessed meanwhile


def _tag(account_id: bytes, authenticator: Authenticator) -> bytes:
    return expand_to(16, key=account_id, label=b"throttle " + authenticator.encode())


def _unknown_tag(name_tag: bytes, authenticator: Authenticator) -> bytes:
    digest = expand_to(2, key=name_tag, label=b"throttle " + authenticator.encode())
    return (int.from_bytes(digest) % _UNKNOWN).to_bytes(2)


@dataclass(frozen=True, slots=True)
class GuessBudget:
    """What guessing can reach at most (RFC 4226, section 6: the sliding window, times the attempts, over the codes).

    Parameters
    ----------
    codes : int
        How many codes of the authenticator app are looked at, in a row, before all are refused.
    probability : float
        That one of them is right, for whoever knows the passphrase.
    seconds : int
        How long it takes at least.
    passphrases_a_year : int
        How many passphrases are looked at in a year; as many recovery codes. They are never refused for good, since
        there would be no way in left, and needn't be: a passphrase of six words has 77 random bits, a code 125.
    """

    codes: int
    probability: float
    seconds: int
    passphrases_a_year: int


def guess_budget(*, good_codes: int = 3, digits: int = 6) -> GuessBudget:
    """Return what guessing can reach: 3 codes that are good at a time, of 10⁶, 100 times: 3·10⁻⁴."""
    year, spent, guesses = 365 * 24 * 3600, 0, 0
    while spent <= year:
        guesses += 1
        spent += wait_after(guesses)
    return GuessBudget(
        codes=MOST_CODES,
        probability=MOST_CODES * good_codes / 10**digits,
        seconds=sum(wait_after(failures) for failures in range(MOST_CODES)),
        passphrases_a_year=guesses,
    )
