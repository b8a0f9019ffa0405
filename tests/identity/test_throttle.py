import subprocess
import sys
from contextlib import closing, suppress

import pytest
from hand_set_clock import Clock
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import AuthenticationError, InputError, IntegrityError, StoreError, ThrottledError
from workbench.identity.throttle import MOST_CODES, Authenticator, Throttle, counted, guess_budget, wait_after
from workbench.storage import Tally, ThrottleRows, open_database

ACCOUNT, ANOTHER = b"a" * 16, b"b" * 16
WAITS = [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def throttle(database, clock):
    return Throttle(ThrottleRows(database), now=clock)


def fail(throttle, account=ACCOUNT, authenticator=Authenticator.PASSPHRASE, **names):
    """Take a guess that is wrong."""
    with pytest.raises(AuthenticationError), throttle.guess(account, authenticator, **names):
        raise AuthenticationError("wrong")


def succeed(throttle, account=ACCOUNT, authenticator=Authenticator.PASSPHRASE):
    with throttle.guess(account, authenticator) as guess:
        guess.is_right = True
    return guess.before.failures


def refused_for(throttle, account=ACCOUNT, authenticator=Authenticator.PASSPHRASE, **names):
    """Return how long a guess would have to wait; what is inside must not be reached."""
    with pytest.raises(ThrottledError) as raised, throttle.guess(account, authenticator, **names):
        pytest.fail("the guess was checked")
    return raised.value.retry_after


def test_five_are_free_and_then_the_wait_doubles_up_to_an_hour(throttle, clock):
    """A12: 5 free, then 30·2ⁿ s, at most 3600 s; the error says how long."""
    for _ in range(5):
        fail(throttle)
    for wait in WAITS:
        assert refused_for(throttle) == wait
        clock.wait(wait - 1)
        assert refused_for(throttle) == 1
        clock.wait(1)
        fail(throttle)


def test_a_refused_guess_counts_for_nothing(throttle):
    for _ in range(5):
        fail(throttle)
    for _ in range(20):
        assert refused_for(throttle) == 30
    assert throttle.failures(ACCOUNT, Authenticator.PASSPHRASE) == 5


def test_success_begins_anew_and_tells_how_many_had_failed(throttle, database):
    """A12: reset on success."""
    for _ in range(4):
        fail(throttle)
    assert succeed(throttle) == 4
    assert succeed(throttle) == 0
    assert database.rows("SELECT count(*) FROM throttle") == [(0,)]


def test_accounts_and_authenticators_are_counted_apart(throttle):
    """A12: whoever keeps an account busy at one of them keeps nobody out at another."""
    for _ in range(5):
        fail(throttle)
    assert refused_for(throttle)
    succeed(throttle, ANOTHER)
    for authenticator in (Authenticator.TOTP, Authenticator.RECOVERY_CODE):
        succeed(throttle, authenticator=authenticator)


def test_a_hundred_wrong_codes_disable_the_app_and_nothing_else(throttle, clock):
    """A12: NIST SP 800-63B-4, 3.2.2. Passphrases and recovery codes are slowed down, but never refused for good."""
    for authenticator in Authenticator:
        for failures in range(MOST_CODES):
            fail(throttle, authenticator=authenticator)
            clock.wait(wait_after(failures + 1))
    with pytest.raises(AuthenticationError, match="100 wrong codes"), throttle.guess(ACCOUNT, Authenticator.TOTP):
        pytest.fail("the guess was checked")
    succeed(throttle)
    succeed(throttle, authenticator=Authenticator.RECOVERY_CODE)
    throttle.reset(ACCOUNT, Authenticator.TOTP)
    succeed(throttle, authenticator=Authenticator.TOTP)


def test_the_count_stands_before_the_guess_is_checked(throttle, database):
    """A12: charged before the check; a process that is killed within has spent its guess."""
    with suppress(KeyboardInterrupt), throttle.guess(ACCOUNT, Authenticator.PASSPHRASE):
        assert database.rows("SELECT failures FROM throttle") == [(1,)]
        raise KeyboardInterrupt
    assert throttle.failures(ACCOUNT, Authenticator.PASSPHRASE) == 1


def test_a_guess_inside_a_transaction_is_refused_unchecked(throttle, database):
    """A12: else ROLLBACK would give it back."""
    with pytest.raises(InputError), database.transaction(), throttle.guess(ACCOUNT, Authenticator.PASSPHRASE):
        pytest.fail("the guess was checked")


def test_a_guess_that_cannot_be_counted_is_refused_unchecked(throttle, database, monkeypatch):
    """A12: a full disk."""
    monkeypatch.setattr(database, "_commit", lambda: database._run("PRAGMA nonsense(", ()))
    with pytest.raises(StoreError), throttle.guess(ACCOUNT, Authenticator.PASSPHRASE):
        pytest.fail("the guess was checked")


def test_what_fails_after_a_right_guess_gives_it_back(throttle):
    for _ in range(3):
        fail(throttle)
    for error in (AuthenticationError("the code is wrong"), StoreError("full"), KeyboardInterrupt()):
        with suppress(type(error)), throttle.guess(ACCOUNT, Authenticator.PASSPHRASE) as guess:
            guess.is_right = True
            raise error
        assert throttle.failures(ACCOUNT, Authenticator.PASSPHRASE) == 3
    with suppress(IntegrityError), throttle.guess(ACCOUNT, Authenticator.PASSPHRASE):
        raise IntegrityError("a damaged slot, which no guess gets by")
    assert throttle.failures(ACCOUNT, Authenticator.PASSPHRASE) == 3


def test_a_guess_given_back_takes_no_other_with_it(throttle):
    with suppress(StoreError), throttle.guess(ACCOUNT, Authenticator.PASSPHRASE) as guess:
        fail(throttle)  # another kernel's
        guess.is_right = True
        raise StoreError("full")
    assert throttle.failures(ACCOUNT, Authenticator.PASSPHRASE) == 1


def test_a_right_guess_may_leave_what_failed_before_for_the_next_sign_in_to_tell(throttle):
    fail(throttle)
    with throttle.guess(ACCOUNT, Authenticator.PASSPHRASE, resets=False) as guess:
        guess.is_right = True
    assert throttle.failures(ACCOUNT, Authenticator.PASSPHRASE) == 1


@given(
    failures=st.integers(0, 300),
    free_at=st.integers(0, 2**40),
    now=st.integers(0, 2**40),
    back=st.integers(0, 2**40),
)
def test_a_clock_that_was_set_back_frees_no_guess_and_locks_nobody_out(failures, free_at, now, back):
    """A12: what waits still waits; and never longer than an hour from then on."""
    tally = Tally(failures, free_at)
    earlier = max(now - back, 0)
    after = counted(tally, now=now)
    if after.failures == failures:
        seen = counted(tally, now=earlier)
        assert seen.failures == failures
        assert seen.free_at <= earlier + 3600 or failures < 5
        assert counted(seen, now=seen.free_at).failures == failures + 1


def test_a_clock_set_back_by_years_makes_the_wait_begin_anew(throttle, clock):
    """A12."""
    for _ in range(6):
        fail(throttle)
        clock.wait(wait_after(5))
    fail_at = refused_for(throttle)
    clock.wait(-3 * 365 * 24 * 3600)
    assert refused_for(throttle) == 60
    clock.wait(59)
    assert refused_for(throttle) == 1
    clock.wait(1)
    fail(throttle)
    assert fail_at <= 60


def test_unknown_names_are_throttled_alike(throttle, clock):
    """A16."""
    unknown = {"account": None, "name_tag": b"n" * 32}
    for _ in range(5):
        fail(throttle, **unknown)
    for wait in WAITS:
        assert refused_for(throttle, **unknown) == wait
        clock.wait(wait)
        fail(throttle, **unknown)


def test_rows_of_unknown_names_are_bounded_and_hold_nothing_to_find_a_name_by(throttle, database):
    """A16: twelve bits of a digest, in 4,096 rows at most, whatever is typed."""
    for number in range(6000):
        names = {"name_tag": number.to_bytes(32)}
        with suppress(AuthenticationError, ThrottledError), throttle.guess(None, Authenticator.PASSPHRASE, **names):
            raise AuthenticationError("wrong")
    tags = {tag for (tag,) in database.rows("SELECT tag FROM throttle")}
    assert 2000 < len(tags) <= 4096
    assert all(len(tag) == 2 and int.from_bytes(tag) < 4096 for tag in tags)


def test_another_process_meets_the_same_count(throttle, database, clock):
    """A12: a restart."""
    for _ in range(5):
        fail(throttle)
    program = f"""
from contextlib import closing
from datetime import datetime
from workbench.errors import ThrottledError
from workbench.identity.throttle import Authenticator, Throttle
from workbench.storage import ThrottleRows, open_database
with closing(open_database({str(database.path)!r})) as database:
    throttle = Throttle(ThrottleRows(database), now=lambda: datetime.fromisoformat({clock().isoformat()!r}))
    try:
        with throttle.guess({ACCOUNT!r}, Authenticator.PASSPHRASE):
            print("checked")
    except ThrottledError as error:
        print(error.retry_after)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "30.0\n"


def test_kernels_that_guess_at_once_share_one_count(database, clock):
    """A12: eight processes, five guesses."""
    program = f"""
import sys
from contextlib import closing
from datetime import datetime
from workbench.errors import AuthenticationError, ThrottledError
from workbench.identity.throttle import Authenticator, Throttle
from workbench.storage import ThrottleRows, open_database
with closing(open_database({str(database.path)!r})) as database:
    throttle = Throttle(ThrottleRows(database), now=lambda: datetime.fromisoformat({clock().isoformat()!r}))
    print("ready", flush=True)
    sys.stdin.readline()
    checked = 0
    for _ in range(5):
        try:
            with throttle.guess({ACCOUNT!r}, Authenticator.TOTP):
                checked += 1
                raise AuthenticationError("wrong")
        except (AuthenticationError, ThrottledError):
            pass
    print(checked)
"""
    kernels = [
        subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for kernel in kernels:
        assert kernel.stdout.readline() == "ready\n"
    for kernel in kernels:
        kernel.stdin.write("go\n")
        kernel.stdin.flush()
    assert sum(int(kernel.communicate()[0]) for kernel in kernels) == 5


def test_a_store_opened_again_has_the_count(tmp_path, clock):
    """A12: a restart, and its wait."""
    for failures in range(6):
        with closing(open_database(tmp_path / "s.db")) as database:
            throttle = Throttle(ThrottleRows(database), now=clock)
            if failures < 5:
                fail(throttle)
            else:
                assert refused_for(throttle) == 30


def test_the_guess_budget_is_computed():
    """A13: RFC 4226, section 6: 3 codes of 10⁶ at a time, 100 times."""
    budget = guess_budget()
    assert budget.probability == pytest.approx(3e-4)
    assert budget.codes == 100
    assert budget.seconds == 30 * (2**7 - 1) + 3600 * (100 - 12) == 320610
    assert budget.passphrases_a_year < 8800
