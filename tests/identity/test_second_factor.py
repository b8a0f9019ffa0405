"""The second factor at the sign-in: what proves it, what is used up, and what guessing reaches."""

import dataclasses
import functools
import subprocess
import sys
import threading
from contextlib import closing, suppress

import pytest
from hand_set_clock import Clock

from workbench import crypto
from workbench.crypto import Kind, one_time_code
from workbench.errors import AuthenticationError, IntegrityError, LockedError, StoreError, ThrottledError
from workbench.identity import Accounts, Profile, activate_totp, factor_status, new_totp, remove_totp
from workbench.identity import second_factor as second_factor_module
from workbench.identity.throttle import MOST_CODES, Authenticator, wait_after
from workbench.storage import Device, open_database, pack
from workbench.storage.engines.sqlite import SqliteDatabase

ANOTHER = "seven rivers under slow copper bells"
KEY = b"12345678901234567890"


@pytest.fixture(autouse=True)
def quick_passphrases(monkeypatch):
    """Stretch each passphrase once for each salt: these tests sign in to the same slots again and again."""
    stretch = functools.cache(crypto.derive)
    monkeypatch.setattr("workbench.crypto.slot.derive", stretch)
    monkeypatch.setattr("workbench.identity.names.derive", stretch)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def accounts(database, device_folder, clock):
    return Accounts(database, device=Device(device_folder), now=clock)


