"""The settings of a pull: one TOML file per manager. What is secret is named by file or environment variable only.

Where Microsoft Graph and its sign-in live, also in national clouds: https://learn.microsoft.com/graph/deployments.
"""

import os
import re
import sys
import tomllib
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct, structs

from setapart_agent.errors import SourceError
from setapart_evidence.text import printable

ManagerName = Literal["graph", "amapi", "fleet"]
T = TypeVar("T", bound="Settings")

_MOST_BYTES = 64 * 1024
_OTHERS_MAY_READ = 0o007
_HEADER_SAFE = re.compile(r"[!-~]{1,16384}")
_TENANT = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]{0,252}")
_CLIENT = re.compile(r"[0-9A-Za-z-]{1,64}")
_ENTERPRISE = re.compile(r"(?:enterprises/)?([0-9A-Za-z_-]{1,128})")
_CLOUDS = {
    "global": ("https://graph.microsoft.com", "https://login.microsoftonline.com"),
    "us-gov": ("https://graph.microsoft.us", "https://login.microsoftonline.us"),
    "us-dod": ("https://dod-graph.microsoft.us", "https://login.microsoftonline.us"),
    "china": ("https://microsoftgraph.chinacloudapi.cn", "https://login.chinacloudapi.cn"),
}
_AMAPI = "https://androidmanagement.googleapis.com"
GOOGLE_TOKENS = "https://oauth2.googleapis.com/token"
"""Where the keys of Google's service accounts are redeemed."""


class Settings(Struct, frozen=True, kw_only=True):
    """What every manager's settings may say.

    Attributes:
        ca_file: the certificate authorities to trust in place of the system's.
        page_size: devices asked for at once; `None` is the manager's usual number.
        patience: seconds that a run may wait in all, for a manager that is busy or away.
        resume_hours: hours for which an interrupted run can be taken up.
    """

    ca_file: str | None = None
    page_size: Annotated[int, Meta(ge=1, le=1000)] | None = None
    patience: Annotated[int, Meta(ge=0, le=86_400)] = 3600
    resume_hours: Annotated[int, Meta(ge=0, le=168)] = 12

    def checked(self) -> Self:
        """The same with every URL and name checked and complete.

        Raises:
            SourceError: one of them can't be what it should be.
        """
        raise NotImplementedError


class GraphSettings(Settings, frozen=True, kw_only=True):
    """Microsoft Graph, for Intune. `url` and `login_url` come from `cloud` unless both are given."""

    tenant: str
    client_id: str
    client_secret_file: str | None = None
    client_secret_env: str | None = None
    cloud: Literal["global", "us-gov", "us-dod", "china"] = "global"
    url: str | None = None
    login_url: str | None = None

    @property
    def scope(self) -> str:
        """What a token is asked for: everything of Graph that the application was allowed, whatever leads to it."""
        return f"{_CLOUDS[self.cloud][0]}/.default"

    def checked(self) -> Self:
        """With the addresses of the cloud."""
        if not _TENANT.fullmatch(self.tenant):
            raise SourceError("tenant is no tenant", expected="the directory's id or one of its domains")
        if not _CLIENT.fullmatch(self.client_id):
            raise SourceError("client_id is no id", expected="the application (client) id")
        if (self.url is None) != (self.login_url is None):
            raise SourceError("only one of url and login_url", expected="both or none", cure="name the cloud instead")
        url, login = _CLOUDS[self.cloud]
        return structs.replace(self, url=_base(self.url or url), login_url=_base(self.login_url or login))


class AmapiSettings(Settings, frozen=True, kw_only=True):
    """The Android Management API; `enterprise` with or without its prefix `enterprises/`."""

    enterprise: str
    service_account_file: str
    url: str = _AMAPI

    def checked(self) -> Self:
        """With the bare name of the enterprise."""
        named = _ENTERPRISE.fullmatch(self.enterprise)
        if named is None:
            raise SourceError("enterprise is no enterprise", expected="its name, such as enterprises/LC0123abcd")
        return structs.replace(self, enterprise=named[1], url=_base(self.url))


class FleetSettings(Settings, frozen=True, kw_only=True):
    """A Fleet server."""

    url: str
    token_file: str | None = None
    token_env: str | None = None

    def checked(self) -> Self:
        """With a URL that paths are put behind."""
        return structs.replace(self, url=_base(self.url))


