"""What a device tells its manager beside its apps: ProfileList, DeviceInformation, SecurityInfo, check-ins.

See `apple_responses` for the protocol. Certificates are listed without saying what for, so nothing is made of them.
"""

from collections.abc import Iterator

from setapart_agent.collectors.mdm.parse import apple_responses
from setapart_agent.collectors.mdm.parse.export import Export, side_by_side
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.statement import Maturity

KIND = apple_responses.PROFILES
MATURITY: Maturity = "captures"


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """By the words of the protocol."""
    return apple_responses.is_response(content)


def parse(files: FileSet) -> Facts:
    """Everything that the file tells of the device, or of all of them side by side.

    Raises:
        ParseError: not a plist, or no response in it.
    """
    return side_by_side(devices(files.main))


def devices(raw: bytes) -> Iterator[Export]:
    """Device after device.

    Raises:
        ParseError: not a plist, or no response in it.
    """
    return apple_responses.devices(raw)
