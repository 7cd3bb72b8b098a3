"""Threat 18, at the service: TLS is the service's own or a proxy's, never silently none."""

import socket
import ssl
from pathlib import Path

import pytest

from programs import auditor
from service import make_certificate, serving
from stores import make_installation


def test_who_trusts_the_ca_is_served_over_tls_and_who_does_not_is_not(tmp_path: Path) -> None:
    make_installation(tmp_path / "a").store.close()
    certificate = make_certificate(tmp_path / "tls")
    with serving(tmp_path / "a", certificate=certificate) as service:
        assert service.url.startswith("https://")
        assert service.ask("/v1/health").status == 200
        with (
            socket.create_connection(("127.0.0.1", service.port), 20) as plain,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            ssl.create_default_context().wrap_socket(plain, server_hostname="localhost")


def test_old_tls_is_not_spoken(tmp_path: Path) -> None:
    make_installation(tmp_path / "a").store.close()
    with serving(tmp_path / "a", certificate=make_certificate(tmp_path / "tls")) as service:
        context = ssl.create_default_context(cafile=str(service.authority))
        context.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            context.minimum_version = ssl.TLSVersion.TLSv1_1
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        with socket.create_connection(("127.0.0.1", service.port), 20) as plain, pytest.raises(ssl.SSLError):
            context.wrap_socket(plain, server_hostname="127.0.0.1")


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"])
def test_plain_http_is_not_offered_to_others(tmp_path: Path, listen: str) -> None:
    make_installation(tmp_path / "a").store.close()
    ran = auditor("serve", "--dir", tmp_path / "a", "--listen", listen)
    assert ran.code == 2
    assert "plain http" in ran.err
    assert "--certificate" in ran.err
