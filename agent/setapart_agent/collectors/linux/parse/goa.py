"""GNOME Online Accounts: `~/.config/goa-1.0/accounts.conf`, under the restrictions of `/etc/goa.conf`.

Format: gnome-online-accounts, doc/configuration.md, and the providers below src/goabackend. `IsLocked` only keeps the
user from removing an account that an administrator set up.
"""

from setapart_agent.collectors.desktop.parse.account import accounts, mailbox
from setapart_agent.collectors.desktop.parse.sections import Section, Sections, sections, words
from setapart_agent.errors import ParseError
from setapart_agent.facts import AccountFact, Facts, FileSet, domain_of, host_of
from setapart_evidence.model import Link, Service
from setapart_evidence.statement import Maturity

KIND = "linux.goa"
MATURITY: Maturity = "real-hardware"
RESTRICTIONS = "goa.conf"
"""The role of `/etc/goa.conf`."""

_GROUP = "Account "
_KEYS: dict[Service, tuple[str, ...]] = {
    "mail": ("MailEnabled",),
    "calendar": ("CalendarEnabled",),
    "contacts": ("ContactsEnabled",),
    "files": ("FilesEnabled", "DocumentsEnabled"),
}
_OFFERS: dict[str, tuple[Service, ...]] = {
    "google": ("mail", "calendar", "contacts", "files"),
    "ms_graph": ("mail", "calendar", "contacts", "files"),
    "ms365": ("mail", "calendar", "contacts", "files"),
    "exchange": ("mail", "calendar", "contacts"),
    "windows_live": ("mail", "files"),
    "yahoo": ("mail",),
    "imap_smtp": ("mail",),
    "owncloud": ("calendar", "contacts", "files"),
    "webdav": ("calendar", "contacts", "files"),
    "kerberos": ("directory",),
    "fedora": ("directory",),
}
_USERS = ("EmailAddress", "PresentationIdentity", "Identity", "ImapUserName", "SmtpUserName")
_REALMS = frozenset({"kerberos", "fedora"})


def recognise(name: str, content: bytes) -> bool:
    """By its groups: they are named like nobody else's."""
    name = name.rpartition("/")[2]
    return b"[Account account_" in content or (name == "accounts.conf" and b"PresentationIdentity=" in content)


def parse(files: FileSet) -> Facts:
    """The accounts, and the Kerberos realms among them as links.

    Roles: `main` is accounts.conf; `goa.conf` the restrictions. A missing `…Enabled` key means that the provider's
    default holds, which is on.

    Raises:
        ParseError: no account group, though there is content.
    """
    found = sections(files.main)
    restrictions = sections(files.files.get(RESTRICTIONS, b""))
    groups = [group for group in found.united() if group.name.startswith(_GROUP)]
    if found.all and not groups:
        raise ParseError("no [Account …] group", expected="GNOME Online Accounts' accounts.conf")
    made_accounts: list[AccountFact] = []
    links: list[Link] = []
    for group in groups:
        provider = group.get("Provider")
        if provider is None:
            continue  # goa-daemon drops such a group
        made = _accounts(group, provider, restrictions, files.profile)
        made_accounts += made
        links += _links(group, provider, made[0], files.profile)
    return Facts(accounts=tuple(made_accounts), links=tuple(links))


def _accounts(group: Section, provider: str, restrictions: Sections, profile: str) -> tuple[AccountFact, ...]:
    servers = dict.fromkeys(
        host for key in ("CalDavUri", "CardDavUri", "Host", "ImapHost", "Uri") if (host := host_of(group.get(key)))
    )
    services, enabled = _services(group, provider, restrictions)
    users = [found for key in _USERS if (found := mailbox(group.get(key)))]
    # Servers below the address's own domain are one organisation's: they are one account.
    domain = domain_of(users[0]) if users else None
    one = domain is not None and all(server == domain or server.endswith(f".{domain}") for server in servers)
    shown = list(servers)[:1] if one else servers
    return accounts(profile, f"goa:{provider}", services, users=users, servers=shown, enabled=enabled)


def _services(group: Section, provider: str, restrictions: Sections) -> tuple[tuple[Service, ...], bool | None]:
    """What is switched on; if nothing is, what the provider offers, and False."""
    offered = _OFFERS.get(provider) or tuple(service for service, keys in _KEYS.items() if group.get(*keys) is not None)
    if not _allowed(provider, restrictions):
        return offered, False
    switches = {service: _switch(group, provider, service) for service in offered}
    on = tuple(
        service
        for service, switch in switches.items()
        if switch is not False and _permitted(provider, service, restrictions)
    )
    if offered and not on:
        return offered, False
    return on, True if True in switches.values() else None


def _switch(group: Section, provider: str, service: Service) -> bool | None:
    if provider == "imap_smtp":
        return group.flag("Enabled")
    if service == "directory":
        return group.flag("TicketingEnabled")
    said = [group.flag(key) for key in _KEYS[service]]
    return True if True in said else False if False in said else None


def _allowed(provider: str, restrictions: Sections) -> bool:
    rules = restrictions.named("providers").values
    if rules.get("disable"):
        return provider not in words(rules["disable"])
    listed = words(rules.get("enable"))
    return not listed or "all" in listed or provider in listed


def _permitted(provider: str, service: Service, restrictions: Sections) -> bool:
    feature = "ticketing" if service == "directory" else service
    own = restrictions.named(provider).flag(feature)
    return (restrictions.named("all").flag(feature) if own is None else own) is not False


def _links(group: Section, provider: str, made: AccountFact, profile: str) -> list[Link]:
    """The realm of a ticket; and a file server of its own beside the calendar's."""
    if provider in _REALMS:
        realm = domain_of(group.get("Identity")) or made.domain
        return [Link(kind="kerberos", target=realm, profile=profile)] if made.enabled is not False else []
    files = host_of(group.get("Uri"))
    if files and files != made.host and "files" in made.services and made.enabled is not False:
        return [Link(kind="file-share", target=files, profile=profile)]
    return []
