"""No option, variable, file or answer makes a bucket's data travel in the clear or to somebody unproved."""

import os
import ssl

import fsspec.config
import pytest
import trustme
from s3_server import KEY, SECRET, TOKEN, Canned, running_server

from workbench.errors import InputError, InsecureTransportError, StoreError
from workbench.storage import Place

CREDENTIALS = {"key": KEY, "secret": SECRET, "region": "eu-west-1"}
CLEAR = "http://s3.example"


@pytest.fixture(autouse=True)
def quiet_environment(monkeypatch, tmp_path):
    """Leave nothing that the machine's own environment says about S3."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "SSL")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


@pytest.fixture(scope="module")
def clear_server():
    with running_server(tls=False) as server:
        yield server


def works(place):
    return place.put("a", b"sealed") == 6 and place.get("a") == b"sealed"


@pytest.mark.parametrize(
    "url",
    [
        CLEAR,
        "http://10.0.0.1:9000",
        "http://127.0.0.1.example",
        "http://localhost.example",
        "http://[::2]",
        "ftp://127.0.0.1",
        "127.0.0.1:9000",
        "",
        "https://",
        "http://",
        "https://user:word@s3.example",
        "http://127.0.0.1@s3.example",
        "https://s3.example:port",
        "http://0.0.0.0:1",
    ],
)
def test_an_endpoint_in_the_clear_is_refused_before_anything_loads_or_is_sent(url):
    with pytest.raises(InsecureTransportError):
        Place("s3://bucket", endpoint_url=url, **CREDENTIALS)


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_an_endpoint_in_the_clear_is_refused_from_the_environment(monkeypatch, variable):
    monkeypatch.setenv(variable, CLEAR)
    with pytest.raises(InsecureTransportError):
        Place("s3://bucket", **CREDENTIALS)


@pytest.mark.parametrize(
    "config",
    [
        f"[default]\nendpoint_url = {CLEAR}\n",
        f"[default]\nservices = s\n[services s]\ns3 =\n  endpoint_url = {CLEAR}\n",
        f"[default]\n[profile other]\nendpoint_url = {CLEAR}\n",
    ],
)
@pytest.mark.parametrize("by", ["option", "variable"])
def test_an_endpoint_in_the_clear_is_refused_from_a_profile(monkeypatch, tmp_path, config, by):
    (tmp_path / "config").write_text(config)
    profile = "other" if "other" in config else "default"
    if by == "variable":
        monkeypatch.setenv("AWS_PROFILE", profile)
    with pytest.raises(InsecureTransportError):
        Place("s3://bucket", **CREDENTIALS, **({"profile": profile} if by == "option" else {}))


@pytest.mark.parametrize(
    "settings",
    [
        {"endpoint_url": CLEAR},
        {"use_ssl": False},
        {"client_kwargs": {"verify": False, "endpoint_url": CLEAR, "use_ssl": False}},
        {"config_kwargs": {"proxies": {"https": CLEAR}}},
        {"session": "?", "username": "?", "version_aware": True, "asynchronous": True},
    ],
)
def test_fsspecs_own_configuration_changes_nothing(monkeypatch, s3_server, settings):
    monkeypatch.setitem(fsspec.config.conf, "s3", settings)
    assert works(Place(f"s3://{s3_server.new_bucket()}", **s3_server.options()))
    plain = Place("s3://bucket", **CREDENTIALS)  # nothing is asked of Amazon: the client only says whom it would ask
    assert plain._backend._files.s3.meta.endpoint_url == "https://s3.eu-west-1.amazonaws.com"


def test_an_endpoint_of_the_environment_is_taken_where_it_is_safe(monkeypatch, s3_server):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", s3_server.endpoint_url)
    assert works(Place(f"s3://{s3_server.new_bucket()}", **s3_server.options(endpoint_url=None)))


@pytest.mark.parametrize("options", [{"verify": False}, {"use_ssl": False}])
def test_tls_cannot_be_switched_off(s3_server, options):
    with pytest.raises(InsecureTransportError):
        Place("s3://bucket", **s3_server.options(**options))


def test_on_this_machine_plain_http_will_do(clear_server):
    assert works(Place(f"s3://{clear_server.new_bucket()}", **clear_server.options()))


def test_a_server_of_an_authority_that_is_not_trusted_is_refused(s3_server, tmp_path):
    bucket = s3_server.new_bucket()
    trustme.CA().cert_pem.write_to_path(other := tmp_path / "other.pem")
    for ca_bundle in (None, other):
        place = Place(f"s3://{bucket}", **s3_server.options() | {"ca_bundle": ca_bundle})
        with pytest.raises(InsecureTransportError):
            place.names()
        with pytest.raises(InsecureTransportError):
            place.put("a", b"sealed")
    assert s3_server.versions(bucket) == []


def test_a_certificate_for_another_host_is_refused(tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    with Canned(200, {}, context=context_of(authority, "elsewhere.example")) as server:
        place = Place(
            "s3://bucket",
            endpoint_url=f"https://127.0.0.1:{server.port}",
            ca_bundle=tmp_path / "authority.pem",
            **CREDENTIALS,
        )
        with pytest.raises(InsecureTransportError):
            place.put("a", b"sealed")
        assert server.asked == []


@pytest.mark.parametrize("variable", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"])
def test_the_environment_names_no_authority(monkeypatch, s3_server, variable):
    monkeypatch.setenv(variable, str(s3_server.ca_bundle))
    place = Place(f"s3://{s3_server.new_bucket()}", **s3_server.options() | {"ca_bundle": None})
    with pytest.raises(InsecureTransportError):
        place.put("a", b"sealed")


def test_a_file_of_authorities_that_is_none_is_refused(tmp_path):
    (tmp_path / "empty.pem").write_text("")
    for path in (tmp_path / "empty.pem", tmp_path / "missing.pem", ""):
        with pytest.raises(InsecureTransportError):
            Place("s3://bucket", ca_bundle=path, **CREDENTIALS)


def test_the_keys_of_tls_are_written_nowhere(monkeypatch, s3_server, tmp_path):
    bucket = s3_server.new_bucket()
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    assert works(Place(f"s3://{bucket}", **s3_server.options()))
    written = (tmp_path / "keys").read_text() if (tmp_path / "keys").exists() else ""
    assert [
        line for line in written.splitlines() if not line.startswith("#")
    ] == []  # a library's import heads the file


def test_no_proxy_of_the_environment_is_asked(monkeypatch, s3_server, clear_server):
    servers = {server.new_bucket(): server for server in (s3_server, clear_server)}
    with Canned(502, {}) as proxy:
        for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(variable, f"http://127.0.0.1:{proxy.port}")
            monkeypatch.setenv(variable.lower(), f"http://127.0.0.1:{proxy.port}")
        for bucket, server in servers.items():
            assert works(Place(f"s3://{bucket}", **server.options()))
        assert proxy.asked == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(tmp_path, status):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    with Canned(200, {"etag": '"0"'}) as target:
        away = {"location": f"http://127.0.0.1:{target.port}/bucket/a"}
        with Canned(status, away, context=context_of(authority, "127.0.0.1")) as server:
            place = Place(
                "s3://bucket",
                endpoint_url=f"https://127.0.0.1:{server.port}",
                ca_bundle=tmp_path / "authority.pem",
                token=TOKEN,
                **CREDENTIALS,
            )
            for action in (lambda: place.put("a", b"sealed"), lambda: place.get("a"), place.names):
                with pytest.raises(StoreError):
                    action()
            assert server.asked
        assert target.asked == []


def test_every_request_is_looked_at_whatever_the_client_was_told(s3_server):
    """As if a redirect of S3's own, a rule of its endpoints or a later library had led elsewhere."""
    place = Place(f"s3://{s3_server.new_bucket()}", **s3_server.options())

    def lead_away(request, **_):
        request.url = f"{CLEAR}/bucket/a"

    place._backend._files.s3.meta.events.register_first("before-send", lead_away)
    with pytest.raises(InsecureTransportError) as raised:
        place.put("a", b"sealed")
    assert raised.value.__context__ is None


def test_the_machines_own_role_is_not_asked_for_keys(monkeypatch, s3_server):
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED", raising=False)
    with Canned(200, {}) as metadata:
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", f"http://127.0.0.1:{metadata.port}/")
        place = Place(f"s3://{s3_server.new_bucket()}", **s3_server.options(key=None, secret=None))
        with pytest.raises(StoreError, match="credentials"):
            place.put("a", b"sealed")
        assert metadata.asked == []


def test_keys_of_the_environment_are_taken(monkeypatch, s3_server):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    assert works(Place(f"s3://{s3_server.new_bucket()}", **s3_server.options(key=None, secret=None)))


def test_an_option_of_botocores_is_none_of_ours():
    with pytest.raises(InputError) as raised:
        Place("s3://bucket", config_kwargs={"proxies": {"https": CLEAR}})
    assert "endpoint_url" in raised.value.remedy


def context_of(authority, host):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)
    return context
