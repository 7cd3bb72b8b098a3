"""Which authorities each account synchronises: the part `Sync Status` of `dumpsys content`.

Before Android 4.3 `  Account <name> <type>:` is followed by `    <authority>:` and `      settings: syncable, enabled`;
later `Account <name> u<user> <type>` by a table whose columns are authority, syncable (1, 0 or -1) and enabled. Source:
SyncManager.dumpSyncState of AOSP.
"""

import re

from msgspec import Struct

from setapart_agent.collectors.android.account_types import AUTHORITIES
from setapart_agent.collectors.android.parse.command_output import normal, refusal
from setapart_agent.errors import ParseError
from setapart_agent.facts import AccountFact, Facts, FileSet, domain_of
from setapart_evidence.model import Service
from setapart_evidence.statement import Maturity

KIND = "android.dumpsys-content"
MATURITY: Maturity = "captures"

_STATUS = re.compile(r"^Sync Status[ ]*$", re.MULTILINE)
_ACCOUNT = re.compile(r"Account (.{1,1024}) u(\d{1,10}) (\S{1,255})\s*")
_OLD_ACCOUNT = re.compile(r"  Account (.{1,1024}) (\S{1,255}):\s*")
_ROW = re.compile(r"([\w.@-]{1,255})\s+(-?\d)\s+(?:true|false)\b.*")
_OLD_AUTHORITY = re.compile(r"    ([\w.@-]{1,255}):\s*")
_ENDS = ("Sync Statistics", "Recent Sync History", "Detailed Statistics", "SyncAdapters:", "Service Adapters")


class SyncedAccount(Struct, frozen=True, kw_only=True):
    """One account and the services whose authorities it may synchronise, in the order of the model."""

    user: str
    name: str
    type: str
    services: tuple[Service, ...]


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """Whether this is the dump of the content service and not a whole bug report."""
    head = normal(content)
    return "DUMP OF SERVICE " not in head and _STATUS.search(head) is not None


def parse(files: FileSet) -> Facts:
    """The accounts that synchronise; no coverage, since an account need not."""
    return Facts(
        accounts=tuple(
            AccountFact(profile=one.user, type=one.type, services=one.services, domain=domain_of(one.name))
            for one in read(normal(files.main))
        )
    )


def read(output: str) -> tuple[SyncedAccount, ...]:
    """The accounts that the dump joins with sync adapters.

    Raises:
        ParseError: there is no `Sync Status`; the message says why if the device told.
    """
    start = _STATUS.search(output)
    if start is None:
        why = refusal(output)
        raise ParseError(why.reason if why else "no sync status", expected="the output of dumpsys content")
    found: dict[tuple[str, str, str], set[Service]] = {}
    current: set[Service] = set()
    authority = ""
    for line in output[start.end() :].split("\n"):
        if line.startswith(_ENDS):
            break
        if (account := _ACCOUNT.fullmatch(line)) is not None:
            current = found.setdefault((str(int(account[2])), account[1], account[3]), set())
        elif (account := _OLD_ACCOUNT.fullmatch(line)) is not None:
            current = found.setdefault(("0", account[1], account[2]), set())
        elif (row := _ROW.match(line)) is not None:
            if row[1] in AUTHORITIES and row[2] != "0":
                current.add(AUTHORITIES[row[1]])
        elif (old := _OLD_AUTHORITY.fullmatch(line)) is not None:
            authority = old[1]
        elif authority in AUTHORITIES and line.strip().startswith("settings: syncable"):
            current.add(AUTHORITIES[authority])
    order: tuple[Service, ...] = ("mail", "calendar", "contacts")
    return tuple(
        SyncedAccount(user=user, name=name, type=kind, services=tuple(one for one in order if one in services))
        for (user, name, kind), services in found.items()
    )
