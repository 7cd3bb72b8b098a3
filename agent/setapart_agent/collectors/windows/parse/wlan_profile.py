r"""Wi-Fi profiles: `ProgramData\Microsoft\Wlansvc\Profiles\Interfaces\{guid}\{guid}.xml`.

Format: Microsoft, "WLAN_profile schema": `authEncryption` holds `authentication` and `useOneX`; a network with 802.1X
wants an identity of its users. The server names that it accepts stand in `ServerNames` of the EAP configuration; they
are the link's targets, and none of them being there leaves the target unknown. The network's name is not kept.
"""

from setapart_agent.collectors.windows.parse.xml_texts import texts
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "windows.wlan-profile"
MATURITY: Maturity = "untested"

_NAMESPACE = b"http://www.microsoft.com/networking/WLAN/profile/v"
_TEXTS = ("useOneX", "authentication", "ServerNames")
_ENTERPRISE = frozenset({"wpa", "wpa2", "wpa3", "wpa3ent", "wpa3ent192"})


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """By the schema's name near the beginning."""
    head = content[:2048]
    return _NAMESPACE in head or _NAMESPACE.decode().encode("utf-16-le") in head


def parse(files: FileSet) -> Facts:
    """A link for a network with 802.1X, nothing for another.

    Raises:
        ParseError: no such profile, or XML with a document type, which could hold entities.
    """
    found = texts(files.main, "WLANProfile", _TEXTS, "a Wi-Fi profile")
    one_x = any(value.lower() in ("true", "1") for value in found["useOneX"])
    enterprise = any(value.lower() in _ENTERPRISE for value in found["authentication"])
    if not one_x and not enterprise:
        return Facts()
    servers = [name.strip().strip(".").lower() for value in found["ServerNames"] for name in value.split(";")]
    targets: list[str | None] = [name for name in servers if name]
    return Facts(
        links=tuple(
            Link(kind="wifi-enterprise", target=target, profile=files.profile)
            for target in dict.fromkeys(targets or [None])
        )
    )
