"""The accounts of a system: Accounts3.sqlite of iOS and Accounts4.sqlite of macOS, both written by accountsd.

Core Data: ZACCOUNT holds the accounts, ZACCOUNTTYPE the types that the system knows (about fifty on every device, none
of which is an account), ZACCOUNTPROPERTY keys and values per account. What is switched on in an account is a row of the
join table `Z_<n>ENABLEDDATACLASSES`, whose numbers differ from version to version; what it could do
(`…PROVISIONEDDATACLASSES`) is not that. Names and values are archives of NSKeyedArchiver, or plain text. A Google or
iCloud account has children (CalDAV, CardDAV, IMAPMail …) that know the servers and seldom a user name.
Read from real databases of iOS 13 and 15; macOS's has the same tables.
"""

import re
from collections.abc import Iterator, Mapping
from functools import partial

from msgspec import Struct, structs

from setapart_agent.collectors.apple.parse.account_types import (
    APPLE_ACCOUNT,
    APPLE_IDENTITIES,
    DATA_CLASSES,
    MANAGED,
    MANY_TENANTS,
    NO_ACCOUNT,
    SERVICES,
    SINGLE_SIGN_ON,
)
from setapart_agent.collectors.apple.parse.keyed_archive import is_keyed_archive, unarchive
from setapart_agent.collectors.apple.parse.server import organisations
from setapart_agent.collectors.desktop.parse.account import SERVICES as ORDER
from setapart_agent.errors import ParseError
from setapart_agent.facts import AccountFact, Facts, FileSet, domain_of, host_of
from setapart_evidence.model import Coverage, Link, Service

_COLUMNS = ("Z_PK", "ZACCOUNTTYPE", "ZPARENTACCOUNT", "ZACTIVE", "ZUSERNAME")
_ENABLED = re.compile(r"Z_\d{1,5}ENABLEDDATACLASSES")
_ENABLED_ACCOUNT = re.compile(r"Z_\d{1,5}ENABLEDACCOUNTS\d*")
_ENABLED_CLASS = re.compile(r"Z_\d{1,5}ENABLEDDATACLASSES\d*")
_HEADER = b"SQLite format 3\x00"
_MOST_VALUES = 50_000
_MOST_JOINS = 16
_LONGEST_VALUE = 256 * 1024
_DEEPEST = 8
_HOSTS = (
    "DAAccountHost", "Hostname", "hostname", "ServerHostname", "HostName", "Host", "ExchangeServer",
    "ExternalHostname", "externalHostname", "serverURL", "ServerURL",
)  # fmt: skip
_ADDRESSES = (
    "EmailAddress", "EmailAddresses", "emailAddress", "emailAddresses", "DAAccountEmailAddress", "primaryEmail",
    "email-address", "appleId", "apple-id", "Username", "DAAccountUsername", "FullUserPrincipalName",
)  # fmt: skip
_MAILBOXES = (
    "EmailAddress", "EmailAddresses", "EmailAliases", "emailAddress", "emailAddresses", "DAAccountEmailAddress",
)  # fmt: skip
"""What iOS itself takes for an account's addresses; aliases are dictionaries with `EmailAddresses` of their own."""
_MOST_ADDRESSES = 1_000
_BY_URL = frozenset({"com.apple.account.SubscribedCalendar", "com.apple.account.PublishedCalendar"})
_TENANTS = ("tenantID", "TenantID", "tenantId", "TenantId")
_REALMS = ("realm", "Realm", "KerberosRealm", "kerberosRealm")

Schema = Mapping[str, tuple[str, ...]]


class _Row(Struct, frozen=True, kw_only=True):
    """One row of ZACCOUNT with what belongs to it; `classes` is None where no table tells what is switched on."""

    number: object
    type: str
    parent: object
    active: bool
    user: str | None
    classes: frozenset[str] | None
    properties: Mapping[str, object]
    children: tuple["_Row", ...] = ()

    @property
    def family(self) -> tuple["_Row", ...]:
        """The account and its children."""
        return (self, *self.children)


