r"""What ties a user's hive to an organisation besides mail: workplace join, OneDrive, Office sign-in, Windows Mail.

Sources: public scripts of administrators for
`…\Windows NT\CurrentVersion\WorkplaceJoin\JoinInfo\<thumbprint>` (`UserEmail`, `TenantId`); Microsoft, "OneDrive sync
app policies", and public scripts for `Microsoft\OneDrive\Accounts\<name>` (`UserEmail`, `ConfiguredTenantId`,
`ServiceEndpointUri`, `SPOResourceId`); Microsoft on Office profiles for `Common\Identity\Identities`, whose names end
in `_ADAL` or `_LiveId`. In hives of real users with a subscription nobody stood there: who holds Office's licence is
named by `Common\Licensing`, value `NextUserLicensingLicensedUserIds`, and by `LicenseIdToEmailMapping` below it, which
also remembers users who signed out; the first is a list of Entra ID's GUIDs and of numbers of Microsoft accounts.
Windows Mail's partnerships, `Microsoft\ActiveSync\Partners\<guid>`, are known by their place only (a user without
accounts has the key and nothing below it); their values are searched for an address.
"""

from collections.abc import Iterator

from setapart_agent.collectors.desktop.parse.account import account, mailbox
from setapart_agent.collectors.windows.parse.reading import Reading
from setapart_agent.collectors.windows.parse.registry_key import Key
from setapart_agent.facts import AccountFact, domain_of, host_of
from setapart_evidence.model import Link

_JOINED = r"Microsoft\Windows NT\CurrentVersion\WorkplaceJoin\JoinInfo"
_ONEDRIVE = r"Microsoft\OneDrive\Accounts"
_OFFICE = r"Microsoft\Office"
_LICENSING = r"Common\Licensing"
_LICENSED = "NextUserLicensingLicensedUserIds"
_LICENSED_ADDRESSES = r"LicensingNext\LicenseIdToEmailMapping"
_PARTNERS = r"Microsoft\ActiveSync\Partners"
_PERSONAL = "personal"
_LIVE = "_liveid"


def read_work_identity(reading: Reading, software: Key | None) -> None:
    """The accounts and links below a user's key Software."""
    for joined in reading.below(software, _JOINED, "accounts", "links"):
        with reading.guard("accounts", "links"):
            read_join(reading, joined, "dsregcmd:WorkplaceJoined")
    for drive in reading.below(software, _ONEDRIVE, "accounts"):
        with reading.guard("accounts"):
            _onedrive(reading, drive)
    for version in reading.below(software, _OFFICE, "accounts"):
        for identity in reading.below(version, r"Common\Identity\Identities", "accounts"):
            with reading.guard("accounts"):
                _office(reading, identity)
        with reading.guard("accounts"):
            if (licensing := version.at(_LICENSING)) is not None:
                _licensed(reading, licensing)
    for partner in reading.below(software, _PARTNERS, "accounts"):
        with reading.guard("accounts"):
            reading.accounts.append(_partner(reading.profile, partner))


def read_join(reading: Reading, joined: Key, kind: str) -> None:
    """One join to a tenant: the account that joined, and links to its domain and to the tenant."""
    address, tenant = mailbox(joined.text("UserEmail")), joined.text("TenantId")
    if address is None and tenant is None:
        return
    reading.accounts.append(account(reading.profile, kind, (), user=address, tenant=tenant))
    for target in (domain_of(address), tenant.lower() if tenant else None):
        if target is not None:
            reading.links.append(Link(kind="directory-join", target=target, profile=reading.profile))


def _onedrive(reading: Reading, drive: Key) -> None:
    """A key without an address and tenant is what OneDrive leaves for everybody who never signed in."""
    address, tenant = mailbox(drive.text("UserEmail")), drive.text("ConfiguredTenantId")
    if address is None and tenant is None:
        return
    server = next((url for name in ("SPOResourceId", "ServiceEndpointUri") if (url := drive.text(name))), None)
    kind = "onedrive:personal" if drive.name.lower() == _PERSONAL else "onedrive:business"
    reading.accounts.append(account(reading.profile, kind, ("files",), user=address, server=server, tenant=tenant))


def _office(reading: Reading, identity: Key) -> None:
    address = mailbox(identity.text("EmailAddress")) or mailbox(identity.text("SignInName"))
    kind = "office:personal" if identity.name.lower().endswith(_LIVE) else "office:work"
    if address is not None:
        reading.accounts.append(account(reading.profile, kind, (), user=address))


def _licensed(reading: Reading, licensing: Key) -> None:
    addresses = licensing.at(_LICENSED_ADDRESSES)
    for user in filter(None, map(str.strip, (licensing.text(_LICENSED) or "").split(","))):
        address = mailbox(addresses.text(user)) if addresses is not None else None
        kind = "office:work" if "-" in user else "office:personal"
        reading.accounts.append(account(reading.profile, kind, (), user=address))


def _partner(profile: str, partner: Key) -> AccountFact:
    texts = list(_texts(partner))
    address = next((found for _, value in texts if (found := mailbox(value))), None)
    server = next((value for name, value in texts if ("server" in name or "url" in name) and host_of(value)), None)
    return account(profile, "windows-mail:sync", ("mail", "calendar", "contacts"), user=address, server=server)


def _texts(key: Key) -> Iterator[tuple[str, str]]:
    for holder in (key, *key):
        for name in holder.values():
            value = holder.text(name)
            if value is not None:
                yield name, value