def code_at(clock, *, later=0):
    return one_time_code(KEY, step=int(clock.seconds) // 30 + later).decode()


def wrong_code(clock):
    """Return a code that none of the three good ones is."""
    good = {code_at(clock, later=later) for later in (-1, 0, 1)}
    return next(code for code in ("000000", "111111", "222222", "333333") if code not in good)


@pytest.fixture
def codes(accounts, passphrase, clock, monkeypatch):
    """Make ada's account with an authenticator app, and return its recovery codes."""
    codes = accounts.create("ada", passphrase=passphrase, roles=("owner",)).recovery_codes
    account = accounts.unlock("ada", passphrase=passphrase)
    enrolment = dataclasses.replace(new_totp(account), key=KEY)
    activate_totp(accounts, account, enrolment, code=code_at(clock), note=lambda: None)
    clock.wait(60)
    return codes


@pytest.fixture
def sign_in(accounts, codes, passphrase):
    return functools.partial(accounts.unlock, "ada", passphrase=passphrase)


@pytest.fixture
def account(sign_in, clock):
    account = sign_in(code=code_at(clock))
    clock.wait(60)
    return account


def test_a_code_of_the_app_signs_in(sign_in, clock):
    """A11."""
    assert sign_in(code=code_at(clock)).proof.factor == "totp"
    clock.wait(30)
    assert sign_in(code=lambda: code_at(clock)).name == "ada"


def test_a_missing_code_is_asked_for_after_the_right_passphrase_only(accounts, sign_in):
    """A16: whether a code is needed shows to nobody else."""
    with pytest.raises(AuthenticationError) as missing:
        sign_in()
    assert missing.value.needs_code
    for wrong in (
        lambda: accounts.unlock("ada", passphrase=ANOTHER),
        lambda: accounts.unlock("ada", passphrase=ANOTHER, code="123456"),
        lambda: accounts.unlock("nobody", passphrase=ANOTHER),
    ):
        with pytest.raises(AuthenticationError) as raised:
            wrong()
        assert not raised.value.needs_code
        assert str(raised.value) == str(missing.value)


def test_a_wrong_code_is_refused_with_the_same_words(accounts, sign_in, clock):
    """A16."""
    with pytest.raises(AuthenticationError) as raised:
        sign_in(code=wrong_code(clock))
    with pytest.raises(AuthenticationError) as other:
        accounts.unlock("nobody", passphrase=ANOTHER)
    assert str(raised.value) == str(other.value)
    assert not raised.value.needs_code


def test_nobody_is_asked_for_a_code_before_the_passphrase_was_right(accounts, codes):
    def ask():
        pytest.fail("asked for a code")

    for name in ("ada", "nobody"):
        with pytest.raises(AuthenticationError):
            accounts.unlock(name, passphrase=ANOTHER, code=ask)


def test_an_account_without_a_second_factor_asks_for_none_and_takes_none(accounts, passphrase):
    accounts.create("bob", passphrase=passphrase, roles=("owner",))
    accounts.unlock("bob", passphrase=passphrase, code=lambda: pytest.fail("asked for a code"))
    with pytest.raises(AuthenticationError):
        accounts.unlock("bob", passphrase=passphrase, code="123456")


def test_a_code_is_good_once(sign_in, clock):
    """A11: replay."""
    code = code_at(clock)
    sign_in(code=code)
    with pytest.raises(AuthenticationError):
        sign_in(code=code)
    with pytest.raises(AuthenticationError):
        sign_in(code=code_at(clock, later=-1))  # an earlier one that nobody used
    sign_in(code=code_at(clock, later=1))


def test_the_code_that_enrolled_the_app_signs_in_no_more(accounts, passphrase, clock):
    """A11."""
    accounts.create("bob", passphrase=passphrase, roles=("owner",))
    account = accounts.unlock("bob", passphrase=passphrase)
    enrolment = dataclasses.replace(new_totp(account), key=KEY)
    activate_totp(accounts, account, enrolment, code=code_at(clock), note=lambda: None)
    with pytest.raises(AuthenticationError):
        accounts.unlock("bob", passphrase=passphrase, code=code_at(clock))


def test_nothing_is_enrolled_before_the_app_has_shown_a_code(accounts, passphrase, clock):
    """A10: verified before activation."""
    accounts.create("bob", passphrase=passphrase, roles=("owner",))
    account = accounts.unlock("bob", passphrase=passphrase)
    enrolment = dataclasses.replace(new_totp(account), key=KEY)
    for wrong in (wrong_code(clock), "", code_at(clock, later=5)):
        with pytest.raises(AuthenticationError):
            activate_totp(accounts, account, enrolment, code=wrong, note=pytest.fail)
    assert factor_status(accounts, account).totp == "off"
    accounts.unlock("bob", passphrase=passphrase)


def test_the_secret_is_nowhere_in_the_store(account, database):
    """A10: sealed, as every record is."""
    account.vaults.checkpoint()
    stored = b"".join(file.read_bytes() for file in database.path.parent.iterdir() if file.is_file())
    assert KEY not in stored
    assert Profile.read(account.vaults).totp.secret == KEY


def test_a_profile_of_before_second_factors_is_still_read(accounts, account):
    """A10."""
    profile = Profile.read(account.vaults)
    for members in (
        (profile.name, list(profile.roles), sorted(profile.slots)),
        (profile.name, list(profile.roles), sorted(profile.slots), profile.serial, profile.is_active),
    ):
        account.vaults[Kind.PROFILE].append(pack(*members))
        assert Profile.read(account.vaults).totp is None
    account.vaults[Kind.PROFILE].append(pack(*members, [b"secret", 1, 2]))
    with pytest.raises(IntegrityError):
        Profile.read(account.vaults)


def test_a_recovery_code_takes_the_place_of_a_code_and_is_used_up(accounts, account, sign_in, codes):
    """A14: recovery = code + passphrase; single use."""
    recovered = sign_in(code=codes[4].lower().replace("-", " "))
    assert recovered.proof.factor == "recovery_code"
    assert factor_status(accounts, recovered).recovery_codes_left == 9
    with pytest.raises(AuthenticationError):
        sign_in(code=codes[4])
    with pytest.raises(AuthenticationError):
        accounts.unlock("ada", passphrase=ANOTHER, code=codes[5])
    sign_in(code=codes[5])


def test_a_recovery_code_that_was_put_back_is_refused(account, sign_in, codes, database):
    """A14."""
    before = database.rows("SELECT slot_id, account_id, packed FROM slot")
    sign_in(code=codes[0])
    (used,) = set(before) - set(database.rows("SELECT slot_id, account_id, packed FROM slot"))
    database.write("INSERT INTO slot VALUES (?, ?, ?)", used)
    with pytest.raises(IntegrityError, match="put back"):
        sign_in(code=codes[0])


def test_wrong_codes_leave_the_passphrases_count_alone(accounts, account, sign_in, clock):
    """A12: an honest user who mistypes codes waits for the code only."""
    with suppress(AuthenticationError):
        accounts.unlock("ada", passphrase=ANOTHER)
    for _ in range(5):
        with pytest.raises(AuthenticationError):
            sign_in(code=wrong_code(clock))
    assert accounts.throttle.failures(account.account_id, Authenticator.PASSPHRASE) == 1
    with pytest.raises(ThrottledError) as raised:
        sign_in(code=code_at(clock))
    assert raised.value.retry_after == 30
    clock.wait(30)
    proof = sign_in(code=code_at(clock)).proof
    assert dict(proof.failures) == {"passphrase": 1, "totp": 5}


def test_the_app_is_disabled_by_a_hundred_wrong_codes_and_recovery_works(accounts, account, sign_in, codes, clock):
    """A12: recovery and rebinding; an honest user is never locked out for good."""
    for failures in range(1, MOST_CODES + 1):
        with pytest.raises(AuthenticationError):
            sign_in(code=wrong_code(clock))
        clock.wait(wait_after(failures))
    with pytest.raises(AuthenticationError, match="100 wrong codes"):
        sign_in(code=code_at(clock))
    assert factor_status(accounts, account).totp == "disabled"
    recovered = sign_in(code=codes[0])
    assert recovered.proof.has_disabled
    assert dict(recovered.proof.failures) == {"totp": 100}
    assert not sign_in(code=codes[1]).proof.has_disabled  # told once
    with pytest.raises(AuthenticationError, match="100 wrong codes"):
        sign_in(code=code_at(clock))
    enrolment = dataclasses.replace(new_totp(recovered), key=KEY)
    activate_totp(accounts, recovered, enrolment, code=code_at(clock), note=lambda: None)
    clock.wait(60)
    assert sign_in(code=code_at(clock)).proof.factor == "totp"


def test_whoever_edits_the_count_does_not_enable_the_app_again(account, accounts, sign_in, database, clock):
    """A12: that it is disabled is sealed in the profile, too."""
    for failures in range(1, MOST_CODES + 1):
        with pytest.raises(AuthenticationError):
            sign_in(code=wrong_code(clock))
        clock.wait(wait_after(failures))
    database.write("DELETE FROM throttle")
    with pytest.raises(AuthenticationError, match="100 wrong codes"):
        sign_in(code=code_at(clock))


def test_a_lost_passphrase_and_a_disabled_app_leave_the_recovery_code(accounts, account, codes, clock):
    """A12, A14: never locked out of the data for good, whatever others guessed."""
    for authenticator in (Authenticator.PASSPHRASE, Authenticator.TOTP):
        for failures in range(1, 101):
            with suppress(AuthenticationError), accounts.throttle.guess(account.account_id, authenticator):
                raise AuthenticationError("wrong")
            clock.wait(wait_after(failures))
    recovered = accounts.recover("ada", code=codes[0], new_passphrase=ANOTHER, second=codes[1])
    assert dict(recovered.proof.failures) == {"passphrase": 100, "totp": 100}
    assert accounts.unlock("ada", passphrase=ANOTHER, code=codes[2]).name == "ada"


def test_a_recovery_code_alone_does_not_get_round_the_app(accounts, account, codes, clock):
    """A14; ASVS 6.4.3: the app's code is needed too, or a second recovery code; the first stays good until then."""
    with pytest.raises(AuthenticationError) as refused:
        accounts.recover("ada", code=codes[0], new_passphrase=ANOTHER)
    assert refused.value.needs_code
    for second in (codes[0], wrong_code(clock)):
        with pytest.raises(AuthenticationError):
            accounts.recover("ada", code=codes[0], new_passphrase=ANOTHER, second=second)
    with pytest.raises(AuthenticationError):
        accounts.unlock("ada", passphrase=ANOTHER, code=codes[3])
    recovered = accounts.recover("ada", code=codes[0], new_passphrase=ANOTHER, second=lambda: code_at(clock))
    assert recovered.profile.totp is not None
    with pytest.raises(AuthenticationError):
        accounts.recover("ada", code=codes[0], new_passphrase=ANOTHER, second=codes[1])


def test_a_hundred_thousand_wrong_codes_get_nobody_in_while_the_clock_stands(accounts, account, clock, monkeypatch):
    """A12: at the verifier and its throttle, with the passphrase known."""
    checked = watch(monkeypatch)
    good = {code_at(clock, later=later) for later in (-1, 0, 1)}
    refusals = {ThrottledError: 0, AuthenticationError: 0}
    for number in range(100_000):
        code = f"{number:06}"
        if code not in good:
            with pytest.raises((AuthenticationError, ThrottledError)) as raised:
                second_factor_module.prove(accounts, account, code)
            refusals[raised.type] += 1
    assert len(checked) == 5
    assert refusals[AuthenticationError] == 5
    assert refusals[ThrottledError] >= 99_990


def test_a_hundred_thousand_codes_get_nobody_in_who_waits_out_every_delay(accounts, account, clock, monkeypatch):
    """A12, A13: no more than a hundred are looked at, however long one waits. Right ones are left out up to then."""
    checked = watch(monkeypatch)
    for number in range(100_000):
        code = f"{number:06}"
        if len(checked) < MOST_CODES and code in {code_at(clock, later=later) for later in (-1, 0, 1)}:
            continue
        with pytest.raises(AuthenticationError):  # and no ThrottledError: every delay is over
            second_factor_module.prove(accounts, account, code)
        clock.wait(wait_after(min(number + 1, 100)))
    assert len(checked) == MOST_CODES


def watch(monkeypatch):
    """Return the list to which each code that is compared will be added."""
    checked = []
    step_of = second_factor_module.step_of

    def watched(code, **facts):
        checked.append(code)
        return step_of(code, **facts)

    monkeypatch.setattr(second_factor_module, "step_of", watched)
    # The profile is read, and so its log checked, for each sign-in; that doesn't change here and would take an hour.
    read = functools.cache(lambda vaults, _disabled: Profile.read(vaults))

    class QuickProfile:
        @staticmethod
        def read(vaults):
            return read(vaults, len(checked) >= MOST_CODES)

    monkeypatch.setattr(second_factor_module, "Profile", QuickProfile)
    return checked


def test_one_code_in_two_threads_at_once_opens_one(accounts, account, passphrase, clock, database, device_folder):
    """A11: atomic. Each thread has a connection of its own, as another kernel would."""
    for _ in range(5):
        clock.wait(30)
        code, together, outcomes = code_at(clock), threading.Barrier(4), []

        def use(code=code, together=together, outcomes=outcomes):
            with closing(open_database(database.path)) as own:
                other = Accounts(own, device=Device(device_folder), now=clock)
                together.wait()
                try:
                    outcomes.append(other.unlock("ada", passphrase=passphrase, code=code).proof.factor)
                except AuthenticationError:
                    outcomes.append("refused")

        threads = [threading.Thread(target=use) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["refused"] * 3 + ["totp"]
        accounts.throttle.reset(account.account_id, Authenticator.TOTP)


def test_one_code_in_two_processes_at_once_opens_one(account, passphrase, clock, database, device_folder):
    """A11: atomic, between kernels."""
    program = f"""
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path
from workbench.errors import AuthenticationError
from workbench.identity import Accounts
from workbench.storage import Device, open_database
with closing(open_database({str(database.path)!r})) as database:
    moment = datetime.fromisoformat({clock().isoformat()!r})
    accounts = Accounts(database, device=Device(Path({str(device_folder)!r})), now=lambda: moment)
    def code():
        print("ready", flush=True)
        sys.stdin.readline()
        return {code_at(clock)!r}
    try:
        print(accounts.unlock("ada", passphrase={passphrase!r}, code=code).proof.factor)
    except AuthenticationError:
        print("refused")
"""
    kernels = [
        subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for kernel in kernels:
        assert kernel.stdout.readline() == "ready\n"  # all have read the profile by now
    for kernel in kernels:
        kernel.stdin.write("go\n")
        kernel.stdin.flush()
    assert sorted(kernel.communicate()[0].strip() for kernel in kernels) == ["refused", "refused", "totp"]


def test_a_read_only_store_opens_and_counts_in_memory(accounts, account, database, device_folder, passphrase, clock):
    """A11, A12: what can't be written is kept as long as the open database; the code is good once there, too."""
    account.vaults.close()
    database.close()
    with closing(SqliteDatabase(database.path, read_only=True)) as reader:
        for _ in range(2):
            there = Accounts(reader, device=Device(device_folder), now=clock)  # each session has its own
            code = code_at(clock)
            assert there.unlock("ada", passphrase=passphrase, code=code).proof.factor == "totp"
            with pytest.raises(AuthenticationError):
                there.unlock("ada", passphrase=passphrase, code=code)
            clock.wait(30)
        for _ in range(5):
            with pytest.raises(AuthenticationError):
                there.unlock("ada", passphrase=ANOTHER)
        with pytest.raises(ThrottledError) as raised:
            Accounts(reader, device=Device(device_folder), now=clock).unlock("ada", passphrase=passphrase)
        assert raised.value.retry_after == 30


def test_a_recovery_code_is_refused_where_it_cannot_be_used_up(
    account, codes, database, device_folder, passphrase, clock
):
    """A14: read-only."""
    account.vaults.close()
    database.close()
    with closing(SqliteDatabase(database.path, read_only=True)) as reader:
        there = Accounts(reader, device=Device(device_folder), now=clock)
        with pytest.raises(StoreError):
            there.unlock("ada", passphrase=passphrase, code=codes[0])


def test_removing_the_app_leaves_the_passphrase_alone(accounts, account, sign_in, clock):
    with suppress(AuthenticationError):
        sign_in(code=wrong_code(clock))
    noted = []
    after = remove_totp(accounts, account, note=lambda: noted.append("removed"))
    assert (noted, after.profile.totp) == (["removed"], None)
    assert accounts.throttle.failures(account.account_id, Authenticator.TOTP) == 0
    assert sign_in().proof.factor == "none"


def test_a_factor_whose_note_fails_stays_as_it_was(accounts, account):
    """Whole or not at all."""

    def full():
        raise StoreError("The disk is full; nothing was written.")

    with pytest.raises(StoreError):
        remove_totp(accounts, account, note=full)
    assert Profile.read(account.vaults).totp is not None


def test_an_open_account_proves_again_with_a_fresh_code(accounts, account, passphrase, clock):
    """A20's proof: passphrase and code, each code once, throttled as signing in is."""
    code = code_at(clock)
    assert accounts.prove(account, passphrase=passphrase, code=code).proof.factor == "totp"
    with pytest.raises(AuthenticationError) as missing:
        accounts.prove(account, passphrase=passphrase)
    assert missing.value.needs_code
    for wrong in ({"passphrase": passphrase, "code": code}, {"passphrase": ANOTHER, "code": code_at(clock, later=1)}):
        with pytest.raises(AuthenticationError):
            accounts.prove(account, **wrong)
    clock.wait(60)
    assert dict(accounts.prove(account, passphrase=passphrase, code=code_at(clock)).proof.failures) == {
        "passphrase": 1,
        "totp": 1,
    }


def test_proving_is_throttled_and_shares_the_count_of_signing_in(accounts, account, passphrase):
    """A12."""
    for number in range(5):
        with pytest.raises(AuthenticationError):
            if number % 2:
                accounts.prove(account, passphrase=ANOTHER)
            else:
                accounts.unlock("ada", passphrase=ANOTHER)
    with pytest.raises(ThrottledError):
        accounts.prove(account, passphrase=passphrase, code="123456")


def test_the_status_tells_what_there_is(accounts, account, clock, sign_in):
    """A13, A14, A15: shown to the owner."""
    with suppress(AuthenticationError):
        sign_in(code=wrong_code(clock))
    status = factor_status(accounts, account)
    assert (status.totp, status.codes_left, status.recovery_codes_left) == ("on", 99, 10)
    assert status.has_device_secret
    assert status.activated is not None
    assert status.budget.probability == pytest.approx(3e-4)


def test_an_account_whose_keys_were_exchanged_elsewhere_changes_no_factor(accounts, account):
    other = dataclasses.replace(account, root_key=bytes(32))
    with pytest.raises(LockedError):
        remove_totp(accounts, other, note=pytest.fail)


def test_a_count_that_is_out_of_range_is_told_as_damage(account, sign_in, database, clock):
    with suppress(AuthenticationError):
        sign_in(code=wrong_code(clock))
    database.write("UPDATE throttle SET failures = -1")
    with pytest.raises(IntegrityError):
        sign_in(code=code_at(clock))