def recognise(content: bytes) -> bool:
    """Whether this is a database with tables of accounts; its first pages hold the schema."""
    return content.startswith(_HEADER) and b"ZACCOUNTTYPE" in content[: 1024 * 1024] and b"ZACCOUNT " in content


def queries(schema: Schema) -> dict[str, str]:
    """SQL for the tables that this version of the database has."""
    found = {}
    if "ZACCOUNT" in schema and "ZACCOUNTTYPE" in schema:
        chosen = (f'"{name}"' if name in schema["ZACCOUNT"] else "NULL" for name in _COLUMNS)
        found["accounts"] = f"SELECT {', '.join(chosen)} FROM ZACCOUNT"  # noqa: S608 - names of our own
        found["types"] = "SELECT Z_PK, ZIDENTIFIER FROM ZACCOUNTTYPE"
    if "ZDATACLASS" in schema:
        found["classes"] = "SELECT Z_PK, ZNAME FROM ZDATACLASS"
    if "ZACCOUNTPROPERTY" in schema:
        keys = ", ".join(f"'{key}'" for key in (*_HOSTS, *_ADDRESSES, *_MAILBOXES, *_TENANTS, *_REALMS))
        found["properties"] = (
            "SELECT ZOWNER, ZKEY, ZVALUE FROM ZACCOUNTPROPERTY "  # noqa: S608 - names of our own
            f"WHERE (ZKEY IN ({keys}) OR ZKEY LIKE '%URL') AND length(ZVALUE) <= {_LONGEST_VALUE} LIMIT {_MOST_VALUES}"
        )
    joins = []
    for table, columns in schema.items():
        account = next((name for name in columns if _ENABLED_ACCOUNT.fullmatch(name)), None)
        data_class = next((name for name in columns if _ENABLED_CLASS.fullmatch(name)), None)
        if _ENABLED.fullmatch(table) and account and data_class:
            joins.append(f'SELECT "{account}", "{data_class}" FROM "{table}"')  # noqa: S608 - matched above
    if joins:
        found["enabled"] = " UNION ALL ".join(joins[:_MOST_JOINS])
    return found


def facts_of(files: FileSet) -> Facts:
    """The accounts, and what of them is a link: device management, single sign-on.

    Raises:
        ParseError: the tables are not there.
    """
    if "accounts" not in files.rows or "types" not in files.rows:
        raise ParseError("no table of accounts", expected="Accounts3.sqlite or Accounts4.sqlite")
    profile = files.profile
    accounts: list[AccountFact] = []
    links: list[Link] = []
    apple: list[_Row] = []
    for row in _top_rows(files):
        if row.type in MANAGED or row.type in SINGLE_SIGN_ON:
            links.append(_link(row, profile))
        elif row.type in APPLE_IDENTITIES:
            apple.append(row)
        elif row.type not in NO_ACCOUNT:
            accounts += (one for one in _accounts(row, profile) if row.user or not _is_blank(one))
    accounts += _identities(apple, accounts, profile)
    return Facts(
        accounts=tuple(dict.fromkeys(accounts)),
        links=tuple(dict.fromkeys(links)),
        coverage=tuple(_damage(files)),
    )


def types_of(files: FileSet) -> Mapping[str, int]:
    """How many rows of each type there are: what com.apple.accounts.exists.plist counts."""
    names = {number: name for number, name in files.rows.get("types", ()) if isinstance(name, str)}
    counts: dict[str, int] = {}
    for row in files.rows.get("accounts", ()):
        kind = names.get(row[1])
        if kind is not None:
            counts[kind] = counts.get(kind, 0) + 1
    return counts


