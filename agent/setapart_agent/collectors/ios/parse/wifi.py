"""Known Wi-Fi networks that ask who one is: `com.apple.wifi.known-networks.plist` (iOS 14) and `com.apple.wifi.plist`.

They are read as `apple.parse.enterprise_networks` says. Names of the files are from a real backup of iOS 14; no capture
of their content was at hand.
"""

from setapart_agent.collectors.apple.parse.enterprise_networks import links_of
from setapart_agent.collectors.apple.parse.plist import is_plist, read_plist
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.statement import Maturity

KIND = "ios.wifi"
MATURITY: Maturity = "untested"

_NAMES = frozenset(
    {"com.apple.wifi.known-networks.plist", "com.apple.wifi.plist", "com.apple.wifi-networks.plist"}
)  # fmt: skip


def recognise(name: str, content: bytes) -> bool:
    """By name; a Mac keeps files of the same name in `/Library/Preferences`."""
    path = name.replace("\\", "/")
    return path.rpartition("/")[2] in _NAMES and "/Library/Preferences/" not in path and is_plist(content)


def parse(files: FileSet) -> Facts:
    """A link for every organisation that a network names, or one without a target.

    Raises:
        ParseError: no property list.
    """
    return Facts(links=links_of(read_plist(files.main, "known Wi-Fi networks"), files.profile))
