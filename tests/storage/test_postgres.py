import logging
import os
import signal
import socket
import threading
import traceback
from contextlib import closing
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from postgres_server import TLS_NAME, programs, running_server
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict

from workbench.errors import InsecureTransportError, StoreError, StoreVersionError
from workbench.storage import open_database
from workbench.storage.engines.postgres_address import secured

HERE = {"hostaddr": "127.0.0.1"}


@pytest.fixture
def url(postgres_server, postgres_name):
    return postgres_server.url(postgres_name)


@pytest.fixture
def database(url):
    with closing(open_database(url)) as database:
        database.write("CREATE TABLE sample (number INTEGER PRIMARY KEY, bytes BLOB)")
        yield database


@pytest.fixture
def administrator(postgres_server, postgres_name):
    with postgres_server.administrator(postgres_name) as connection:
        yield connection


@pytest.fixture
def listener():
    """Return a port that listens, and to which nobody has come when the test ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)  # noqa: FBT003 - the socket's own signature
        yield listener.getsockname()[1]
        with pytest.raises(BlockingIOError):
            listener.accept()


def kill_backends(administrator, name):
    administrator.execute(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
        (name,),
    )


@pytest.mark.parametrize("way", ["socket", "tcp"])
def test_on_this_machine_a_socket_or_a_password_opens_the_store(postgres_server, postgres_name, way):
    with closing(open_database(postgres_server.url(postgres_name, way=way))) as database:
        assert database.rows("SELECT current_setting('application_name')") == [("workbench",)]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "LOCALHOST"])
def test_every_name_of_this_machine_leads_to_it(postgres_server, postgres_name, host):
    open_database(postgres_server.url(postgres_name, way="tcp", host=host)).close()


def test_off_this_machine_the_connection_is_verified(postgres_server, postgres_name):
    url = postgres_server.url(postgres_name, way="tls", host=TLS_NAME, sslrootcert=postgres_server.authority, **HERE)
    with closing(open_database(url)) as database:
        assert database._connection.pgconn.ssl_in_use
        assert list(database.stream("SELECT format FROM store"))


@pytest.mark.parametrize("fault", ["another authority", "the system's authorities", "another name", "no file"])
def test_a_server_that_cannot_be_verified_is_refused(postgres_server, postgres_name, monkeypatch, fault):
    name, authority = TLS_NAME, postgres_server.authority
    if fault == "another authority":
        authority = postgres_server.other_authority
    elif fault == "the system's authorities":
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        monkeypatch.setenv("PGSSLROOTCERT", str(authority))
        authority = None
    elif fault == "another name":
        name = "other.example"
    else:
        authority = "/nowhere.pem"
    chosen = {"sslrootcert": authority} if authority else {}
    url = postgres_server.url(postgres_name, way="tls", host=name, **HERE, **chosen)
    with pytest.raises(InsecureTransportError) as raised:
        open_database(url)
    assert raised.value.__context__ is None
    assert name not in str(raised.value)


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require", "verify-ca", "", "nonsense"])
@pytest.mark.parametrize("place", ["address", "environment"])
def test_less_than_a_verified_connection_is_refused_before_any(listener, monkeypatch, place, mode):
    url = f"postgresql://ada@db.example:{listener}/store?hostaddr=127.0.0.1"
    if place == "address":
        url += f"&sslmode={mode}"
    elif mode:
        monkeypatch.setenv("PGSSLMODE", mode)
    else:
        monkeypatch.setenv("PGSERVICE", "weaker")
    with pytest.raises(InsecureTransportError):
        open_database(url)


def test_a_service_file_is_refused_before_any_connection(listener, monkeypatch, tmp_path):
    (tmp_path / "services").write_text(f"[store]\nhost=127.0.0.1\nport={listener}\nsslmode=disable\n")
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
    with pytest.raises(InsecureTransportError):
        open_database("postgresql://ada@/store?service=store")
    monkeypatch.setenv("PGSERVICE", "store")
    with pytest.raises(InsecureTransportError):
        open_database("postgresql://ada@db.example/store")


@pytest.mark.parametrize(
    "hosts",
    [
        "127.0.0.1:1,db.example:2",
        "db.example,127.0.0.1",
        "localhost,db.example,[::1]",
        "192.0.2.1",
        "127.0.0.1.example",
        "0.0.0.0",  # noqa: S104 - nothing binds to it
        "127.1",
        "[::ffff:192.0.2.1]",
        "[2001:db8::1]",
        "localhost.example",
        "localhost.",
    ],
)
def test_one_host_on_another_machine_is_enough_to_verify_all(hosts):
    with pytest.raises(InsecureTransportError):
        secured(f"postgresql://ada@{hosts}/store?sslmode=require")
    options = conninfo_to_dict(secured(f"postgresql://ada@{hosts}/store?sslrootcert=/a.pem"))
    assert options["sslmode"] == "verify-full"
    assert options["sslrootcert"] == "/a.pem"
    assert options["gssencmode"] == "disable"


@pytest.mark.parametrize("query", ["hostaddr=192.0.2.1", "hostaddr=::2"])
def test_an_address_on_another_machine_makes_a_local_name_a_remote_one(query):
    with pytest.raises(InsecureTransportError):
        secured(f"postgresql://ada@localhost/store?sslmode=prefer&{query}")
    assert "sslmode=verify-full" in secured(f"postgresql://ada@localhost/store?sslrootcert=/a.pem&{query}")


def test_the_name_decides_though_the_address_is_this_machines():
    with pytest.raises(InsecureTransportError):
        secured("postgresql://ada@db.example/store?sslmode=prefer&hostaddr=127.0.0.1")


@given(host=st.from_regex(r"[a-z0-9][a-z0-9.:-]{0,20}", fullmatch=True))
def test_whatever_the_host_is_called_it_is_this_machine_or_verified(host):
    try:
        options = conninfo_to_dict(secured(f"postgresql://ada@/store?host={quote(host)}&sslrootcert=/a.pem"))
    except StoreError:
        return
    local = host == "localhost" or host.startswith("127.") or host.strip("0:") == "1"
    assert options["sslmode"] == "verify-full" or local


@given(text=st.text(max_size=40), scheme=st.sampled_from(["postgresql://", "postgres://"]))
def test_no_address_is_too_odd_to_be_judged(text, scheme):
    try:
        options = conninfo_to_dict(secured(scheme + text))
    except (StoreError, InsecureTransportError) as error:
        assert error.__context__ is None  # noqa: PT017 - either outcome is right
        return
    assert options["sslmode"]


@pytest.mark.parametrize("query", ["options=-csynchronous_commit=off", "sslkeylogfile=/tmp/keys", "gssencmode=prefer"])
def test_an_option_that_no_address_needs_is_refused(listener, query):
    with pytest.raises((StoreError, InsecureTransportError)):
        open_database(f"postgresql://ada@127.0.0.1:{listener}/store?{query}")


@pytest.mark.parametrize("url", ["postgresql://", "postgresql:///store", "postgresql://ada@/store?host=/a,,/b"])
def test_an_address_must_say_which_server(url):
    with pytest.raises(StoreError, match="which server"):
        open_database(url)


def test_nothing_in_the_environment_redirects_or_weakens_a_connection(postgres_server, postgres_name, monkeypatch):
    variables = {option.envvar.decode() for option in pq.Conninfo.parse(b"") if option.envvar}
    assert {"PGHOST", "PGHOSTADDR", "PGPORT", "PGSSLMODE", "PGOPTIONS", "PGDATABASE", "PGUSER"} <= variables
    tls = postgres_server.url(postgres_name, way="tls", host=TLS_NAME, sslrootcert=postgres_server.authority, **HERE)
    with monkeypatch.context() as patched:  # ends before the database is dropped
        for variable in variables - {"PGSERVICE", "PGPASSFILE", "PGREQUIREAUTH"}:
            patched.setenv(variable, "nonsense")
        patched.setenv("PGHOSTADDR", "192.0.2.1")
        patched.setenv("PGREQUIRESSL", "1")
        for way in ("socket", "tcp"):
            open_database(postgres_server.url(postgres_name, way=way)).close()
        patched.delenv("PGSSLMODE")
        open_database(tls).close()


def test_the_password_may_come_from_the_environment(postgres_server, postgres_name, monkeypatch):
    url = postgres_server.url(postgres_name, way="tcp")
    bare = url.replace(quote(postgres_server.password, safe=""), "").replace(":@", "@")
    with pytest.raises(StoreError):
        open_database(bare)
    monkeypatch.setenv("PGPASSWORD", postgres_server.password)
    open_database(bare).close()


def test_the_password_is_in_no_representation_error_or_log(postgres_server, postgres_name, caplog):
    caplog.set_level(logging.DEBUG)
    url = postgres_server.url(postgres_name, way="tcp")
    with closing(open_database(url)) as database:
        shown = [repr(database), str(database)]
    for wrong in (
        url.replace("postgres:", "nobody:"),
        url.replace(f":{postgres_server.port}/", ":1/"),
        url.replace(postgres_name, "nowhere"),
        url + "?sslmode=%zz",
        url.replace("127.0.0.1", "db.invalid") + "?sslmode=require",
        url + "?canary=1",
    ):
        with pytest.raises((StoreError, InsecureTransportError)) as raised:
            open_database(wrong)
        shown.append("".join(traceback.format_exception(raised.value, chain=True)))
        assert raised.value.remedy
        assert raised.value.__context__ is None
    shown += [caplog.text, *(repr(vars(record)) for record in caplog.records)]
    for text in shown:
        assert postgres_server.password not in text
        assert quote(postgres_server.password, safe="") not in text


def test_a_server_that_does_not_run_is_explained(tmp_path):
    with pytest.raises(StoreError, match="reached"):
        open_database(f"postgresql://ada@/store?host={tmp_path}")


def test_the_tables_lie_in_a_schema_of_their_own(database, administrator):
    schemas = administrator.execute(
        "SELECT DISTINCT schemaname FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    ).fetchall()
    assert schemas == [("workbench",)]
    assert database.rows("SELECT current_setting('search_path')") == [("workbench",)]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("synchronous_commit", "on"),
        ("lock_timeout", "30s"),
        ("statement_timeout", "1min"),
        ("search_path", "workbench"),
    ],
)
def test_every_connection_has_its_settings_whatever_the_servers_defaults(
    administrator, postgres_name, url, setting, value
):
    default = {"synchronous_commit": "off", "search_path": "public"}.get(setting, "1d")
    administrator.execute(f"ALTER DATABASE {postgres_name} SET {setting} = '{default}'")
    with closing(open_database(url)) as database:
        assert database.rows(f"SELECT current_setting('{setting}')") == [(value,)]
        assert list(database.stream(f"SELECT current_setting('{setting}')")) == [(value,)]


def test_transactions_are_read_committed_whatever_the_servers_default(administrator, postgres_name, url):
    administrator.execute(f"ALTER DATABASE {postgres_name} SET default_transaction_isolation = 'serializable'")
    with closing(open_database(url)) as database, database.transaction():
        assert database.rows("SELECT current_setting('transaction_isolation')") == [("read committed",)]


def test_a_schema_that_is_another_programs_is_refused_and_left_as_it_was(administrator, url):
    administrator.execute("CREATE SCHEMA workbench; CREATE TABLE workbench.poems (line text)")
    with pytest.raises(StoreVersionError):
        open_database(url)
    assert administrator.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'workbench'").fetchall() == [
        ("poems",)
    ]


def test_a_database_for_reading_only_is_read_and_not_written(administrator, postgres_name, url, database):
    administrator.execute(f"ALTER DATABASE {postgres_name} SET default_transaction_read_only = on")
    with closing(open_database(url)) as reader:
        assert reader.is_read_only
        assert reader.store_id == database.store_id
        with pytest.raises(StoreError, match="read-only"):
            reader.write("DELETE FROM slot")
        with pytest.raises(StoreError, match="read-only"):
            reader._run("DELETE FROM slot", ())


def test_an_empty_database_for_reading_only_is_refused(administrator, postgres_name, url):
    administrator.execute(f"ALTER DATABASE {postgres_name} SET default_transaction_read_only = on")
    with pytest.raises(StoreError, match="read-only"):
        open_database(url)


def test_a_user_without_the_right_to_make_a_schema_is_told_so(administrator, postgres_name, url):
    administrator.execute("CREATE ROLE guest LOGIN")
    try:
        with pytest.raises(StoreError, match="allowed"):
            open_database(url.replace("postgres@", "guest@"))
    finally:
        administrator.execute("DROP ROLE guest")


def test_a_swallowed_failure_does_not_pass_for_a_written_transaction(database):
    with pytest.raises(StoreError, match="nothing was written"), database.transaction():
        database.write("INSERT INTO sample VALUES (1, ?)", (b"one",))
        with pytest.raises(StoreError):
            database.write("INSERT INTO sample VALUES (1, ?)", (b"again",))
    assert database.rows("SELECT * FROM sample") == []


def test_a_vault_that_another_kernel_keeps_locked_is_busy_in_the_end(database, url):
    with closing(open_database(url)) as other, database.transaction():
        database.lock_vault(1)
        other.rows("SET lock_timeout = 1")
        with other.transaction():
            other.lock_vault(2)
        with pytest.raises(StoreError, match="busy"), other.transaction():
            other.lock_vault(1)


def test_an_interrupt_while_waiting_for_another_kernel_leaves_the_connection_usable(database, administrator, url):
    def interrupt_when_it_waits():
        waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        while not ended.wait(0.01):
            if administrator.execute(waiting).fetchone():
                signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
                ended.wait(2)  # then again, as a person does: Python drops one that comes while a finaliser runs

    ended = threading.Event()
    with closing(open_database(url)) as other, other.transaction():
        other.lock_vault(1)
        thread = threading.Thread(target=interrupt_when_it_waits)
        thread.start()
        with pytest.raises(KeyboardInterrupt), database.transaction():
            database.write("INSERT INTO sample VALUES (1, NULL)")
            database.lock_vault(1)
        ended.set()
        thread.join()
        assert database.write("INSERT INTO sample VALUES (2, NULL)") == 1
    assert database.rows("SELECT number FROM sample") == [(2,)]


def test_the_next_use_after_a_lost_connection_connects_anew(database, administrator, postgres_name):
    for _ in range(2):
        kill_backends(administrator, postgres_name)
        with pytest.raises(StoreError, match="lost"):
            database.rows("SELECT 1")
        assert database.write("INSERT INTO sample VALUES (1, NULL) ON CONFLICT DO NOTHING") in {0, 1}
        assert database.rows("SELECT current_setting('search_path')") == [("workbench",)]


def test_a_transaction_is_lost_with_its_connection(database, administrator, postgres_name):
    undone = []
    with pytest.raises(StoreError, match="lost"), database.transaction():
        database.on_rollback(lambda: undone.append(True))
        database.write("INSERT INTO sample VALUES (1, NULL)")
        kill_backends(administrator, postgres_name)
        with pytest.raises(StoreError, match="lost"):
            database.rows("SELECT 1")
        with pytest.raises(StoreError, match="lost"):
            database.write("INSERT INTO sample VALUES (2, NULL)")
    assert undone == [True]
    assert database.rows("SELECT * FROM sample") == []


def test_a_connection_lost_at_the_commit_leaves_open_whether_it_was_written(database, administrator, postgres_name):
    with pytest.raises(StoreError, match="isn't known"), database.transaction():
        database.write("INSERT INTO sample VALUES (1, NULL)")
        kill_backends(administrator, postgres_name)
    assert database.rows("SELECT * FROM sample") == []


def test_a_stream_is_lost_with_its_connection(database, administrator, postgres_name):
    database.write_many("INSERT INTO sample VALUES (?, NULL)", ((number,) for number in range(100)))
    stream = database.stream("SELECT number FROM sample", size=10)
    next(stream)
    kill_backends(administrator, postgres_name)
    with pytest.raises(StoreError, match="lost"):
        list(stream)


def test_a_stream_whose_spare_connection_was_lost_meanwhile_takes_another(database, administrator, postgres_name):
    assert list(database.stream("SELECT 1")) == [(1,)]
    (spare,) = database._spares
    kill_backends(administrator, postgres_name)
    assert list(database.stream("SELECT 1")) == [(1,)]
    assert spare.closed
    assert len(database._spares) == 1


def test_another_store_at_the_same_address_is_not_taken_for_the_first(database, administrator, postgres_name):
    administrator.execute("UPDATE workbench.store SET store_id = %s", (b"x" * 16,))
    kill_backends(administrator, postgres_name)
    for reason in ("lost", "another store", "another store"):
        with pytest.raises(StoreError, match=reason):
            database.rows("SELECT 1")


def test_a_server_that_comes_back_is_used_again():
    with (
        running_server() as server,
        server.database() as name,
        closing(open_database(server.url(name, way="tcp"))) as database,
    ):
        server.stop()
        for reason in ("lost", "reached"):
            with pytest.raises(StoreError, match=reason):
                database.rows("SELECT 1")
        server.start()
        assert database.rows("SELECT store_id FROM store") == [(database.store_id,)]


def test_pips_postgresql_serves_where_the_system_has_none(tmp_path):
    with running_server(lambda folder: [programs.of_pip(folder)]) as server, server.database() as name:
        url = server.url(name, way="tls", host=TLS_NAME, sslrootcert=server.authority, **HERE)
        for address in (server.url(name), server.url(name, way="tcp"), url):
            open_database(address).close()
        with pytest.raises(InsecureTransportError):
            open_database(url.replace(TLS_NAME, "other.example"))
        folder, pid = server.folder, server.pid
    assert not folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_machine_without_any_postgresql_fails_the_tests():
    with pytest.raises(programs.NoPostgresError), running_server(lambda folder: []):
        pass