def _damage(files: FileSet) -> list[Coverage]:
    """What the database should have and has not: then there may be more than was found."""
    reasons = []
    if "enabled" not in files.rows or "classes" not in files.rows:
        reasons.append("the database does not tell what is switched on")
    named = {number for number, name in files.rows.get("classes", ()) if isinstance(_value(name), str)}
    if any(data_class not in named for _, data_class in files.rows.get("enabled", ())):
        reasons.append("something is switched on whose name can't be read")
    known = {number for number, _ in files.rows["types"]}
    if any(row[1] not in known for row in files.rows["accounts"]):
        reasons.append("an account without a known type")
    if len(files.rows.get("properties", ())) >= _MOST_VALUES:
        reasons.append("more properties of accounts than are read")
    return [
        Coverage(section="accounts", profile=files.profile, collector="apple.accounts", status="partial", reason=reason)
        for reason in reasons
    ]


def _top_rows(files: FileSet) -> list[_Row]:
    """The accounts that are nobody's child, with all below them as children."""
    types = {number: name for number, name in files.rows["types"] if isinstance(name, str)}
    classes = {number: str(_value(name) or "") for number, name in files.rows.get("classes", ())}
    told = "enabled" in files.rows and "classes" in files.rows
    enabled: dict[object, set[str]] = {}
    for account, data_class in files.rows.get("enabled", ()):
        enabled.setdefault(account, set()).add(classes.get(data_class, ""))
    properties: dict[object, dict[str, object]] = {}
    for owner, key, raw in files.rows.get("properties", ()):
        if isinstance(key, str) and (value := _value(raw)) is not None:
            properties.setdefault(owner, {})[key] = value
    rows = {
        number: _Row(
            number=number,
            type=types.get(kind, "unknown"),
            parent=parent,
            active=active != 0,
            user=user if isinstance(user, str) and user else None,
            classes=frozenset(enabled.get(number, ())) if told else None,
            properties=properties.get(number, {}),
        )
        for number, kind, parent, active, user in files.rows["accounts"]
    }
    children: dict[object, list[_Row]] = {}
    for row in rows.values():
        top = _top(row, rows)
        if top is not row:
            children.setdefault(top.number, []).append(row)
    return [
        structs.replace(row, children=tuple(children.get(row.number, ())))
        for row in rows.values()
        if _top(row, rows) is row
    ]


def _top(row: _Row, rows: Mapping[object, _Row]) -> _Row:
    """The account that a row belongs to in the end. Rows that are each other's parents are on their own."""
    at = row
    for _ in range(_DEEPEST):
        above = rows.get(at.parent) if at.parent is not None else None
        if above is None or above is at:
            return at
        at = above
    return row


def _value(raw: object) -> object:
    """A name or value: an archive, or what stands there."""
    if not isinstance(raw, bytes):
        return raw
    if not is_keyed_archive(raw):
        return raw.decode("utf-8", "replace")
    try:
        return unarchive(raw)
    except ParseError:
        return None


def _accounts(row: _Row, profile: str) -> list[AccountFact]:
    """One account, or one per organisation whose servers its parts name or whose addresses it has."""
    services, enabled = _services(row)
    address, *others = _addresses(row) or (None,)
    tenant = _property(row, _TENANTS)
    make = partial(
        AccountFact,
        profile=profile,
        type=row.type,
        services=services,
        tenant=tenant.lower() if tenant else None,
        enabled=enabled,
    )
    hosts: tuple[str | None, ...] = _hosts(row)
    if address is None:
        hosts = tuple(host for host in hosts if not _shared(host or ""))
    hosts = hosts or (None,)
    found = [make(address=address, domain=domain_of(address), host=host) for host in hosts]
    return found + [make(address=other, domain=domain_of(other), host=hosts[0]) for other in others]


def _is_blank(account: AccountFact) -> bool:
    """Whether nobody is signed in and nothing is reached: newer systems add rows of types that are not listed here."""
    told = (account.services, account.address, account.host, account.tenant)
    return account.type not in SERVICES and not any(told)


