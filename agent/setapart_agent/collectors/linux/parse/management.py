"""Agents of device management: Intune's registration, Landscape, Fleet, Defender's onboarding.

Formats: landscape-client's client.conf; Fleet's /etc/default/orbit; Intune's registration.toml (undocumented).
"""

import re

from setapart_agent.facts import Facts, FileSet, host_of, text
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "linux.management"
MATURITY: Maturity = "untested"

_SERVER = re.compile(r"^[ \t]*+(?:export[ \t]+)?(?:url|ORBIT_FLEET_URL)[ \t]*+=[ \t]*+[\"']?([^\"'\s]+)", re.MULTILINE)
_TENANT = re.compile(r"(?:tenant_?id|orgId|org_?id)[\"']?\s*[=:]\s*[\"']([^\"'\n]{1,100})[\"']", re.IGNORECASE)
_NAMES = frozenset({"client.conf", "orbit", "registration.toml", "mdatp_onboard.json"})


def recognise(name: str, content: bytes) -> bool:
    """By name and one of the keys that say where the device is enrolled."""
    name = name.rpartition("/")[2]
    found = text(content[:65536])
    return name in _NAMES and (_SERVER.search(found) is not None or _TENANT.search(found) is not None)


def parse(files: FileSet) -> Facts:
    """The manager: its server, or the tenant that the device is enrolled in.

    Intune's registration alone proves an enrolment; the others' files are there before it.
    """
    content = text(files.main)
    server = _SERVER.search(content)
    tenant = _TENANT.search(content)
    target = (host_of(server[1]) if server else None) or (tenant[1].lower() if tenant else None)
    if target is None and not files.path.endswith("registration.toml"):
        return Facts()
    return Facts(links=(Link(kind="mdm", target=target, profile=files.profile),))
