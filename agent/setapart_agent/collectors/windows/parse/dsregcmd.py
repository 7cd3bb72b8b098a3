"""What ties device and user to Entra ID and domains: `dsregcmd /status`.

Right-aligned `Key : VALUE` lines below boxed headings; some keys lack the blank before the colon. Source: Microsoft,
"Troubleshoot devices by using the dsregcmd command". SSO and User State are those of the user who ran it. `MdmUrl` only
says that the tenant offers management, not that this device is managed. A state that is neither YES nor NO is one that
nobody here understands, and leaves the links unseen.
"""

import re
from collections.abc import Iterator

from setapart_agent.collectors.base import Failed, uncovered
from setapart_agent.collectors.desktop.parse.account import account, mailbox
from setapart_agent.errors import ParseError
from setapart_agent.facts import AccountFact, Facts, FileSet, domain_of, host_of, text
from setapart_evidence.model import SYSTEM_PROFILE, Coverage, Link, LinkKind
from setapart_evidence.statement import Maturity

KIND = "windows.dsregcmd"
MATURITY: Maturity = "captures"

_LINE = re.compile(r" *([A-Za-z][\w() -]*?) *: ?(.*)")
_HEAD = 64 * 1024
_STATES = ("azureadjoined", "enterprisejoined", "domainjoined")
_WORKPLACE = "workplacejoined"
_COLLECTOR = "windows.dsregcmd"
_TENANT = re.compile(r"[0-9a-z-]{36}", re.IGNORECASE)


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """By its first keys, which no translation changes."""
    head = _text(content[:_HEAD])
    return re.search(r"^ *AzureAdJoined *:", head, re.MULTILINE) is not None


def parse(files: FileSet) -> Facts:
    """The links; those of the machine under the profile `system`, those of the user under the given one.

    Raises:
        ParseError: no state is there.
    """
    values = _values(_text(files.main))
    if "azureadjoined" not in values and "domainjoined" not in values:
        raise ParseError("no device state", expected="the output of dsregcmd /status")
    links = [*_machine(values), *_user(values, files.profile)]
    return Facts(
        accounts=tuple(_accounts(values, files.profile)),
        links=tuple(dict.fromkeys(link for link in links if link is not None)),
        coverage=tuple(_unclear(values, files.profile)),
    )


def _text(raw: bytes) -> str:
    """The text; PowerShell writes UTF-16 when it is told to write a file."""
    return text(raw[: len(raw) & ~1] if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else raw)


def _values(output: str) -> dict[str, tuple[str, ...]]:
    """The values by lower-case key; a key may come back, as with several work accounts."""
    found: dict[str, tuple[str, ...]] = {}
    for line in output.split("\n"):
        match = _LINE.fullmatch(line.rstrip())
        if match is not None:
            key = match[1].lower()
            found[key] = (*found.get(key, ())[:64], match[2].strip())
    return found


def _unclear(values: dict[str, tuple[str, ...]], profile: str) -> Iterator[Coverage]:
    for key, of in (*((state, SYSTEM_PROFILE) for state in _STATES), (_WORKPLACE, profile)):
        if any(value.upper() not in ("YES", "NO") for value in values.get(key, ())):
            yield uncovered("links", of, _COLLECTOR, Failed(f"a state that is neither yes nor no: {key}"))


def _yes(values: dict[str, tuple[str, ...]], key: str) -> bool:
    return any(value.upper() == "YES" for value in values.get(key, ()))


def _link(kind: LinkKind, target: str | None, profile: str) -> Link | None:
    cleaned = (target or "").strip().strip(".").lower()
    return Link(kind=kind, target=cleaned, profile=profile) if cleaned else None


def _machine(values: dict[str, tuple[str, ...]]) -> list[Link | None]:
    found: list[Link | None] = []
    if _yes(values, "domainjoined"):
        names = values.get("domainname", ())
        found += [_link("directory-join", name, SYSTEM_PROFILE) for name in names]
        if not any(names):
            found.append(Link(kind="directory-join", profile=SYSTEM_PROFILE))
    if _yes(values, "azureadjoined"):
        named = [*values.get("tenantid", ()), *values.get("tenantname", ())]
        found += [_link("directory-join", name, SYSTEM_PROFILE) for name in named]
        if not any(named):
            found.append(Link(kind="directory-join", profile=SYSTEM_PROFILE))
    if _yes(values, "enterprisejoined"):
        found.append(Link(kind="directory-join", profile=SYSTEM_PROFILE))
    return found


def _user(values: dict[str, tuple[str, ...]], profile: str) -> list[Link | None]:
    found: list[Link | None] = []
    if _yes(values, "workplacejoined"):
        named = values.get("workplacetenantid", ())
        found += [_link("directory-join", name, profile) for name in named]
        if not any(named):
            found.append(Link(kind="directory-join", profile=profile))
    for key in ("azureadprt", "enterpriseprt"):
        if _yes(values, key):
            authorities = values.get(f"{key}authority", ())
            found += [_link("sso", _authority(url), profile) for url in authorities]
            if not any(authorities):
                found.append(Link(kind="sso", profile=profile))
    for names in values.get("executing account name", ()):
        found += [_link("directory-join", domain_of(name.strip()), profile) for name in names.split(",")]
    return found


def _authority(url: str) -> str | None:
    """The tenant in `https://login.microsoftonline.com/<tenant>`, else the host of a federation server."""
    last = url.rstrip("/").rpartition("/")[2]
    return last if _TENANT.fullmatch(last) else host_of(url)


def _accounts(values: dict[str, tuple[str, ...]], profile: str) -> list[AccountFact]:
    if not _yes(values, "workplacejoined"):
        return []
    address = next((found for value in values.get("useremail", ()) if (found := mailbox(value))), None)
    tenants = values.get("workplacetenantid", ()) or (None,)
    return [account(profile, "dsregcmd:WorkplaceJoined", (), user=address, tenant=tenant) for tenant in tenants]
