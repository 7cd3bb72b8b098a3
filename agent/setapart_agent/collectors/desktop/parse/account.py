"""How parsers of desktop systems make an account: from what a program calls user and server."""

from collections.abc import Callable, Iterable

from setapart_agent.facts import AccountFact, domain_of, host_of
from setapart_evidence.model import Service

SERVICES: tuple[Service, ...] = ("mail", "calendar", "contacts", "files", "directory")


def account(
    profile: str,
    kind: str,
    services: Iterable[Service],
    *,
    user: str | None = None,
    server: str | None = None,
    tenant: str | None = None,
    enabled: bool | None = None,
) -> AccountFact:
    """An account.

    Args:
        profile: the profile that has it.
        kind: `<client>:<protocol>`.
        services: what it reaches, in any order.
        user: the mail address or login name; an address only if it looks like one.
        server: a host, `host:port` or URL.
        tenant: the organisation's tenant at a cloud provider.
        enabled: False where it is switched off, None where the file does not say.
    """
    known = user if domain_of(user) is not None else None
    reach = set(services)
    return AccountFact(
        profile=profile,
        type=kind,
        client=kind.partition(":")[0],
        services=tuple(service for service in SERVICES if service in reach),
        address=known,
        domain=domain_of(known),
        host=host_of(server),
        tenant=tenant or None,
        enabled=enabled,
    )


def accounts(
    profile: str,
    kind: str,
    services: Iterable[Service],
    *,
    users: Iterable[str | None],
    servers: Iterable[str | None] = (None,),
    tenant: str | None = None,
    enabled: bool | None = None,
) -> tuple[AccountFact, ...]:
    """An account that has several names or servers: one for each organisation that they name.

    A sender's address is whatever its holder typed; the login name and each server may be another organisation's.

    Args:
        profile: the profile that has it.
        kind: `<client>:<protocol>`.
        services: what it reaches, in any order.
        users: mail addresses and login names, the most telling first.
        servers: hosts, `host:port` or URLs.
        tenant: the organisation's tenant at a cloud provider.
        enabled: False where it is switched off, None where the file does not say.
    """
    names = _unlike(domain_of, users)
    names = tuple(one for one in names if domain_of(one) is not None) or names[:1]
    reach = tuple(services)
    return tuple(
        account(profile, kind, reach, user=name, server=server, tenant=tenant, enabled=enabled)
        for name in names
        for server in _unlike(host_of, servers)
    )


def _unlike(whose: Callable[[str | None], str | None], values: Iterable[str | None]) -> tuple[str | None, ...]:
    """The first value of each owner, `(None,)` where there is no value."""
    found: dict[str | None, str] = {}
    for value in values:
        if value is not None:
            found.setdefault(whose(value), value)
    return tuple(found.values()) or (None,)


def mailbox(value: str | None) -> str | None:
    """The address in `Name <address>`, or in a bare address."""
    if value is None:
        return None
    inner = value.rpartition("<")[2].partition(">")[0] if "<" in value else value
    inner = inner.strip().strip("\"'")
    return inner if domain_of(inner) is not None else None


def user_of(url: str | None) -> str | None:
    """The user name in a URL, decoded, or `None`."""
    from urllib.parse import unquote

    if not url or "://" not in url:
        return None
    authority = url.partition("://")[2]
    for stop in "/?#":
        authority = authority.partition(stop)[0]
    user = authority.rpartition("@")[0].partition(":")[0]
    return unquote(user, errors="replace") or None


def address_in(url: str | None) -> str | None:
    """An address that is a part of a URL's path, as in Google's `/caldav/v2/<address>/events`, or `None`."""
    from urllib.parse import unquote

    rest = (url or "").partition("://")[2] or (url or "")
    for part in rest.partition("?")[0].split("/")[1:]:
        name = unquote(part, errors="replace")
        if name.count("@") == 1 and not name.startswith("@") and domain_of(name) is not None:
            return name
    return None
