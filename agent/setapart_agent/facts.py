"""What parsers find, before disclosure decides what may leave the device.

Apps, profiles, links, enforcement and coverage are the evidence's own types. Devices and accounts hold more here: the
serial and the address, which never leave in clear.
"""

import re
from collections.abc import Iterable, Mapping

from msgspec import Struct, field, structs

from setapart_evidence.model import App, Coverage, Enforcement, FormFactor, Link, Platform, Profile, Service

# Letters of any script, digits, and of ASCII's signs only those that names of hosts have.
_NAME = re.compile(r"[^\x00-\x2c\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x7f\s]++")


class DeviceFacts(Struct, frozen=True, kw_only=True):
    """What one file or command tells of the machine; `None` where it tells nothing. `serial` stays on the device."""

    platform: Platform | None = None
    os_version: str | None = None
    os_api_level: int | None = None
    patch_level: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    form_factor: FormFactor | None = None
    serial: str | None = None
    boot_time: str | None = None


class AccountFact(Struct, frozen=True, kw_only=True):
    """An account with its address, which stays here; `domain` is the address's unless a file says otherwise."""

    profile: str
    type: str
    client: str | None = None
    services: tuple[Service, ...] = ()
    address: str | None = None
    domain: str | None = None
    host: str | None = None
    tenant: str | None = None
    enabled: bool | None = None


class Facts(Struct, frozen=True, kw_only=True):
    """What one or more parsers found."""

    device: DeviceFacts = DeviceFacts()
    profiles: tuple[Profile, ...] = ()
    apps: tuple[App, ...] = ()
    accounts: tuple[AccountFact, ...] = ()
    links: tuple[Link, ...] = ()
    enforcement: tuple[Enforcement, ...] = ()
    coverage: tuple[Coverage, ...] = ()


class FileSet(Struct, frozen=True, kw_only=True):
    """What a parser is given: bytes by role, and rows by query where a role is an sqlite database.

    Attributes:
        files: role to content; the role `main` is the file that the parser is named for.
        rows: query name to rows, for parsers that declare `QUERIES`.
        profile: the profile that the facts belong to.
        path: where the main file stood; some formats say things by their path. May be empty.
    """

    files: Mapping[str, bytes]
    rows: Mapping[str, tuple[tuple[object, ...], ...]] = field(default_factory=dict)
    profile: str = "unknown"
    path: str = ""

    @property
    def main(self) -> bytes:
        """The content of the role `main`, empty where there is none."""
        return self.files.get("main", b"")


def unite(parts: Iterable[Facts]) -> Facts:
    """All facts of all parts, each once, in order of appearance; the first part that knows a device value wins."""
    found = tuple(parts)
    device: dict[str, object] = {}
    for part in found:
        for name in DeviceFacts.__struct_fields__:
            value = getattr(part.device, name)
            if value is not None:
                device.setdefault(name, value)
    return Facts(
        device=structs.replace(DeviceFacts(), **device),
        profiles=tuple(dict.fromkeys(item for part in found for item in part.profiles)),
        apps=tuple(dict.fromkeys(item for part in found for item in part.apps)),
        accounts=tuple(dict.fromkeys(item for part in found for item in part.accounts)),
        links=tuple(dict.fromkeys(item for part in found for item in part.links)),
        enforcement=tuple(dict.fromkeys(item for part in found for item in part.enforcement)),
        coverage=tuple(dict.fromkeys(item for part in found for item in part.coverage)),
    )


def domain_of(address: str | None) -> str | None:
    """The domain of a mail address or user principal name, lower case and without a final dot.

    `None` where there is none that could be one: of a masked address (`j***@***.com`) nobody knows whose it is.
    """
    if not address or "@" not in address:
        return None
    domain = address.rpartition("@")[2].strip().strip(".>").lower()
    return domain if _NAME.fullmatch(domain) else None


def host_of(url: str | None) -> str | None:
    """The host of a URL or of `host:port`, lower case, or `None`; IPv6 literals come without brackets.

    Quotes around it, and whatever follows the first sign that no host name has, are left out.
    """
    if not url:
        return None
    rest = url.partition("://")[2] or url
    for stop in "/?#":
        rest = rest.partition(stop)[0]
    rest = rest.rpartition("@")[2].strip()
    if rest.startswith("["):
        return rest[1:].partition("]")[0].strip().lower() or None
    found = _NAME.match(rest.partition(":")[0].lstrip("\"' \\"))
    return (found[0].strip(".").lower() or None) if found else None


def text(raw: bytes) -> str:
    """Decodes a file of a foreign device: UTF-8, or UTF-16 with a byte-order mark; what is invalid becomes U+FFFD."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace")
    return raw.decode("utf-8-sig", "replace")
