"""Networks that want a user's identity.

`com.apple.wifi.known-networks.plist` and, before macOS 11, `com.apple.airport.preferences.plist` hold a dictionary per
Wi-Fi network; `com.apple.network.eapolclient.configuration.plist` the profiles of 802.1X, also those for cables, which
outlive the configuration profile that they came with. All are read as `apple.parse.enterprise_networks` says; no
capture of an enterprise network was at hand.
"""

from setapart_agent.collectors.apple.parse.enterprise_networks import CLIENT, links_of
from setapart_agent.collectors.apple.parse.plist import is_plist, read_plist
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.statement import Maturity

KIND = "macos.known-networks"
MATURITY: Maturity = "untested"

_EXPECTED = "a list of known networks"
_KNOWN = b"wifi.network."
_WIRED = "com.apple.network.eapolclient.configuration.plist"


def recognise(name: str, content: bytes) -> bool:
    """By the names of networks, or by the lists' names."""
    if not is_plist(content):
        return False
    if name.replace("\\", "/").rpartition("/")[2] == _WIRED:
        return CLIENT.encode() in content
    return (_KNOWN in content and b"SupportedSecurityTypes" in content) or (
        b"KnownNetworks" in content and b"SSID" in content
    )


def parse(files: FileSet) -> Facts:
    """Every enterprise network, with the organisations that it names, or none.

    Raises:
        ParseError: no property list.
    """
    return Facts(links=links_of(read_plist(files.main, _EXPECTED), files.profile))