def _services(row: _Row) -> tuple[tuple[Service, ...], bool | None]:
    """What is switched on; if nothing at all is, what the type offers, and False."""
    offered = SERVICES.get(row.type, ())
    active = [one for one in row.family if one.active] if row.active else []
    classes = frozenset().union(*(one.classes or () for one in active))
    on = {DATA_CLASSES[name] for name in classes if name in DATA_CLASSES}
    # A mailbox below an account is one that is used, whatever the account itself says.
    on |= {
        service
        for one in active[1:]
        for service in SERVICES.get(one.type, ())
        if not one.classes and (service == "mail" or not classes)
    }
    if not active:
        return offered, False
    if row.classes is None:
        return tuple(one for one in ORDER if one in on or one in offered), None
    if not classes and not on and offered:
        return offered, False
    return tuple(one for one in ORDER if one in on), True


def _identities(rows: list[_Row], accounts: list[AccountFact], profile: str) -> list[AccountFact]:
    """Apple Accounts that are signed in to the App Store, iMessage or the like, and not to iCloud."""
    known = {(account.address or "").lower() for account in accounts if account.type == APPLE_ACCOUNT}
    found = []
    for row in sorted(rows, key=lambda one: APPLE_IDENTITIES.index(one.type)):
        address = _first_address(row)
        if row.active and address is not None and address.lower() not in known:
            known.add(address.lower())
            domain = domain_of(address)
            found.append(AccountFact(profile=profile, type=row.type, address=address, domain=domain, enabled=True))
    return found


def _link(row: _Row, profile: str) -> Link:
    realm = _property(row, _REALMS)
    hosts = _hosts(row)
    domain = domain_of(_first_address(row))
    if row.type in MANAGED:
        return Link(kind="mdm", target=hosts[0] if hosts else domain, profile=profile)
    return Link(kind="sso", target=realm or domain or (hosts[0] if hosts else None), profile=profile)


def _addresses(row: _Row) -> tuple[str, ...]:
    """One address for each domain that an account has: what it signs in with, and mailboxes of other domains.

    Mailboxes of an Apple Account are iCloud's, whatever its user signs in with.
    """
    first = _first_address(row)
    if first is None or row.type == APPLE_ACCOUNT:
        return () if first is None else (first,)
    found = {domain_of(first): first}
    for one in row.family:
        for text in _texts(one, _MAILBOXES):
            if (domain := domain_of(text)) is not None:
                found.setdefault(domain, text.strip())
    return tuple(found.values())


def _first_address(row: _Row) -> str | None:
    """The account's address: the user name if it is one, else what its properties or children say."""
    for one in row.family:
        for candidate in (one.user, *_texts(one, _ADDRESSES)):
            if candidate is not None and domain_of(candidate) is not None:
                return candidate.strip()
    return None


def _texts(row: _Row, keys: tuple[str, ...]) -> Iterator[str]:
    """The texts of these properties, out of lists and dictionaries, whose keys count as well."""
    waiting: list[object] = [row.properties.get(key) for key in reversed(keys)]
    for _ in range(_MOST_ADDRESSES):
        if not waiting:
            return
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting += (*one.values(), *reversed(one))
        elif isinstance(one, list):
            waiting += reversed(one)


def _property(row: _Row, keys: tuple[str, ...]) -> str | None:
    return next(
        (value for one in row.family for key in keys if isinstance(value := one.properties.get(key), str) and value),
        None,
    )


def _hosts(row: _Row) -> tuple[str, ...]:
    """The servers of an account and its children, one for each organisation."""
    found: list[str | None] = []
    for one in row.family:
        named = [one.properties.get(key) for key in _HOSTS]
        if one.type in _BY_URL:
            named += [value for key, value in sorted(one.properties.items()) if key.endswith("URL")]
        found += (host_of(value) for value in named if isinstance(value, str))
    return organisations(host for host in found if host)


def _shared(host: str) -> bool:
    return any(host == shared or host.endswith(f".{shared}") for shared in MANY_TENANTS)
