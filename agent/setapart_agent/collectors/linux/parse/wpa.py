"""802.1X outside of NetworkManager: wpa_supplicant, iwd and the ifcfg files of Red Hat.

Formats: wpa_supplicant.conf(5), iwd.network(5), the initscripts' sysconfig.txt. All are `key=value` lines.
"""

import re

from setapart_agent.facts import Facts, FileSet, domain_of, text
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "linux.wpa"
MATURITY: Maturity = "untested"

_KEYS = frozenset(
    {
        "identity", "anonymous_identity", "domain_suffix_match", "domain_match", "altsubject_match",
        "eap-identity", "eap-peap-serverdomainmask", "eap-ttls-serverdomainmask", "eap-tls-serverdomainmask",
        "ieee_8021x_identity", "ieee_8021x_anon_identity", "ieee_8021x_domain_suffix_match",
    }
)  # fmt: skip
_MARKS = ("wpa-eap", "ieee8021x", "eap-method", "ieee_8021x_eap_methods", "\neap=")
_ALTERNATIVE = re.compile(r"(?:DNS|EMAIL|URI):", re.IGNORECASE)


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
        values = [value for key, value in _values(block) if key in _KEYS]
        lowered = block.lower()
        if values or any(mark in lowered for mark in _MARKS):
            links += [
                Link(kind="wifi-enterprise", target=one, profile=files.profile) for one in organisation_of(*values)
            ]
    return Facts(links=tuple(dict.fromkeys(links)))


def organisation_of(*said: str | None) -> tuple[str | None, ...]:
    """The domains in identities and in the names that a server's certificate must have; `(None,)` if none is said."""
    found: list[str] = []
    for value in said:
        for part in re.split(r"[;,]", value or ""):
            name = _ALTERNATIVE.sub("", part.strip().strip("\"'")).strip()
            domain = domain_of(name) or (
                name.lower().lstrip("*").strip(".") if "." in name and "@" not in name else None
            )
            if domain and " " not in domain and domain not in found:
                found.append(domain)
    return tuple(found) or (None,)


def _values(block: str) -> list[tuple[str, str]]:
    pairs = (line.strip().partition("=") for line in block.split("\n") if not line.lstrip().startswith("#"))
    return [(key.strip().lower(), value.strip().strip("\"'")) for key, sign, value in pairs if sign]
