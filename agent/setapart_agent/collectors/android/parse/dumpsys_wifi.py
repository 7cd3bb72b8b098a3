"""The Wi-Fi networks that want a user's identity: saved networks, Passpoint providers and apps' suggestions.

`dumpsys wifi` prints a `WifiConfiguration` per saved network of the foreground user and its profiles, between
`WifiConfigManager - Configured networks Begin ----` and `… End ----` (from 8.1), or below `Configured networks`
(4.2 to 7): a line `ID: 0 SSID: "…" … FQDN: …`, `KeyMgmt: WPA_EAP …`, and below `Enterprise config:` fields such as
`identity`, `domain_suffix_match` and `eap_method: PEAP`. Passpoint providers stand between `PasspointManager -
Providers Begin ---` and `… End ---`, suggestions between those of `WifiNetworkSuggestionsManager`. Android 8.0 lists no
networks and counts them by kind; older than 4.2 tells nothing. Sources: WifiConfigManager.dump, WifiConfiguration and
WifiEnterpriseConfig.toString, PasspointConfiguration.toString, WifiMetrics.dump of AOSP.

Names of networks and of users stay here: an organisation is known by the domain of an identity or of a certificate. A
network that asks for the SIM alone is the phone company's, who hold the keys, and no tie to anybody else.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from msgspec import Struct

from setapart_agent.collectors.android.parse.android_user import canonical
from setapart_agent.collectors.android.parse.command_output import damaged, normal, refusal
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet, domain_of, host_of
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "android.dumpsys-wifi"
MATURITY: Maturity = "untested"

NO_LIST = "this Android does not list its saved Wi-Fi networks"

_TOP = re.compile(rb"^(?:Wi-Fi is |Verbose logging is o)", re.MULTILINE)
_LIST = re.compile(r"^(?:WifiConfigManager - Configured networks Begin ----|Configured networks)[ ]*$", re.MULTILINE)
_LIST_END = "\nWifiConfigManager - Configured networks End ----"
_PASSPOINT = ("PasspointManager - Providers Begin ---", "PasspointManager - Providers End ---")
_SUGGESTED = (
    "WifiNetworkSuggestionsManager - Networks Begin ----",
    "WifiNetworkSuggestionsManager - Networks End ----",
)
_NETWORK = re.compile(r"^(?:\* |- DSBLE )?ID: -?\d+ SSID: ", re.MULTILINE)
_PROVIDER = re.compile(r"^ProviderId: ", re.MULTILINE)
_FQDN = re.compile(r" FQDN: (\S{1,255})")
_KEYS = re.compile(r"^[ ]*KeyMgmt:([^\n]{0,400})", re.MULTILINE)
_ENTERPRISE = re.compile(r"EAP|IEEE8021X|SUITE_B|FILS|WAPI_CERT")
# `identity "x"`, and before 4.3 ` identity: x`; a value may be quoted, and is NULL where there is none.
_FIELD = re.compile(
    r"^[ ]?(identity|anonymous_identity|domain_suffix_match|altsubject_match|subject_match|realm|eap_method|eap):?"
    r" ([^\n]{0,4096})",
    re.MULTILINE,
)
_SAID = re.compile(r"^(FQDN|Realm|AAAServerTrustedNames): ([^\n]{0,4096})", re.MULTILINE)
_OTHER_CREDENTIAL = re.compile(r"^(?:User|Certificate)Credential Begin ---", re.MULTILINE)
_SUGGESTION = re.compile(r"^Network: (.{0,4096})", re.MULTILINE)
_SUGGESTED_ENTERPRISE = re.compile(r"\bSecurityParams=[^,]{0,200}(?:enterprise|eap|wapi-cert)")
_SUGGESTED_FQDN = re.compile(r"FQDN=([^,\s]{1,255})")
_COUNTED = re.compile(r"^mWifiLogProto\.num\w{0,32}EnterpriseNetworks=(\d{1,6})", re.MULTILINE)
_CURRENT_USER = re.compile(r"^mCurrentUserId=(\d{1,10})[ ]*$", re.MULTILINE)
_SIM_METHODS = frozenset({"SIM", "AKA", "AKA'"})
_SIM_REALM = "3gppnetwork.org"
_IDENTITIES = frozenset({"identity", "anonymous_identity"})
# Of a certificate's other names `DNS:radius.example`, of its subject `CN=radius.example`.
_ATTRIBUTE = re.compile(r"([A-Za-z][A-Za-z0-9.]{0,40})(?:=|:(?!//))")
_NAMING = frozenset({"DNS", "EMAIL", "URI", "CN", "EMAILADDRESS"})
_HOST = re.compile(r"[\w-]{1,63}(?:\.[\w-]{1,63}){1,32}\.?")
_MOST_ORGANISATIONS = 1000


class SavedWifi(Struct, frozen=True, kw_only=True):
    """The organisations of all networks that want an identity, `None` for one that names none.

    `current_user` is the user in the foreground, where the dump tells (from Android 11); `damage` says why there may
    be more networks.
    """

    organisations: tuple[str | None, ...] = ()
    current_user: str | None = None
    damage: str | None = None


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """Whether this is the dump of the Wi-Fi service and not a whole bug report."""
    if b"DUMP OF SERVICE " in content or _TOP.search(content, 0, 65536) is None:
        return False
    return b"WifiConfigManager" in content or b"\nLatest scan results" in content


def parse(files: FileSet) -> Facts:
    """The links; no coverage, since the users are not listed here."""
    profile = "0" if files.profile == "unknown" else files.profile
    return Facts(links=links(read(normal(files.main)), profile))


def links(wifi: SavedWifi, user: str) -> tuple[Link, ...]:
    """The networks as links of one user."""
    return tuple(Link(kind="wifi-enterprise", target=target, profile=user) for target in wifi.organisations)


def read(output: str) -> SavedWifi:
    """The networks that a dump shows.

    Args:
        output: normal text of the dump.

    Raises:
        ParseError: saved networks are not listed; the message says why if the device told.
    """
    found: dict[str | None, None] = {}
    damage = damaged(output)
    start = _LIST.search(output)
    if start is not None:
        end = output.rfind(_LIST_END)
        named = start[0].startswith("WifiConfigManager")
        if named and end < start.start():
            damage = damage or "the list of Wi-Fi networks is cut off"
        listed = output[start.end() : end] if named and end > start.start() else output[start.end() :]
        found.update(dict.fromkeys(target for block in _blocks(_NETWORK, listed) for target in _network(block)))
    elif (counted := [int(number) for number in _COUNTED.findall(output)]) and not damage:
        if any(counted):
            found[None] = None
    else:
        why = refusal(output)
        raise ParseError(damage or (why.reason if why else NO_LIST), expected="saved networks in `dumpsys wifi`")
    if len(found) > _MOST_ORGANISATIONS:
        damage = damage or "more Wi-Fi networks than are read"
        found = dict.fromkeys(list(found)[:_MOST_ORGANISATIONS])
    for block in _blocks(_PROVIDER, _between(output, _PASSPOINT)):
        found.update(dict.fromkeys(_provider(block)))
    found.update(dict.fromkeys(_suggested(_between(output, _SUGGESTED))))
    current = _CURRENT_USER.search(output)
    return SavedWifi(organisations=tuple(found), current_user=canonical(current[1]) if current else None, damage=damage)


def _between(output: str, marks: tuple[str, str]) -> str:
    """What stands between two lines; the last end counts, since what is between may hold anything."""
    start, end = output.find(marks[0]), output.rfind(marks[1])
    return output[start + len(marks[0]) : end if end > start else len(output)] if start >= 0 else ""


def _blocks(heading: re.Pattern[str], text: str) -> Iterator[str]:
    starts = [found.start() for found in heading.finditer(text)]
    for start, end in pairwise([*starts, len(text)]):
        yield text[start:end]


def _network(block: str) -> tuple[str | None, ...]:
    """The organisations of one saved network; nothing for one that wants no identity."""
    head, ended, rest = block.rpartition("\nIP config:")
    block = head if ended else rest
    if not any(_ENTERPRISE.search(keys) for keys in _KEYS.findall(block)):
        return ()
    values: dict[str, list[str]] = {}
    for key, value in _FIELD.findall(block):
        values.setdefault(key, []).append(value.strip().strip("\"'"))
    methods = {method.upper() for key in ("eap_method", "eap") for method in values.pop(key, ())}
    fqdn = _FQDN.search(block.partition("\n")[0])
    said = [(key, value) for key in values for value in values[key]] + ([("FQDN", fqdn[1])] if fqdn else [])
    # Android 7 and older print no method; there the realm of phone companies tells.
    sim = methods <= _SIM_METHODS if methods else any(_of_sim(domain_of(value)) for _, value in said)
    return _organisations(said, sim=sim)


def _provider(block: str) -> tuple[str | None, ...]:
    """The organisations of one Passpoint provider."""
    sim = "SIMCredential Begin ---" in block and _OTHER_CREDENTIAL.search(block) is None
    return () if sim else _organisations(_SAID.findall(block), sim=False)


def _suggested(text: str) -> Iterator[str | None]:
    """The organisations of suggestions whose app the user has approved and is not the phone company's."""
    for app in text.split("\nPackage Name: ")[1:]:
        if "\nHas user approved: true" not in app or "\nHas carrier privileges: true" in app:
            continue
        for suggestion in _SUGGESTION.findall(app):
            if _SUGGESTED_ENTERPRISE.search(suggestion) is not None:
                fqdn = _SUGGESTED_FQDN.search(suggestion)
                yield from _organisations([("FQDN", fqdn[1])] if fqdn else [], sim=False)


