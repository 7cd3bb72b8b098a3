"""802.1X outside of NetworkManager: wpa_supplicant, iwd and the ifcfg files of Red Hat.

Formats: wpa_supplicant.conf(5), iwd.network(5), the initscripts' sysconfig.txt. All are `key=value` lines.
"""

import re
from collections.abc import Iterable

from setapart_agent.facts import Facts, FileSet, domain_of, text
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "linux.wpa"
MATURITY: Maturity = "untested"

_IDENTITIES = frozenset(
    {
        "identity", "anonymous_identity", "eap-identity", "ieee_8021x_identity",
        "ieee_8021x_anon_identity",
    }
)  # fmt: skip
_SERVERS = frozenset(
    {
        "domain_suffix_match", "domain_match", "altsubject_match", "eap-peap-serverdomainmask",
        "eap-ttls-serverdomainmask", "eap-tls-serverdomainmask", "ieee_8021x_domain_suffix_match",
    }
)  # fmt: skip
_MARKS = ("wpa-eap", "ieee8021x", "eap-method", "ieee_8021x_eap_methods", "\neap=")
_ALTERNATIVE = re.compile(r"(?:DNS|EMAIL|URI):", re.IGNORECASE)
_HOST = re.compile(r"(?:\*?\.)?[\w-]{1,63}(?:\.[\w-]{1,63}){1,32}\.?")


def recognise(name: str, content: bytes) -> bool:
    """By name, or by a block `network={`."""
    name = name.rpartition("/")[2]
    return (
        name.endswith(".8021x")
        or name.startswith(("wpa_supplicant", "ifcfg-"))
        or b"\nnetwork={" in content
        or content.startswith(b"network={")
    )


def parse(files: FileSet) -> Facts:
    """The organisations whose networks want a user's identity; one without a name is a link with no target."""
    content = text(files.main)
    links: list[Link] = []
    for block in re.split(r"^[ \t]*+network[ \t]*+=[ \t]*+\{", content, flags=re.MULTILINE):
        said = _values(block)
        identities = [value for key, value in said if key in _IDENTITIES]
        servers = [value for key, value in said if key in _SERVERS]
        lowered = block.lower()
        if identities or servers or any(mark in lowered for mark in _MARKS):
            targets = organisation_of(identities, servers)
            links += [Link(kind="wifi-enterprise", target=one, profile=files.profile) for one in targets]
    return Facts(links=tuple(dict.fromkeys(links)))


def organisation_of(identities: Iterable[str | None], servers: Iterable[str | None] = ()) -> tuple[str | None, ...]:
    """The domains in identities, and in the names that a server's certificate must have.

    The name of a user without a domain (`ann.example`) is none of an organisation. `None` is among them where no whole
    name is: every organisation has a `CORP` of its own.
    """
    said = [domain_of(identity) for identity in identities]
    for server in servers:
        for part in re.split(r"[;,]", server or ""):
            name = _ALTERNATIVE.sub("", part.strip().strip("\"'")).strip()
            said.append(domain_of(name) or (name.lower().lstrip("*").strip(".") if _HOST.fullmatch(name) else None))
    found = dict.fromkeys(domain for domain in said if domain is not None)
    return tuple(found) if any("." in domain for domain in found) else (*found, None)


def _values(block: str) -> list[tuple[str, str]]:
    pairs = (line.strip().partition("=") for line in block.split("\n") if not line.lstrip().startswith("#"))
    return [(key.strip().lower(), value.strip().strip("\"'")) for key, sign, value in pairs if sign]
