"""VPNs among the network services: `/Library/Preferences/SystemConfiguration/preferences.plist`.

`NetworkServices` is read as `apple.parse.vpn_settings` says; `Model` is the hardware's identifier.
"""

from setapart_agent.collectors.apple.parse import vpn_settings
from setapart_agent.collectors.apple.parse.plist import dict_of, is_plist, read_plist, text_of
from setapart_agent.facts import DeviceFacts, Facts, FileSet
from setapart_evidence.statement import Maturity

KIND = "macos.network-services"
MATURITY: Maturity = "untested"

_EXPECTED = "preferences.plist of SystemConfiguration"


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """By its parts."""
    return is_plist(content) and b"NetworkServices" in content and b"CurrentSet" in content


def parse(files: FileSet) -> Facts:
    """Every VPN, with its server, and the model of the Mac.

    Raises:
        ParseError: no property list.
    """
    preferences = read_plist(files.main, _EXPECTED)
    return Facts(
        device=DeviceFacts(platform="macos", model=text_of(preferences, "Model")),
        links=vpn_settings.of_services(dict_of(preferences, "NetworkServices"), files.profile),
    )
