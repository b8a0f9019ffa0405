"""R07, R08: two members' ordinary life in one database, and nothing of one's work in the other's hands."""

import psycopg
import pytest
from a_team import a_team, code_of, wrong_code

from workbench import Workbench
from workbench.errors import (
    AccountExistsError,
    AuthenticationError,
    LockedError,
    PermissionDeniedError,
    StoreVersionError,
    ThrottledError,
)
from workbench.storage.team import activate_share, enrol_share

OTHER = "copper bells under seven rivers"


@pytest.fixture
def team(postgres_server):
    with a_team(postgres_server) as team:
        team.add("ada", "bo", roles=("researcher",))
        yield team


@pytest.fixture
def open_as(team, tmp_path):
    """Return what opens the workbench of a member, on a device of their own."""
    benches = []

    def open_bench(person):
        benches.append(Workbench.open(team.url(person), device=tmp_path / person))
        return benches[-1]

    yield open_bench
    for bench in benches:
        bench.close()


def enrolled(team, person):
    """Give a member a second factor; return the secret of its codes, none of which was used."""
    database = team.open(person)
    secret = enrol_share(database)
    activate_share(database, code_of(secret))
    team.set_counter(person, "step", 0)
    return secret


def test_two_members_live_their_ordinary_lives_apart(team, open_as, passphrase):
    """R07: account, sign-in, ask, history, search, lock; the other sees nothing of it."""
    for person, secret in (("ada", passphrase), ("bo", OTHER)):
        bench = open_as(person)
        assert bench.is_empty  # of what this login reaches
        assert len(bench.create_account(person, passphrase=secret).recovery_codes) == 10
        session = bench.sign_in(person, passphrase=secret)
        assert session.roles == ("researcher",)
        turn = session.ask(f"A haiku on the winter of {person}", form="haiku", seed=7)
        assert len(session.history) == 1
        assert session.history.get(turn.id).text == turn.text
        assert [found.id for found in session.history.search("winter")] == [turn.id]
        session.verify()
        session.rotate("data", passphrase=secret)
        session.history.delete(turn.id)
        session.ask("Another one", form="haiku", seed=8)
        session.lock()
    bench = open_as("bo")
    assert not bench.is_empty
    session = bench.sign_in("bo", passphrase=OTHER)
    assert len(session.history) == 1
    with pytest.raises(AuthenticationError):
        bench.sign_in("ada", passphrase=passphrase)
    with psycopg.connect(team.url("bo")) as connection:
        of_bo = connection.execute("SELECT count(*) FROM workbench.record").fetchone()
        both = team.administrator.execute("SELECT count(*) FROM workbench.record").fetchone()
        assert 0 < of_bo[0] < both[0]


def test_a_login_makes_one_account_and_under_no_name_that_is_taken(team, open_as, passphrase):
    """R07."""
    open_as("ada").create_account("ada", passphrase=passphrase)
    with pytest.raises(PermissionDeniedError):
        open_as("ada").create_account("ada the second", passphrase=passphrase)
    with pytest.raises(AccountExistsError):
        open_as("bo").create_account("ada", passphrase=passphrase)
    assert team.administrator.execute("SELECT count(*) FROM workbench.account").fetchone() == (1,)


def test_nobody_makes_themselves_what_the_server_did_not(team, open_as, passphrase):
    """R07: neither an admin nor a laptop's owner."""
    for roles in (("admin",), ("owner",), ("researcher", "auditor"), ()):
        with pytest.raises(PermissionDeniedError):
            open_as("bo").create_account("bo", passphrase=passphrase, roles=roles)
    team.add("nora")
    with pytest.raises(PermissionDeniedError, match="grant"):
        open_as("nora").create_account("nora", passphrase=passphrase)


