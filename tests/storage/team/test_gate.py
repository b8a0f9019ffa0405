"""R08, A11, A12: the server's share is given out for a code alone, and no way of asking gets more guesses."""

import contextlib
import threading
import time

import psycopg
import pytest
from a_team import code_of, wrong_code
from psycopg.errors import InsufficientPrivilege

NO_CODES = ("", "12345", "1234567", " 123456", "123456 ", "-12345", "+12345", "١٢٣٤٥٦", "12345\n", "1e5")
RELEASE = "SELECT workbench_team.release_share(%s)"


@pytest.fixture
def bob(team):
    """Return a member's connection, and the secret of an active factor; its enrolment used no step up."""
    team.add("bob")
    connection = team.connect("bob")
    ((secret,),) = connection.execute("SELECT workbench_team.enrol_share()").fetchall()
    assert connection.execute("SELECT workbench_team.activate_share(%s)", (code_of(secret),)).fetchone()[0]
    team.set_counter("bob", "step", 0)
    return team, connection, secret


def release(connection, code):
    return connection.execute(RELEASE, (code,)).fetchone()[0]


def rolled_back(connection, code):
    """Guess, and undo whatever a transaction undoes."""
    connection.execute("BEGIN")
    try:
        return release(connection, code)
    finally:
        connection.execute("ROLLBACK")


def test_a_right_code_gets_the_share_and_a_wrong_one_nothing(bob):
    """R08."""
    team, connection, secret = bob
    assert release(connection, wrong_code(secret)) is None
    share = release(connection, code_of(secret))
    kept = team.administrator.execute("SELECT share FROM workbench_team.team_share").fetchone()[0]
    assert share == kept
    assert len(share) == 32


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_code_may_be_a_step_early_or_late(bob, steps):
    """A11: t-1, t, t+1."""
    _, connection, secret = bob
    assert release(connection, code_of(secret, steps=steps))


@pytest.mark.parametrize("steps", [-3, 3])
def test_no_code_holds_further_off(bob, steps):
    """A11: two steps away may become one while the test runs; three don't."""
    _, connection, secret = bob
    assert release(connection, code_of(secret, steps=steps)) is None


def test_a_code_is_good_once(bob):
    """A11: the same code again is refused, and so is one of an earlier step."""
    _, connection, secret = bob
    assert release(connection, code_of(secret, steps=1))
    assert release(connection, code_of(secret, steps=1)) is None
    assert release(connection, code_of(secret)) is None


def test_a_right_code_that_was_rolled_back_is_used_up(bob):
    """R08, A11: valid, ROLLBACK, replay."""
    _, connection, secret = bob
    code = code_of(secret)
    assert rolled_back(connection, code)
    assert release(connection, code) is None
    assert rolled_back(connection, code) is None


def test_a_savepoint_that_is_rolled_back_uses_it_up_too(bob):
    """R08, A11."""
    _, connection, secret = bob
    code = code_of(secret)
    with connection.transaction():
        connection.execute("SAVEPOINT before")
        assert release(connection, code)
        connection.execute("ROLLBACK TO before")
        assert release(connection, code) is None


def test_twenty_guesses_that_are_rolled_back_are_charged_all_the_same(bob):
    """R08, A12: five are looked at, fifteen refused; then the right code has to wait too."""
    team, connection, secret = bob
    assert [rolled_back(connection, wrong_code(secret)) for _ in range(20)] == [None] * 20
    assert team.counter("bob", "failures") == 5
    assert 0 < team.counter("bob", "free_at") - time.time() <= 30
    assert release(connection, code_of(secret)) is None
    assert connection.execute("SELECT failures, wait > 0 FROM workbench_team.share_state()").fetchone() == (5, True)
    team.set_counter("bob", "free_at", 0)  # once the time is over
    assert release(connection, code_of(secret))
    assert team.counter("bob", "failures") == 0


