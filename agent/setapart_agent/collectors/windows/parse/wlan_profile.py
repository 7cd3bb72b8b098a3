r"""Profiles of networks: `ProgramData\Microsoft\{Wlansvc,dot3svc}\Profiles\Interfaces\{guid}\{guid}.xml`.

Format: Microsoft, "WLAN_profile schema": `authEncryption` holds `authentication` and `useOneX`; and "LAN_profile
schema", for cables: `OneXEnabled`. A network with 802.1X wants an identity of its users. The server names that it
accepts stand in `ServerNames` of the EAP configuration; they are the link's targets, and none of them being there
leaves the target unknown. The network's name is not kept.
"""

from setapart_agent.collectors.windows.parse.xml_texts import texts
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "windows.wlan-profile"
MATURITY: Maturity = "untested"

_ROOTS = {
    "WLANProfile": b"http://www.microsoft.com/networking/WLAN/profile/v",
    "LANProfile": b"http://www.microsoft.com/networking/LAN/profile/v",
}
"""The outermost element of each schema, and how the schema's name begins."""
_TEXTS = ("useOneX", "OneXEnabled", "authentication", "ServerNames")
_ENTERPRISE = frozenset({"wpa", "wpa2", "wpa3", "wpa3ent", "wpa3ent192"})


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """By the schema's name near the beginning."""
    return _root(content) is not None


def parse(files: FileSet) -> Facts:
    """A link for a network with 802.1X, nothing for another.

    Raises:
        ParseError: no such profile, or XML with a document type, which could hold entities.
    """
    found = texts(files.main, _root(files.main) or "WLANProfile", _TEXTS, "a profile of a network")
    one_x = any(value.lower() in ("true", "1") for value in (*found["useOneX"], *found["OneXEnabled"]))
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


def _root(content: bytes) -> str | None:
    head = content[:2048]
    names = (root for root, space in _ROOTS.items() if space in head or space.decode().encode("utf-16-le") in head)
    return next(names, None)
