"""VPNs of system settings and of apps: `/Library/Preferences/com.apple.networkextension.plist`.

Read as `apple.parse.vpn_settings` says; no capture was at hand.
"""

from setapart_agent.collectors.apple.parse import vpn_settings
from setapart_agent.collectors.apple.parse.keyed_archive import is_keyed_archive
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.statement import Maturity

KIND = "macos.network-extension"
MATURITY: Maturity = "untested"


def recognise(name: str, content: bytes) -> bool:
    """By the class of a configuration, or by name."""
    name = name.replace("\\", "/").rpartition("/")[2]
    return is_keyed_archive(content) and (b"NEConfiguration" in content or name == "com.apple.networkextension.plist")


def parse(files: FileSet) -> Facts:
    """Every VPN that is configured, with its server; one without a target where it names none.

    Raises:
        ParseError: no archive.
    """
    return Facts(links=vpn_settings.of_archive(files.main, files.profile))
