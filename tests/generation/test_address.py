"""Addresses: https alone, reduced to the host that people are shown."""

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import InsecureTransportError
from workbench.generation.address import destination_of


@pytest.mark.parametrize(
    ("address", "destination"),
    [
        ("https://api.anthropic.com", "api.anthropic.com"),
        ("https://API.Anthropic.com/", "api.anthropic.com"),
        ("https://api.anthropic.com:443/v2", "api.anthropic.com"),
        ("https://gateway.example:8443", "gateway.example:8443"),
        ("https://127.0.0.1:8443", "127.0.0.1:8443"),
        ("https://[::1]:8443", "[::1]:8443"),
    ],
)
def test_the_destination_is_the_host_with_an_unusual_port(address, destination):
    assert destination_of(address) == destination


@given(st.text())
def test_any_other_text_is_refused_or_names_a_host_over_https(address):
    try:
        destination = destination_of(address)
    except InsecureTransportError:
        return
    assert address.lstrip().lower().startswith("https://")
    assert destination


@given(st.text(st.characters(codec="ascii"), min_size=1), st.sampled_from(["https://", "http://", "HTTPS://"]))
def test_what_is_accepted_is_what_the_http_client_would_connect_to(rest, scheme):
    try:
        destination = destination_of(scheme + rest)
    except InsecureTransportError:
        return
    url = httpx2.URL(scheme + rest)
    assert url.scheme == "https"
    assert url.netloc.decode() == destination


@pytest.mark.parametrize("address", ["https://münchen.example", "https://evil.example@api.anthropic.com", "https:api"])
def test_an_address_that_reads_differently_from_what_it_is_is_refused(address):
    with pytest.raises(InsecureTransportError):
        destination_of(address)