@pytest.mark.parametrize("isolation", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
def test_no_isolation_level_forgets_a_guess(bob, isolation):
    """R08, A12: counters are read as they are, not as a snapshot had them."""
    team, connection, secret = bob
    connection.execute(f"BEGIN ISOLATION LEVEL {isolation}")
    assert release(connection, wrong_code(secret)) is None
    other = team.connect("bob")
    other.execute("SET lock_timeout = 100")
    with pytest.raises(psycopg.errors.LockNotAvailable):  # it waits for the first
        release(other, wrong_code(secret))
    for _ in range(9):
        assert release(connection, wrong_code(secret)) is None
    connection.execute("ROLLBACK")
    assert team.counter("bob", "failures") == 5
    assert release(other, wrong_code(secret)) is None
    assert team.counter("bob", "failures") == 5


def test_a_code_is_good_on_one_of_many_connections(bob):
    """A11: eight at once; one gets the share."""
    team, _, secret = bob
    code, shares, barrier = code_of(secret), [], threading.Barrier(8)
    connections = [team.connect("bob") for _ in range(8)]

    def ask(connection):
        barrier.wait()
        shares.append(release(connection, code))

    threads = [threading.Thread(target=ask, args=(connection,)) for connection in connections]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(share is not None for share in shares) == 1


def test_a_hundred_wrong_codes_switch_the_factor_off(bob):
    """A12: whoever has all the time of the world gets a hundred guesses in a row, and no share after them."""
    team, connection, secret = bob
    waits = []
    for _ in range(120):
        team.set_counter("bob", "free_at", 0)
        assert release(connection, wrong_code(secret)) is None
        waits.append(connection.execute("SELECT wait FROM workbench_team.share_state()").fetchone()[0])
    assert team.counter("bob", "failures") == 100
    assert waits[:4] == [0, 0, 0, 0]
    assert 28 <= waits[4] <= 30
    assert 3595 <= waits[50] <= 3600
    team.set_counter("bob", "free_at", 0)
    assert release(connection, code_of(secret)) is None
    team.set_counter("bob", "failures", 99)
    assert release(connection, code_of(secret))


def test_what_is_no_code_is_a_wrong_one(bob):
    """A11, A12: and is charged."""
    team, connection, _ = bob
    for code in (*NO_CODES, "x" * 9999, None):
        team.set_counter("bob", "failures", 0)
        assert release(connection, code) is None
        assert team.counter("bob", "failures") == 1


def test_no_member_reads_or_sets_a_counter(bob):
    """R08: a member can't setval."""
    team, connection, _ = bob
    ((number,),) = team.administrator.execute("SELECT number FROM workbench_team.team_member").fetchall()
    for what in ("failures", "free_at", "step"):
        name = f"workbench_team.{what}_{number}"
        for statement in (
            f"SELECT setval('{name}', 0)",
            f"SELECT nextval('{name}')",
            f"SELECT currval('{name}')",
            f"SELECT last_value FROM {name}",
            f"ALTER SEQUENCE {name} RESTART",
            f"DROP SEQUENCE {name}",
            f"SELECT workbench_team.count_to('{what}', {number}, 0)",
            f"SELECT workbench_team.counted('{what}', {number})",
        ):
            with pytest.raises(InsufficientPrivilege):
                connection.execute(statement)


def test_secrets_and_the_gate_itself_are_out_of_reach(bob):
    """R08: what codes are made from is read by no member, its owner neither."""
    _, connection, _ = bob
    for statement in (
        "SELECT secret FROM workbench_team.team_share",
        "SELECT share FROM workbench_team.team_share",
        "UPDATE workbench_team.team_share SET secret = secret",
        "SELECT workbench_team.share_for('123456', true)",
        "SELECT workbench_team.code_at(1, '')",
        "SELECT workbench_team.apply_change('rebind', session_user, NULL)",
        "CREATE OR REPLACE FUNCTION workbench_team.release_share(code text) RETURNS bytea LANGUAGE sql AS ''",
        "DROP FUNCTION workbench_team.release_share(text)",
        "ALTER FUNCTION workbench_team.release_share(text) SET search_path TO pg_temp",
        "ALTER FUNCTION workbench_team.release_share(text) SECURITY INVOKER",
    ):
        with pytest.raises(InsufficientPrivilege):
            connection.execute(statement)


@pytest.mark.parametrize("way", ["READ ONLY", "READ WRITE"])
def test_no_error_and_no_read_only_transaction_gives_a_free_guess(bob, way):
    """A12: what can't be charged isn't looked at; what fails after that is charged."""
    team, connection, secret = bob
    connection.execute(f"BEGIN TRANSACTION {way}")
    connection.execute("SET LOCAL statement_timeout = '1ms'")
    with pytest.raises(psycopg.Error):
        connection.execute("SELECT workbench_team.release_share(%s), pg_sleep(1)", (code_of(secret),))
    connection.execute("ROLLBACK")
    assert way == "READ WRITE" or team.counter("bob", "step") == 0
    assert way == "READ WRITE" or release(connection, code_of(secret))


def test_no_notice_and_no_plan_shows_what_codes_are_made_from(bob):
    """R08: debug_print_plan is anyone's to set, and a plan may hold the values that it was made for."""
    team, connection, secret = bob
    shown = []
    connection.add_notice_handler(lambda notice: shown.append(f"{notice.message_primary} {notice.message_detail}"))
    for setting in (
        *("client_min_messages = debug5", "plan_cache_mode = force_custom_plan", "debug_pretty_print = off"),
        *("debug_print_parse = on", "debug_print_rewritten = on", "debug_print_plan = on"),
    ):
        connection.execute(f"SET {setting}")
    assert release(connection, wrong_code(secret)) is None
    assert any("PLANNEDSTMT" in text for text in shown)  # else the test shows nothing
    share = team.administrator.execute("SELECT share FROM workbench_team.team_share").fetchone()[0]
    for kept in (secret, share):
        listed = " ".join(str(byte - 256 if byte > 127 else byte) for byte in kept)  # as a plan writes bytes
        assert not any(form in text for text in shown for form in (kept.hex(), listed))
    codes = {str(int(code_of(secret, steps=steps))) for steps in range(-2, 3)}
    listed = {" ".join(map(str, int(code).to_bytes(8, "little"))) for code in codes}
    assert not any(form in text for text in shown for form in listed)


def test_whoever_is_no_member_may_not_ask(bob):
    """R08: EXECUTE is revoked from PUBLIC."""
    team, *_ = bob
    team.administrator.execute("CREATE ROLE stranger LOGIN")
    try:
        url = team.owner_url.replace("postgres@", "stranger@")
        with contextlib.closing(psycopg.connect(url, autocommit=True)) as stranger:
            for call in ("release_share('123456')", "enrol_share()", "me()", "public_keys_of('')"):
                with pytest.raises(InsufficientPrivilege):
                    stranger.execute(f"SELECT workbench_team.{call}")
    finally:
        team.administrator.execute("DROP ROLE stranger")


def test_ones_own_code_gets_ones_own_share_alone(bob):
    """R08: another member's code is a wrong one."""
    team, connection, secret = bob
    team.add("carol")
    other = team.connect("carol")
    other.execute("SELECT workbench_team.enrol_share()")
    assert other.execute("SELECT workbench_team.activate_share(%s)", (code_of(secret),)).fetchone()[0] is None
    assert release(other, code_of(secret)) is None
    assert release(connection, code_of(secret))


def test_nothing_is_given_out_before_a_first_code_has_held(team):
    """R08, A10: an enrolment that nobody finished can be begun anew, and an active one can't."""
    team.add("bob")
    connection = team.connect("bob")
    first = connection.execute("SELECT workbench_team.enrol_share()").fetchone()[0]
    second = connection.execute("SELECT workbench_team.enrol_share()").fetchone()[0]
    assert len(first) == len(second) == 20
    assert first != second
    assert release(connection, code_of(second)) is None
    assert connection.execute("SELECT workbench_team.activate_share(%s)", (code_of(first),)).fetchone()[0] is None
    assert connection.execute("SELECT is_active FROM workbench_team.share_state()").fetchone() == (False,)
    share = connection.execute("SELECT workbench_team.activate_share(%s)", (code_of(second),)).fetchone()[0]
    assert len(share) == 32
    assert connection.execute("SELECT workbench_team.enrol_share()").fetchone()[0] is None
    assert connection.execute("SELECT is_active FROM workbench_team.share_state()").fetchone() == (True,)


def test_a_removed_member_gets_no_share(bob):
    """R03, R08."""
    team, connection, secret = bob
    team.team.remove(team.login("bob"))
    assert release(connection, code_of(secret)) is None
    assert connection.execute("SELECT workbench_team.enrol_share()").fetchone()[0] is None


def test_a_counter_stands_where_it_was_after_the_server_was_killed():
    """A12: guesses outlive a crash, and it adds none (nextval would, up to 32)."""
    from a_team import a_team  # noqa: PLC0415 - a server of its own
    from postgres_server import running_server  # noqa: PLC0415 - as above

    with running_server() as server, a_team(server) as team:
        team.add("bob")
        connection = team.connect("bob")
        secret = connection.execute("SELECT workbench_team.enrol_share()").fetchone()[0]
        for _ in range(3):
            connection.execute("SELECT workbench_team.activate_share(%s)", (wrong_code(secret),))
        server.stop()  # SIGQUIT: no checkpoint
        server.start()
        url = team.url("bob")
        with contextlib.closing(psycopg.connect(url, autocommit=True)) as connection:
            assert connection.execute("SELECT failures FROM workbench_team.share_state()").fetchone() == (3,)
        team.administrator = server.administrator(team.name)
        team.administrator.close()


def test_an_approval_that_is_rolled_back_gives_no_guess_back(bob):
    """A12: whoever may approve an exchange of a factor doesn't reset its counters by the way."""
    team, connection, secret = bob
    team.add("anna", "abel", roles=("admin",))
    number = team.as_member("anna").rebind(team.login("bob"))
    for _ in range(6):
        release(connection, wrong_code(secret))
    before = [team.counter("bob", what) for what in ("failures", "free_at", "step")]
    assert before[0] == 5
    approver = team.connect("abel")
    approver.execute("BEGIN")
    approver.execute("SELECT workbench_team.approve_change(%s)", (number,))
    approver.execute("ROLLBACK")
    assert [team.counter("bob", what) for what in ("failures", "free_at", "step")] == before


def test_an_exchanged_factor_begins_to_count_anew(bob):
    """A12: rebinding by recovery; the counters of the one before don't keep the new one out."""
    team, connection, secret = bob
    team.add("anna", "abel", roles=("admin",))
    team.set_counter("bob", "failures", 100)
    number = team.as_member("anna").rebind(team.login("bob"))
    team.as_member("abel").approve(number)
    assert release(connection, code_of(secret)) is None
    ((fresh,),) = connection.execute("SELECT workbench_team.enrol_share()").fetchall()
    assert connection.execute("SELECT workbench_team.activate_share(%s)", (code_of(fresh),)).fetchone()[0]
    assert team.counter("bob", "failures") == 0
