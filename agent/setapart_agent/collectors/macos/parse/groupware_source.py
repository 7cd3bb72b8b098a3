"""Servers of iCal and Address Book, before macOS 10.8 moved them to the account database.

`~/Library/Calendars/<id>.caldav/Info.plist` and `….exchange/Info.plist` hold `ServerURL`, `Login`, `Mailbox`,
`CalendarUserAddresses`; `~/Library/Application Support/AddressBook/Sources/<id>/Configuration.plist` holds
`serverName`, `userName`, `emailAddress`. Source: administrators' public scripts that write these files; no capture
was at hand. Newer systems keep such folders as copies of what the account database says.
"""

from setapart_agent.collectors.apple.parse.plist import Dict, bool_of, is_plist, read_plist, text_of, texts_of
from setapart_agent.collectors.desktop.parse.account import accounts, mailbox
from setapart_agent.facts import AccountFact, Facts, FileSet
from setapart_evidence.model import Service
from setapart_evidence.statement import Maturity

KIND = "macos.groupware-source"
MATURITY: Maturity = "untested"

_EXPECTED = "a source of iCal or Address Book"
_CALENDAR = ("ServerURL", "CalendarHomePath", "PrincipalURL")
_CONTACTS = ("serverName", "servername", "HostName")
_ADDRESSES = ("Mailbox", "emailAddress")
_USERS = ("Login", "userName", "username")
_EXCHANGE = b".asmx"


def recognise(name: str, content: bytes) -> bool:
    """By its folder and the keys of a server."""
    name = name.replace("\\", "/")
    calendar = name.endswith((".caldav/Info.plist", ".exchange/Info.plist"))
    return is_plist(content) and (calendar or (name.endswith("/Configuration.plist") and b"serverName" in content))


def parse(files: FileSet) -> Facts:
    """The account; none where no server is named, as for what is kept on the Mac alone.

    Raises:
        ParseError: no property list.
    """
    source = read_plist(files.main, _EXPECTED)
    if text_of(source, *_CALENDAR) is not None:
        kind = "ical:exchange" if ".exchange/" in files.path or _EXCHANGE in files.main else "ical:caldav"
        return Facts(accounts=_accounts(source, files.profile, kind, ("calendar",), _CALENDAR))
    if text_of(source, *_CONTACTS) is not None:
        return Facts(accounts=_accounts(source, files.profile, "address-book:server", ("contacts",), _CONTACTS))
    return Facts()


def _accounts(
    source: Dict, profile: str, kind: str, services: tuple[Service, ...], hosts: tuple[str, ...]
) -> tuple[AccountFact, ...]:
    addresses = (text_of(source, *_ADDRESSES), *texts_of(source, "CalendarUserAddresses"))
    found = (mailbox(one.removeprefix("mailto:")) for one in addresses if one)
    return accounts(
        profile,
        kind,
        services,
        users=(*found, text_of(source, *_USERS)),
        servers=(text_of(source, *hosts),),
        enabled=bool_of(source, "Enabled"),
    )
