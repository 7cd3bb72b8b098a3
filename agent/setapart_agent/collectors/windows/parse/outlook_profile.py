r"""Outlook's profiles: every account of every profile, for Outlook 97 to 2021 and Microsoft 365's classic Outlook.

Profiles stand in `Software\Microsoft\Office\<version>\Outlook\Profiles` since 2013 and in `…\Windows Messaging
Subsystem\Profiles` before. A profile's accounts are the subkeys of `9375CFF0413111d3B88A00104B2A6676`; texts are REG_SZ
or bytes of UTF-16. Account classes: Microsoft, Outlook Developer reference, "Constants (Account management API)":
CLSID_OlkPOP3Account, CLSID_OlkIMAP4Account, CLSID_OlkMAPIAccount (Exchange, and also address books and data files,
told apart by `Service Name`), CLSID_OlkHotmailAccount, CLSID_OlkLDAPAccount; POP3 and the MAPI services were seen in a
real hive. `{ED475418-…}` is not a class but the category mail: the profile's value of that name lists its accounts.

Names of an Exchange server stand as MAPI properties in other sections of the profile (MFCMAPI's tags:
PR_PROFILE_HOME_SERVER_FQDN 662A, PR_PROFILE_SERVER_FQDN_W 662B, PR_ROH_PROXY_SERVER 6622, PR_PROFILE_HOME_SERVER 6602,
PR_PROFILE_USER_SMTP_EMAIL_ADDRESS_W 6641). AutoDiscover's cache is no account.
"""

import struct
from collections.abc import Iterator

from msgspec import Struct

from setapart_agent.collectors.desktop.parse.account import account, accounts, mailbox
from setapart_agent.collectors.windows.parse.reading import Reading
from setapart_agent.collectors.windows.parse.registry_key import Key
from setapart_agent.facts import AccountFact
from setapart_evidence.model import Service

ACCOUNTS = "9375CFF0413111d3B88A00104B2A6676"
SUBSYSTEMS = (
    r"Microsoft\Windows NT\CurrentVersion\Windows Messaging Subsystem\Profiles",
    r"Microsoft\Windows Messaging Subsystem\Profiles",
)
_OFFICE = r"Microsoft\Office"
_CLASSES = {
    "{ED475411-B0D6-11D2-8C3B-00104B2A6676}": "pop3",
    "{ED475412-B0D6-11D2-8C3B-00104B2A6676}": "imap",
    "{4DB5CBF0-3B77-4852-BC8E-BB81908861F3}": "http",
    "{4DB5CBF2-3B77-4852-BC8E-BB81908861F3}": "ldap",
}
_EXCHANGE = "outlook:exchange"
_MAIL_CATEGORY = "{ED475418-B0D6-11D2-8C3B-00104B2A6676}"
_SERVICES = {"MSEMS": "exchange", "EAS": "eas", "EMABLT": "ldap"}
_NO_ACCOUNTS = frozenset({"CONTAB", "OMSAB", "MSUPST MS", "MSPST MS", "MSPST AB"})
"""Services that are address books and data files."""
_REACH: dict[str, tuple[Service, ...]] = {
    "pop3": ("mail",),
    "imap": ("mail",),
    "http": ("mail", "calendar", "contacts"),
    "ldap": ("contacts", "directory"),
}
_EVERYTHING: tuple[Service, ...] = ("mail", "calendar", "contacts")
_HOSTS = {
    "pop3": ("POP3 Server",),
    "imap": ("IMAP Server",),
    "http": ("HTTP Server URL", "HTTPMail Server"),
    "ldap": ("LDAP Server",),
    "eas": ("EAS Server URL",),
}
_ADDRESSES = ("Email", "SMTP Email Address", "Account Name", "Display Name")
_USERS = ("POP3 User", "POP3 User Name", "IMAP User", "IMAP User Name", "HTTP User", "HTTPMail User Name", "EAS User")
_SERVER_TAGS = ("001f6622", "001f662a", "001f662b", "001e6622", "001e6602", "001e6608")
_SMTP = "SMTP:"
_ADDRESS_TAGS = ("001f6641", "001f663d", "001e6641")


class _Exchange(Struct, frozen=True):
    """What one section of a profile says of an Exchange mailbox."""

    address: str | None
    server: str | None


def read_outlook(reading: Reading, software: Key | None) -> None:
    """The accounts of every profile below a user's key Software."""
    places = [(software, path) for path in SUBSYSTEMS]
    places += [(version, r"Outlook\Profiles") for version in reading.below(software, _OFFICE, "accounts")]
    for base, path in places:
        for profile in reading.below(base, path, "accounts"):
            _profile(reading, profile)