def _organisations(said: Iterable[tuple[str, str]], *, sim: bool) -> tuple[str | None, ...]:
    """The domains in identities, in names that a certificate must have, and of providers.

    Args:
        said: fields by name and value, in order.
        sim: whether the SIM alone is asked for, whose realm says nothing.

    Returns:
        `None` is among them where no whole name is: every organisation has a `CORP` or a `radius` of its own.
    """
    found = dict.fromkeys(
        domain for key, value in said for domain in _domains(key, value) if domain is not None and not _of_sim(domain)
    )
    return tuple(found) if sim or any("." in domain for domain in found) else (*found, None)


def _domains(key: str, value: str) -> Iterator[str | None]:
    """What one field says. The name of a user (`ann.example`) is none of an organisation, and stays here."""
    if key in _IDENTITIES:
        value = value.strip().strip("\"'")
        yield _host(value.removeprefix("host/")) if value.startswith("host/") else domain_of(value)
        return
    for part in re.split(r"[;,/]" if key == "subject_match" else r"[;,]", value):
        name = part.strip().strip("[]\"' ")
        if (attribute := _ATTRIBUTE.match(name)) is not None:
            if attribute[1].upper() not in _NAMING:
                continue
            name = name[attribute.end() :].strip()
        yield domain_of(name) if "@" in name else host_of(name) if "://" in name else _host(name)


def _host(name: str) -> str | None:
    """A whole name of a host or domain, also behind a wildcard."""
    name = name.removeprefix("*.")
    return host_of(name) if _HOST.fullmatch(name) else None


def _of_sim(domain: str | None) -> bool:
    return domain is not None and f".{domain}".endswith(f".{_SIM_REALM}")
