"""Connections: proxies of the environment, and never one for this machine."""

import ssl
from pathlib import Path

import pytest
import urllib3

from setapart_agent.collectors.mdm.pull import connections
from setapart_agent.errors import SourceError

VARIABLES = ("http_proxy", "https_proxy", "no_proxy", "all_proxy")


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def proxy_of(origin: str) -> str | None:
    pool = connections.pool(origin, ssl.create_default_context())
    return str(pool.proxy) if isinstance(pool, urllib3.ProxyManager) else None


def test_without_a_proxy_it_goes_straight() -> None:
    assert proxy_of("https://graph.microsoft.com:443") is None


def test_a_proxy_of_the_environment_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.agency.example:3128")
    assert proxy_of("https://graph.microsoft.com:443") == "http://proxy.agency.example:3128"
    assert proxy_of("https://127.0.0.1:8443") is None
    monkeypatch.setenv("no_proxy", "fleet.agency.example")
    assert proxy_of("https://fleet.agency.example:443") is None
    assert proxy_of("https://graph.microsoft.com:443") == "http://proxy.agency.example:3128"


def test_a_proxy_that_asks_who_comes_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://user:pw@proxy.agency.example:3128")
    pool = connections.pool("https://graph.microsoft.com:443", ssl.create_default_context())
    assert isinstance(pool, urllib3.ProxyManager)
    assert pool.proxy_headers == {"proxy-authorization": "Basic dXNlcjpwdw=="}


def test_what_is_no_proxy_is_our_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "socks5://user:s3cret@proxy.agency.example:1080")
    with pytest.raises(SourceError, match="the environment names no usable proxy") as caught:
        proxy_of("https://graph.microsoft.com:443")
    assert "s3cret" not in str(caught.value)


def test_certificates_and_names_are_verified_whatever_is_named(tmp_path: Path) -> None:
    context = connections.trust(None)
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    with pytest.raises(SourceError, match="holds no certificates"):
        connections.trust(tmp_path / "none.pem")


def test_only_what_openssl_says_of_a_certificate_is_distrust() -> None:
    refused = ssl.SSLCertVerificationError(1, "x")
    refused.verify_message = "self-signed certificate"
    assert connections.distrust(urllib3.exceptions.SSLError(refused)) == "self-signed certificate"
    assert connections.distrust(urllib3.exceptions.SSLError(ssl.SSLEOFError(8, "EOF"))) is None
    assert connections.distrust(ValueError()) is None
