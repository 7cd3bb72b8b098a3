"""Bindings to directories: `/Library/Preferences/OpenDirectory/Configurations/<module>/*.plist`.

Sources: opendirectoryd's configurations as osquery's table `ad_config` and others read them: `node name`
(`/Active Directory/CORP`, `/LDAPv3/ldap.corp.example`), for Active Directory `module options` → `ActiveDirectory` →
`domain`, `forest`, `trust domain`. `/Library/Preferences/DirectoryService/ActiveDirectory.plist` is the form of macOS
10.6 (`AD Default Domain`).
"""

from setapart_agent.collectors.apple.parse.plist import bool_of, dict_of, is_plist, read_plist, text_of
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import Link, LinkKind
from setapart_evidence.statement import Maturity

KIND = "macos.open-directory"
MATURITY: Maturity = "untested"

_EXPECTED = "a configuration of opendirectoryd"
_LOCAL = ("/Local", "/Search", "/Contacts", "/Configure", "/BSD", "/NIS")
_OLD = (b"AD Default Domain", b"AD Bound to Domain")


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """By the keys that bindings have."""
    return is_plist(content) and (
        (b"node name" in content and b"module options" in content) or any(key in content for key in _OLD)
    )


def parse(files: FileSet) -> Facts:
    """The join, and for Active Directory the realm; none for the nodes that every Mac has.

    Raises:
        ParseError: no property list.
    """
    binding = read_plist(files.main, _EXPECTED)
    node = text_of(binding, "node name") or ""
    options = dict_of(dict_of(binding, "module options"), "ActiveDirectory")
    domain = text_of(options, "domain", "trust domain", "forest") or text_of(binding, "AD Default Domain")
    if domain is None and (not node or f"{node}/".startswith(tuple(f"{one}/" for one in _LOCAL))):
        return Facts()
    if domain is not None:
        if "AD Bound to Domain" in binding and not bool_of(binding, "AD Bound to Domain"):
            return Facts()
        domain = domain.strip().strip(".").lower()
        kinds: tuple[LinkKind, ...] = ("directory-join", "kerberos")
        return Facts(links=tuple(Link(kind=kind, target=domain, profile=files.profile) for kind in kinds))
    name = node.strip("/").rpartition("/")[2].strip().lower()
    return Facts(links=(Link(kind="directory-join", target=name or None, profile=files.profile),))
