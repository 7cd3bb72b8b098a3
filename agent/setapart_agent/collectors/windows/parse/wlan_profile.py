r"""Wi-Fi profiles: `ProgramData\Microsoft\Wlansvc\Profiles\Interfaces\{guid}\{guid}.xml`.

Format: Microsoft, "WLAN_profile schema": `authEncryption` holds `authentication` and `useOneX`; a network with 802.1X
wants an identity of its users. The server names that it accepts stand in `ServerNames` of the EAP configuration; they
are the link's targets, and none of them being there leaves the target unknown. The network's name is not kept.
"""

from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "windows.wlan-profile"
MATURITY: Maturity = "untested"

_NAMESPACE = b"http://www.microsoft.com/networking/WLAN/profile/v"
_TEXTS = frozenset({"useOneX", "authentication", "ServerNames"})
_ENTERPRISE = frozenset({"wpa", "wpa2", "wpa3", "wpa3ent", "wpa3ent192"})
_MAX_TEXT = 4096
_MAX_DEPTH = 64


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """By the schema's name near the beginning."""
    head = content[:2048]
    return _NAMESPACE in head or _NAMESPACE.decode().encode("utf-16-le") in head


def parse(files: FileSet) -> Facts:
    """A link for a network with 802.1X, nothing for another.

    Raises:
        ParseError: no such profile, or XML with a document type, which could hold entities.
    """
    found = _texts(files.main)
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


def _texts(content: bytes) -> dict[str, list[str]]:
    """The texts of the elements that matter, by local name."""
    import pyexpat as expat

    found: dict[str, list[str]] = {name: [] for name in _TEXTS}
    path: list[str] = []
    text: list[str] = []
    roots: list[str] = []

    def refuse(*_args: object) -> None:
        raise ParseError("XML with a document type", expected="a Wi-Fi profile")

    def start(name: str, _attributes: object) -> None:
        path.append(name.rpartition(" ")[2].rpartition(":")[2])
        if len(path) > _MAX_DEPTH:
            raise ParseError("XML nested too deep", expected="a Wi-Fi profile")
        roots.extend(path if len(path) == 1 else ())
        text.clear()

    def end(_name: str) -> None:
        name = path.pop()
        if name in found and len(found[name]) < _MAX_DEPTH:
            found[name].append("".join(text)[:_MAX_TEXT].strip())
        text.clear()

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text.append
    try:
        parser.Parse(content, True)  # noqa: FBT003 - the last part; the parameter has no name
    except expat.ExpatError as exc:
        raise ParseError(f"XML error {exc.code}", expected="a Wi-Fi profile") from None
    except (LookupError, ValueError):
        raise ParseError("XML in an unknown encoding", expected="a Wi-Fi profile") from None
    if roots != ["WLANProfile"]:
        raise ParseError("another document", expected="a Wi-Fi profile")
    return found
