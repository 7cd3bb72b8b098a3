"""Configuration profiles of an iPhone or iPad: as a file, as the device stores them, and what stands beside them.

A device keeps them in `Library/ConfigurationProfiles` of its configurationprofiles container: `profile-<digest>.stub`,
`PayloadManifest.plist` (their identifiers), `ProfileTruth.plist` (what they enforce together), `MDM.plist`,
`CloudConfigurationDetails.plist`; those of an enrolled user are in `Library/UserConfigurationProfiles` of his home. A
stub keeps a payload's keys but for passwords. Source: the file list of a real backup of iOS 14, Apple's
device-management documentation for the payloads, and what ManagedConfiguration of iOS 26 writes into stubs.
"""

from setapart_agent.collectors.apple.parse import cms
from setapart_agent.collectors.apple.parse import configuration_profile as shared
from setapart_agent.collectors.apple.parse.plist import is_plist
from setapart_agent.facts import Facts, FileSet, unite
from setapart_evidence.statement import Maturity

KIND = "ios.profiles"
MATURITY: Maturity = "captures"
NAMES = frozenset(
    {
        "PayloadManifest.plist",
        "ProfileTruth.plist",
        "ClientTruth.plist",
        "CloudConfigurationDetails.plist",
        "MDM.plist",
    }
)
_STUB = ".stub"
_BESIDE = (
    (b"OrderedProfiles", b"HiddenProfiles"),
    (b"restrictedBool",),
    (b"CloudConfigurationUIComplete", b"IsSupervised"),
    (b"AccessRights", b"ServerURL", b"Topic"),
)
"""Words of the files beside the profiles, for those that lost their names."""
_OTHERS = (b"CommandUUID", b"ProfileItems", b"<key>Status</key>")
"""Words of a device manager's answers and of what macOS prints: other kinds."""


def recognise(name: str, content: bytes) -> bool:
    """By name, or by the words of a profile or of what stands beside profiles."""
    name = name.replace("\\", "/").rpartition("/")[2]
    if name in NAMES or name.endswith((_STUB, ".mobileconfig")):
        return is_plist(content) or cms.is_signed(content)
    if any(word in content for word in _OTHERS):
        return False
    beside = is_plist(content) and any(all(word in content for word in words) for words in _BESIDE)
    return beside or shared.is_profile(content)


def is_stored_profile(path: str) -> bool:
    """Whether a file of the device is a profile, by its name."""
    name = path.rpartition("/")[2]
    return name.startswith("profile-") or name.endswith(_STUB)


def parse(files: FileSet) -> Facts:
    """What the profile, or the file beside the profiles, sets up.

    Raises:
        ParseError: no property list, signed or not.
    """
    found = shared.read_profile(files.main)
    return unite((shared.facts_of(found, files.profile), shared.facts_of_device_file(found, files.profile)))
