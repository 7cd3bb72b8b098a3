r"""What joins a machine to an organisation: domain, Entra ID, device management, and who logged on last.

Sources: Microsoft, "Tcpip\Parameters" (`Domain`, `NV Domain`: the primary DNS suffix, which joining a domain sets);
"Troubleshoot devices using dsregcmd" and public scripts for `Control\CloudDomainJoin\JoinInfo\<thumbprint>`;
"Mobile device enrollment" for `SOFTWARE\Microsoft\Enrollments\<guid>` (Windows keeps stubs of its own there: an
enrolment has a provider and a user or a discovery service); `Authentication\LogonUI` as in real exports, where
`.\name` is a local user; public scripts for `Group Policy\State\Machine`, whose `Distinguished-Name` tells the domain
of a machine whose DNS suffix is another; `IdentityStore\Cache\<SID>\IdentityCache\<SID>` as in public scripts.
"""

import re

from setapart_agent.collectors.desktop.parse.account import account, mailbox
from setapart_agent.collectors.windows.parse.machine import control_set
from setapart_agent.collectors.windows.parse.reading import Reading
from setapart_agent.collectors.windows.parse.registry_key import Key
from setapart_agent.collectors.windows.parse.work_identity import read_join
from setapart_agent.facts import domain_of, host_of
from setapart_evidence.model import Link

_TCPIP = r"Services\Tcpip\Parameters"
_SUFFIXES = ("Domain", "NV Domain")
_CLOUD = r"Control\CloudDomainJoin\JoinInfo"
_ENROLLMENTS = r"Microsoft\Enrollments"
_LOGON = r"Microsoft\Windows\CurrentVersion\Authentication\LogonUI"
_IDENTITIES = r"Microsoft\IdentityStore\Cache"
_POLICY = r"Microsoft\Windows\CurrentVersion\Group Policy\State\Machine"
_COMPUTER_NAME = r"Control\ComputerName\ComputerName"
_ENTRA = "S-1-12-1-"
_PERSON = re.compile(r"S-1-(?:5-21|12-1)(?:-\d{1,10}){4}", re.IGNORECASE)
_NO_DOMAIN = frozenset({"", ".", "azuread", "microsoftaccount", "nt authority", "workgroup"})


def read_system_links(reading: Reading, system: Key | None) -> None:
    """Domain and Entra ID, below the key SYSTEM."""
    with reading.guard("links"):
        control = control_set(system)
        parameters = control.at(_TCPIP) if control is not None else None
        names = (parameters.text(name) for name in _SUFFIXES) if parameters is not None else ()
        for name in names:
            if name is not None:
                reading.links.append(_join(reading, name))
        for joined in reading.below(control, _CLOUD, "accounts", "links"):
            with reading.guard("accounts", "links"):
                read_join(reading, joined, "dsregcmd:AzureAdJoined")


def read_software_links(reading: Reading, software: Key | None, system: Key | None = None) -> None:
    """Management, the last user and identities, below the key SOFTWARE."""
    for enrolment in reading.below(software, _ENROLLMENTS, "links"):
        with reading.guard("links"):
            server = enrolment.text("DiscoveryServiceFullURL")
            if enrolment.text("ProviderID") and (server or enrolment.text("UPN")):
                reading.links.append(Link(kind="mdm", target=host_of(server), profile=reading.profile))
    with reading.guard("links"):
        logon = software.at(_LOGON) if software is not None else None
        domain = last_domain(logon, _computer_name(system)) if logon is not None else None
        if domain is not None:
            reading.links.append(_join(reading, domain))
    with reading.guard("links"):
        policy = software.at(_POLICY) if software is not None and _has_suffix(system) else None
        domain = _distinguished((policy.text("Distinguished-Name") if policy is not None else None) or "")
        if domain:
            reading.links.append(_join(reading, domain))
    for user in reading.below(software, _IDENTITIES, "accounts"):
        with reading.guard("accounts"):
            _identity(reading, user)


def last_domain(logon: Key, computer: str | None = None) -> str | None:
    r"""The domain of the user who logged on last; `None` for a local user, or where it may be one.

    `DOMAIN\user` alone may be the machine's own name; only with the machine's name at hand is it told apart.
    """
    for name in ("LastLoggedOnUser", "LastLoggedOnSAMUser"):
        user = logon.text(name) or ""
        owner, backslash, rest = user.rpartition("\\")
        if owner.lower() == "microsoftaccount":
            return None
        if (found := domain_of(rest if backslash else user)) is not None:
            return found
        if computer is not None and owner.lower() not in _NO_DOMAIN | {computer.lower()}:
            return owner.lower()
    return None


def _has_suffix(system: Key | None) -> bool:
    """Whether the machine has a DNS suffix of its own: what policies said stays when it leaves its domain."""
    control = control_set(system)
    parameters = control.at(_TCPIP) if control is not None else None
    return parameters is not None and any(parameters.text(name) for name in _SUFFIXES)


def _distinguished(name: str) -> str:
    """The domain in `CN=…,OU=…,DC=agency,DC=example`."""
    return ".".join(part.strip()[3:] for part in name.split(",") if part.strip().upper().startswith("DC="))


def _computer_name(system: Key | None) -> str | None:
    control = control_set(system)
    named = control.at(_COMPUTER_NAME) if control is not None else None
    return named.text("ComputerName") if named is not None else None


def _identity(reading: Reading, user: Key) -> None:
    """Identities that sign in to the machine itself: of Entra ID, or Microsoft accounts of local users."""
    sid = user.name.upper()
    if _PERSON.fullmatch(sid) is None:
        return
    for cached in user.below("IdentityCache"):
        address = mailbox(cached.text("UserName"))
        if address is None:
            continue
        entra = cached.name.upper().startswith(_ENTRA) or sid.startswith(_ENTRA)
        kind = "IdentityStore:AzureAD" if entra else "IdentityStore:MicrosoftAccount"
        reading.accounts.append(account(sid, kind, (), user=address))
        if entra and (domain := domain_of(address)) is not None:
            reading.links.append(Link(kind="directory-join", target=domain, profile=sid))


def _join(reading: Reading, domain: str) -> Link:
    return Link(kind="directory-join", target=domain.strip(".").lower(), profile=reading.profile)