def test_with_the_factor_a_sign_in_takes_passphrase_and_code(team, open_as, passphrase):
    """R08, A11: the server's half of the key comes for a code, which is good once."""
    secret = enrolled(team, "ada")
    bench = open_as("ada")
    with pytest.raises(AuthenticationError) as refusal:
        bench.create_account("ada", passphrase=passphrase)
    assert refusal.value.needs_code
    bench.create_account("ada", passphrase=passphrase, code=code_of(secret))
    team.set_counter("ada", "step", 0)
    with pytest.raises(AuthenticationError) as refusal:
        bench.sign_in("ada", passphrase=passphrase)
    assert refusal.value.needs_code
    code = code_of(secret)
    session = bench.sign_in("ada", passphrase=passphrase, code=lambda: code)
    session.ask("A haiku", form="haiku", seed=1)
    session.lock()
    for wrong in (code, wrong_code(secret)):
        with pytest.raises(AuthenticationError) as refusal:
            bench.sign_in("ada", passphrase=passphrase, code=wrong)
        assert not refusal.value.needs_code
    team.set_counter("ada", "step", 0)
    with pytest.raises(AuthenticationError):
        bench.sign_in("ada", passphrase=OTHER, code=code_of(secret))


def test_a_device_that_copies_the_rows_and_knows_the_passphrase_opens_nothing(team, open_as, tmp_path, passphrase):
    """R08: whoever has ada's rows, device and passphrase, and no code."""
    secret = enrolled(team, "ada")
    open_as("ada").create_account("ada", passphrase=passphrase, code=code_of(secret))
    team.administrator.execute("UPDATE workbench_team.team_share SET share = sha256(share)")
    team.set_counter("ada", "step", 0)
    with pytest.raises(AuthenticationError):
        open_as("ada").sign_in("ada", passphrase=passphrase, code=code_of(secret))


def test_another_device_needs_no_recovery_code_where_the_share_opens(team, open_as, tmp_path, passphrase):
    """R08: the share stands where a device's own secret would."""
    secret = enrolled(team, "ada")
    open_as("ada").create_account("ada", passphrase=passphrase, code=code_of(secret))
    team.set_counter("ada", "step", 0)
    bench = Workbench.open(team.url("ada"), device=tmp_path / "another device")
    bench.sign_in("ada", passphrase=passphrase, code=code_of(secret)).lock()
    bench.close()


def test_one_code_is_enough_for_a_change_that_opens_and_makes_ways_in(team, open_as, passphrase):
    """R08: a new passphrase, a new root key, a step-up."""
    secret = enrolled(team, "ada")
    bench = open_as("ada")
    bench.create_account("ada", passphrase=passphrase, code=code_of(secret))

    def fresh():
        team.set_counter("ada", "step", 0)
        return code_of(secret)

    session = bench.sign_in("ada", passphrase=passphrase, code=fresh())
    with pytest.raises(AuthenticationError):
        session.change_passphrase(current=passphrase, new=OTHER)
    session.change_passphrase(current=passphrase, new=OTHER, code=fresh())
    assert len(session.rotate("root", passphrase=OTHER, code=fresh()).recovery_codes) == 10
    assert len(session.new_recovery_codes(passphrase=OTHER, code=fresh()).recovery_codes) == 10
    session.rotate("vault", passphrase=OTHER, code=fresh())
    session.lock()
    bench.sign_in("ada", passphrase=OTHER, code=fresh()).lock()


def test_whoever_lost_the_phone_opens_the_account_with_a_recovery_code(team, open_as, passphrase):
    """A12: an honest person is never locked out of their data for good."""
    secret = enrolled(team, "ada")
    bench = open_as("ada")
    codes = bench.create_account("ada", passphrase=passphrase, code=code_of(secret)).recovery_codes
    team.set_counter("ada", "failures", 100)
    with pytest.raises(AuthenticationError):
        bench.sign_in("ada", passphrase=passphrase, code=code_of(secret))
    session = bench.recover("ada", code=codes[0], new_passphrase=OTHER)
    session.ask("A haiku", form="haiku", seed=1)
    session.lock()
    bench.sign_in("ada", passphrase=OTHER).lock()


def test_too_many_wrong_codes_have_to_wait(team, open_as, passphrase):
    """A12: said with the time; the right code waits too."""
    secret = enrolled(team, "ada")
    bench = open_as("ada")
    bench.create_account("ada", passphrase=passphrase, code=code_of(secret))
    for _ in range(5):
        with pytest.raises(AuthenticationError):
            bench.sign_in("ada", passphrase=passphrase, code=wrong_code(secret))
    team.set_counter("ada", "step", 0)
    team.administrator.execute("DELETE FROM workbench.throttle")  # what this store counts itself
    with pytest.raises((ThrottledError, AuthenticationError)) as refusal:
        bench.sign_in("ada", passphrase=passphrase, code=code_of(secret))
    assert isinstance(refusal.value, ThrottledError)
    assert 0 < refusal.value.retry_after <= 30


