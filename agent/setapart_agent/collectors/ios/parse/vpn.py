"""VPN configurations of iOS: `com.apple.networkextension.plist`, and `preferences.plist` of SystemConfiguration.

Both are read as `apple.parse.vpn_settings` says; no capture was at hand.
"""

from setapart_agent.collectors.apple.parse import vpn_settings
from setapart_agent.collectors.apple.parse.keyed_archive import is_keyed_archive
from setapart_agent.collectors.apple.parse.plist import dict_of, is_plist, read_plist
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.statement import Maturity

KIND = "ios.vpn"
MATURITY: Maturity = "untested"

_ARCHIVE = "com.apple.networkextension.plist"
_SERVICES = "NetworkServices"


def recognise(name: str, content: bytes) -> bool:
    """By name, or by the class that every such archive holds; a Mac keeps the same files in `/Library/Preferences`."""
    path = name.replace("\\", "/")
    name = path.rpartition("/")[2]
    if "/Library/Preferences/" in path:
        return False
    if name == _ARCHIVE:
        return is_plist(content)
    if name == "preferences.plist":
        return is_plist(content) and _SERVICES.encode() in content
    return is_keyed_archive(content) and b"NEConfiguration" in content


def parse(files: FileSet) -> Facts:
    """A link per server; one without a target for a VPN that names none.

    Raises:
        ParseError: neither an archive nor a property list.
    """
    if is_keyed_archive(files.main):
        return Facts(links=vpn_settings.of_archive(files.main, files.profile))
    services = dict_of(read_plist(files.main, "VPN settings"), _SERVICES)
    return Facts(links=vpn_settings.of_services(services, files.profile))
