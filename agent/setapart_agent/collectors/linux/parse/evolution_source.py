"""Evolution: `~/.config/evolution/sources/*.source`, one key file per mail account, calendar, address book or identity.

Format: evolution-data-server, ESource and its extensions (src/libedataserver/e-source-*.c). A child of a collection
takes server and user from it (e-source-collection.c). The builtin stubs on every machine have no remote backend.
"""

from msgspec import Struct

from setapart_agent.collectors.desktop.parse.account import accounts, address_in, mailbox
from setapart_agent.collectors.desktop.parse.sections import Section, Sections, sections
from setapart_agent.errors import ParseError
from setapart_agent.facts import AccountFact, Facts, FileSet
from setapart_evidence.model import Service
from setapart_evidence.statement import Maturity

KIND = "linux.evolution-source"
MATURITY: Maturity = "real-hardware"

_LOCAL = frozenset(
    {
        "", "local", "contacts", "weather", "maildir", "mbox", "mh", "spool", "spooldir", "vfolder", "none", "sendmail",
        "rss", "nntp", "file", "vcf",
    }
)  # fmt: skip
_KINDS: dict[str, Service] = {
    "Mail Account": "mail",
    "Calendar": "calendar",
    "Task List": "calendar",
    "Memo List": "calendar",
    "Address Book": "contacts",
}
_COLLECTIONS: dict[str, tuple[Service, ...]] = {"webdav": ("calendar", "contacts")}
"""What a backend of collections reaches, where that is less than its switches say: GNOME leaves all of them on."""

_SWITCHES: dict[Service, str] = {"mail": "MailEnabled", "calendar": "CalendarEnabled", "contacts": "ContactsEnabled"}
_ANY_TENANT = frozenset({"common", "organizations", "consumers"})


def recognise(name: str, content: bytes) -> bool:
    """By its first group, which no desktop entry has."""
    return b"[Data Source]" in content or name.endswith(".source")


def related(content: bytes) -> tuple[str | None, str | None]:
    """The names, without `.source`, of the parent and of the mail identity that a source refers to.

    Raises:
        ParseError: not a key file.
    """
    found = sections(content)
    return found.named("Data Source").get("Parent"), found.named("Mail Account").get("IdentityUid")


def parse(files: FileSet) -> Facts:
    """The account that one source is, if it is one.

    Roles: `main`; `parent`, the source of the collection; `identity`, the source of the mail identity.

    Raises:
        ParseError: not a source.
    """
    found = sections(files.main)
    if not found.has("Data Source"):
        raise ParseError("no [Data Source] group", expected="an Evolution .source file")
    parent = sections(files.files.get("parent", b""))
    identity = sections(files.files.get("identity", b"")).named("Mail Identity")
    source = _Source(found=found, parent=parent, identity=identity)
    made: list[AccountFact] = []
    for group, service in _KINDS.items():
        backend = found.named(group).get("BackendName") or ""
        if backend not in _LOCAL:
            reach: tuple[Service, ...] = (service, "directory") if backend == "ldap" else (service,)
            made += source.accounts(files.profile, backend, reach, enabled=_enabled(found, parent, reach))
    collection = found.named("Collection")
    backend = collection.get("BackendName") or ""
    if found.has("Collection") and backend not in _LOCAL:
        offered = _COLLECTIONS.get(backend) or tuple(_SWITCHES)
        on = tuple(service for service in offered if collection.flag(_SWITCHES[service]) is not False)
        enabled = _enabled(found, parent, on) if on else False
        made += source.accounts(files.profile, backend, on or offered, enabled=enabled)
    return Facts(accounts=tuple(dict.fromkeys(made)))


class _Source(Struct, frozen=True, kw_only=True):
    found: Sections
    parent: Sections
    identity: Section

    def accounts(
        self, profile: str, backend: str, services: tuple[Service, ...], *, enabled: bool | None
    ) -> tuple[AccountFact, ...]:
        """The source as accounts; what it does not say itself is its collection's."""
        both = (self.found, self.parent)
        addresses = (self.identity.get("Address"), *map(_address, both), *map(_path_address, both))
        users = (source.named("Authentication").get("User") for source in both)
        return accounts(
            profile,
            f"evolution:{backend}",
            services,
            users=(*map(mailbox, addresses), next(filter(None, users), None)),
            servers=(next(filter(None, map(_server, both)), None),),
            tenant=next(filter(None, map(_tenant, both)), None),
            enabled=enabled,
        )


def _address(source: Sections) -> str | None:
    """What the source itself calls its address."""
    places = (
        source.named("GNOME Online Accounts").get("Address"),
        *(section.get("Email") for section in source if section.name.endswith(" Backend")),
        source.named("WebDAV Backend").get("EmailAddress"),
        source.named("Collection").get("Identity"),
        source.named("Authentication").get("User"),
    )
    return next(filter(None, map(mailbox, places)), None)


def _path_address(source: Sections) -> str | None:
    backend = source.named("WebDAV Backend")
    return address_in(backend.get("SoupUri")) or address_in(backend.get("ResourcePath"))


def _server(source: Sections) -> str | None:
    """The server: named outright, or in a URL of the backend."""
    host = source.named("Authentication").get("Host")
    if host:
        return host
    for section in source:
        if section.name.endswith(" Backend"):
            url = section.get("HostUrl", "SoupUri", "OabUrl", "Uri")
            if url and not url.startswith("file:"):
                return url
    places = (
        source.named(group).get("CalendarUrl", "ContactsUrl") for group in ("Collection", "GNOME Online Accounts")
    )
    return next(filter(None, places), None)


def _tenant(source: Sections) -> str | None:
    for section in source:
        tenant = section.get("Oauth2Tenant") if section.name.endswith(" Backend") else None
        if tenant and tenant.lower() not in _ANY_TENANT:
            return tenant.lower()
    return None


def _enabled(found: Sections, parent: Sections, services: tuple[Service, ...]) -> bool | None:
    """Off where the source, its collection, or this service of the collection is off."""
    own = found.named("Data Source").flag("Enabled")
    collection = parent.named("Collection")
    switches = [own, parent.named("Data Source").flag("Enabled")]
    if parent.has("Collection"):
        switches += [collection.flag(_SWITCHES[service]) for service in services if service in _SWITCHES]
    return False if False in switches else own