def test_wrong_passphrases_are_counted_for_this_login_alone(team, open_as, passphrase):
    """A12, R07: nobody counts, clears or forges another's."""
    for person in ("ada", "bo"):
        open_as(person).create_account(person, passphrase=passphrase)
        with pytest.raises(AuthenticationError):
            open_as(person).sign_in(person, passphrase=OTHER)
        with pytest.raises(AuthenticationError):
            open_as(person).sign_in("nobody of that name", passphrase=OTHER)
    assert team.administrator.execute("SELECT count(*) FROM workbench.throttle").fetchone() == (4,)
    for person in ("ada", "bo"):
        open_as(person).sign_in(person, passphrase=passphrase).lock()


def test_a_removed_member_is_out_at_the_next_action(team, open_as, passphrase):
    """R03."""
    bench = open_as("ada")
    bench.create_account("ada", passphrase=passphrase)
    session = bench.sign_in("ada", passphrase=passphrase)
    team.team.remove(team.login("ada"))
    with pytest.raises(LockedError):
        session.ask("A haiku", form="haiku", seed=1)
    assert session.is_locked
    with pytest.raises(StoreVersionError, match="which store"):  # the server shows it nothing any more
        Workbench.open(team.url("ada"))


def test_an_account_of_before_takes_the_share_with_its_next_passphrase(team, open_as, passphrase):
    """R08, A10: enrolled later; from then on the passphrase alone opens nothing."""
    bench = open_as("ada")
    bench.create_account("ada", passphrase=passphrase)
    secret = enrolled(team, "ada")
    session = bench.sign_in("ada", passphrase=passphrase)
    session.change_passphrase(current=passphrase, new=OTHER, code=code_of(secret))
    session.lock()
    with pytest.raises(AuthenticationError) as refusal:
        bench.sign_in("ada", passphrase=OTHER)
    assert refusal.value.needs_code
    team.set_counter("ada", "step", 0)
    bench.sign_in("ada", passphrase=OTHER, code=code_of(secret)).lock()


def test_a_granted_role_reaches_a_signed_in_member_with_its_standing(team, open_as, passphrase):
    """R03, R07: the server's grant first, then an admin's signature; each alone changes nothing."""
    team.add("anna", roles=("admin",))
    open_as("anna").create_account("anna", passphrase=OTHER)
    bo = open_as("bo")
    bo.create_account("bo", passphrase=passphrase)
    session, admin = bo.sign_in("bo", passphrase=passphrase), open_as("anna").sign_in("anna", passphrase=OTHER)
    with pytest.raises(PermissionDeniedError):
        admin.people.grant("bo", "educator", passphrase=OTHER)
    team.give("bo", "educator")
    assert session.history.frame().empty
    assert session.roles == ("researcher",)
    admin.people.grant("bo", "educator", passphrase=OTHER)
    assert len(session.history) == 0
    assert session.roles == ("researcher", "educator")
    admin.people.disable("bo", passphrase=OTHER)
    with pytest.raises(PermissionDeniedError):
        len(session.history)
    assert session.is_locked


def test_nobody_signs_a_standing_that_the_server_did_not_let_them(team, open_as, passphrase):
    """R07: an account that an old role still calls an admin, and the server doesn't."""
    team.add("anna", roles=("admin",))
    open_as("anna").create_account("anna", passphrase=OTHER)
    open_as("bo").create_account("bo", passphrase=passphrase)
    admin = open_as("anna").sign_in("anna", passphrase=OTHER)
    team.administrator.execute("DELETE FROM workbench_team.team_role WHERE login = %s", (team.login("anna"),))
    with pytest.raises(PermissionDeniedError):
        admin.people.disable("bo", passphrase=OTHER)
    open_as("bo").sign_in("bo", passphrase=passphrase).lock()