class Secret:
    """A secret, which no message, log or traceback shows."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def __repr__(self) -> str:
        return "Secret(…)"

    def reveal(self) -> str:
        """The secret itself, to be put into the one request that needs it."""
        return self._value


def read_settings(path: Path, kind: type[T]) -> T:
    """Reads a settings file; every URL and name in it is checked.

    Raises:
        SourceError: no such file, an unknown or missing key, a value of the wrong kind.
    """
    try:
        values = tomllib.loads(_content(path)[0].decode())
    except (ValueError, RecursionError) as exc:  # TOMLDecodeError, UnicodeDecodeError, a number too long
        raise SourceError(printable(str(exc)), expected="TOML", where=str(path)) from None
    known = kind.__struct_fields__
    for key in values:
        if key not in known:
            raise SourceError(f"unknown key {printable(key)!r}", expected=", ".join(sorted(known)), where=str(path))
    try:
        settings = msgspec.convert(values, kind)
    except msgspec.ValidationError as exc:
        raise SourceError(printable(str(exc)), cure="docs/mdm.md lists the keys", where=str(path)) from None
    try:
        return settings.checked()
    except SourceError as exc:
        raise SourceError(exc.got, expected=exc.expected, cure=exc.cure, where=str(path)) from None


def read_secret(path: Path, *, file: str | None, variable: str | None, keys: tuple[str, str]) -> Secret:
    """A secret out of the file or the environment variable that the settings name.

    Args:
        path: the settings file; a relative name is beside it.
        file: the name of a file.
        variable: the name of an environment variable.
        keys: how the settings call these two.

    Raises:
        SourceError: neither or both are named, it is not there, others may read it, or it is no such thing.
    """
    if (file is None) == (variable is None):
        got = "no secret is named" if file is None else "two secrets are named"
        raise SourceError(got, expected=" or ".join(keys), cure="name a file that only you may read", where=str(path))
    if file is not None:
        place = path.parent / file
        text = read_private_file(place).decode("utf-8", "replace").strip()
        what = str(place)
    else:
        text = os.environ.get(variable or "", "").strip()
        what = f"the environment variable {printable(variable or '')}"
    if not _HEADER_SAFE.fullmatch(text):
        got = "is empty or not set" if not text else "is not one line of ASCII without spaces"
        raise SourceError(f"{what} {got}", expected="the secret alone")
    return Secret(text)


def read_private_file(path: Path) -> bytes:
    """A small file with a secret in it.

    Raises:
        SourceError: it can't be read, is too large, or everybody may read it.
    """
    content, mode = _content(path)
    if sys.platform != "win32" and mode & _OTHERS_MAY_READ:
        raise SourceError(f"everybody may read {path}", expected="a file for its owner", cure=f"chmod 600 {path}")
    return content


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL, in one spelling.

    Raises:
        SourceError: not an absolute URL; neither https nor plain http on loopback; or it holds a user name.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
        parts = urlsplit("")
    if not host or not parts.scheme or parts.username is not None or parts.password is not None or not url.isascii():
        raise SourceError(f"{printable(url, 80)!r} is no URL of a manager", expected="https://HOST")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise SourceError(
            f"{parts.scheme}://{printable(host)} is not encrypted", expected="https; plain http on loopback only"
        )
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}:{port or (443 if parts.scheme == 'https' else 80)}"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine and can't be another."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _base(url: str) -> str:
    """A URL that paths are put behind."""
    origin_of(url)
    parts = urlsplit(url)
    if parts.query or parts.fragment:
        raise SourceError(f"{printable(url, 80)!r} has more than a host and a path", expected="https://HOST/PATH")
    return url.rstrip("/")


def _content(path: Path) -> tuple[bytes, int]:
    """A small file, and its mode."""
    try:
        with path.open("rb") as file:
            content, mode = file.read(_MOST_BYTES + 1), os.fstat(file.fileno()).st_mode
    except OSError as exc:
        raise SourceError(f"{path} can't be read: {exc.strerror}", cure="docs/mdm.md says what stands in it") from None
    if len(content) > _MOST_BYTES:
        raise SourceError(f"{path} is larger than {_MOST_BYTES} bytes", expected="a small text file")
    return content, mode
