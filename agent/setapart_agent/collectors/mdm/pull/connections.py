"""Connections to a manager: whom to trust, and by which proxy to go."""

import ssl
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from setapart_agent.collectors.mdm.pull.settings import is_loopback
from setapart_agent.errors import SourceError
from setapart_evidence.text import printable

if TYPE_CHECKING:
    import urllib3

_CONNECT = 15.0
_READ = 60.0
_DEEPEST_CAUSE = 8
_MISSING = "pip install 'setapart[mdm]'"


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """Certificates are verified, and so is the name in them; there is no setting that says otherwise.

    Raises:
        SourceError: urllib3 is not installed, or the file holds no certificates.
    """
    try:
        import urllib3  # noqa: F401 - nothing else here works without it
    except ImportError:
        raise SourceError("urllib3 is not installed", expected="the extra mdm", cure=_MISSING) from None
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError):
        raise SourceError(f"{ca_file} holds no certificates", expected="PEM", cure="check ca_file") from None


def pool(origin: str, context: ssl.SSLContext) -> "urllib3.PoolManager":
    """Connections to one origin: direct, or by the proxy that the environment names for it; never one to loopback.

    Raises:
        SourceError: what the environment names is no proxy.
    """
    from urllib.request import getproxies, proxy_bypass

    import urllib3

    timeout = urllib3.Timeout(connect=_CONNECT, read=_READ)
    parts = urlsplit(origin)
    host = parts.hostname or ""
    proxy = None if is_loopback(host) or proxy_bypass(host) else getproxies().get(parts.scheme)
    if not proxy:
        return urllib3.PoolManager(num_pools=1, maxsize=1, ssl_context=context, timeout=timeout)
    try:
        credentials = urllib3.util.parse_url(proxy).auth
        return urllib3.ProxyManager(
            proxy,
            num_pools=1,
            maxsize=1,
            ssl_context=context,
            timeout=timeout,
            proxy_headers=urllib3.make_headers(proxy_basic_auth=credentials) if credentials else None,
        )
    except (urllib3.exceptions.HTTPError, ValueError):
        raise SourceError("the environment names no usable proxy", cure="check https_proxy") from None


def distrust(exc: BaseException) -> str | None:
    """The words of OpenSSL about a certificate, where that is what an error is about."""
    found: object = exc
    for _ in range(_DEEPEST_CAUSE):
        if isinstance(found, ssl.SSLCertVerificationError):
            return printable(found.verify_message)
        if not isinstance(found, BaseException):
            return None
        found = next((item for item in found.args if isinstance(item, BaseException)), found.__context__)
    return None