def _profile(reading: Reading, profile: Key) -> None:
    listed = reading.key(profile, ACCOUNTS, "accounts")
    mail: frozenset[int] = frozenset()
    with reading.guard("accounts"):
        mail = _mail_accounts(listed)
    sections: list[_Exchange] = []
    with reading.guard("accounts"):
        sections = _exchange_sections(reading, profile)
    found: list[AccountFact] = []
    for entry in reading.below(profile, ACCOUNTS, "accounts"):
        with reading.guard("accounts"):
            kind = _kind(entry, mail)
            if kind is not None:
                found += _accounts(reading.profile, entry, kind, sections)
    reading.accounts += (*found, *_unlisted(reading.profile, found, sections))


def _unlisted(profile: str, found: list[AccountFact], sections: list[_Exchange]) -> Iterator[AccountFact]:
    """Mailboxes that only the sections know: opened beside one's own, or of a list that is lost."""
    known = {fact.address.lower() for fact in found if fact.address}
    for section in sections:
        if section.address and section.address.lower() not in known:
            known.add(section.address.lower())
            yield account(profile, _EXCHANGE, _EVERYTHING, user=section.address, server=section.server)
    if not known:  # a server alone, of a time when addresses were the server's
        for server in dict.fromkeys(section.server for section in sections if section.server):
            if server is not None and not any(fact.type == _EXCHANGE for fact in found):
                yield account(profile, _EXCHANGE, _EVERYTHING, server=server)


def _mail_accounts(listed: Key | None) -> frozenset[int]:
    """The numbers of the accounts that are for mail."""
    raw = listed.value(_MAIL_CATEGORY) if listed is not None else None
    if not isinstance(raw, bytes):
        return frozenset()
    return frozenset(number for (number,) in struct.iter_unpack("<I", raw[: len(raw) & ~3]))


def _kind(entry: Key, mail: frozenset[int]) -> str | None:
    """What kind of account this is; `None` where it is none."""
    kind = _CLASSES.get((entry.text("clsid") or "").upper())
    if kind is not None:
        return kind
    for kind, names in _HOSTS.items():
        if any(entry.text(name) for name in names):
            return kind
    service = (entry.text("Service Name") or "").upper()
    if service in _SERVICES:
        return _SERVICES[service]
    if service in _NO_ACCOUNTS:
        return None
    addressed = mailbox(entry.text("Email")) or mailbox(entry.text("Account Name"))
    return "mapi" if addressed or _number(entry) in mail else None


def _number(entry: Key) -> int | None:
    try:
        return int(entry.name, 16)
    except ValueError:
        return None


def _accounts(profile: str, entry: Key, kind: str, sections: list[_Exchange]) -> tuple[AccountFact, ...]:
    logins = [found for name in _USERS if (found := mailbox(entry.text(name)))]
    address = next((found for name in _ADDRESSES if (found := mailbox(entry.text(name)))), next(iter(logins), None))
    server = next((found for name in _HOSTS.get(kind, ()) if (found := entry.text(name))), None)
    if kind == "exchange":
        own = [
            section for section in sections if section.address and section.address.lower() == (address or "").lower()
        ]
        own = own or (sections if len({section.server for section in sections}) == 1 else [])
        server = next((section.server for section in own if section.server), None)
        if address is None and len({section.address for section in sections if section.address}) == 1:
            address = next(section.address for section in sections if section.address)
    reach = _REACH.get(kind, _EVERYTHING)
    return accounts(profile, f"outlook:{kind}", reach, users=(address, *logins), servers=(server,))


def _exchange_sections(reading: Reading, profile: Key) -> list[_Exchange]:
    found: list[_Exchange] = []
    for section in profile:
        if section.name.upper() == ACCOUNTS.upper():
            continue
        with reading.guard("accounts"):
            addresses = ((_property(section, tag) or "").removeprefix(_SMTP) for tag in _ADDRESS_TAGS)
            address = next((said for one in addresses if (said := mailbox(one))), None)
            server = next((said for tag in _SERVER_TAGS if (said := _property(section, tag))), None)
            if address or server:
                found.append(_Exchange(address, server))
    return found


def _property(section: Key, tag: str) -> str | None:
    """A text property: `001f…` is UTF-16, `001e…` 8-bit, each as text or as bytes."""
    raw = section.value(tag)
    if isinstance(raw, bytes) and tag.startswith("001e"):
        return raw.decode("latin-1").partition("\0")[0].strip() or None
    return section.text(tag)
