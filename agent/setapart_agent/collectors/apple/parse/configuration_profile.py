"""Configuration profiles: as files (`.mobileconfig`, plain or signed), as devices store them, and as they are listed.

A profile is a property list whose `PayloadContent` holds payloads, each with a `PayloadType` (Apple's Configuration
Profile Reference). Devices keep `profile-<digest>.stub` files of the same shape; `profiles show` of macOS calls the
list `ProfileItems` and puts a payload's keys into a `PayloadContent` of its own; a device manager's ProfileList gives
the payloads' types and little else. All of them are read by walking to whatever has a payload's type.

What stands beside the profiles on a device is read as well: `MDM.plist` (the server), `CloudConfigurationDetails.plist`
(the organisation's server at activation), `ProfileTruth.plist` (what all profiles together enforce).
"""

from collections.abc import Iterator

from setapart_agent.collectors.apple.parse import cms
from setapart_agent.collectors.apple.parse.payloads import app_block, facts_of_payload
from setapart_agent.collectors.apple.parse.plist import Dict, dict_of, is_plist, list_of, read_plist, text_of, texts_of
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, host_of, unite
from setapart_evidence.model import Link

_EXPECTED = "a configuration profile"
_TOP = frozenset({"Configuration", "Profile Service"})
_SPECIFIC = "com.apple."
_BLOCK_KEYS = ("blockedAppBundleIDs", "blacklistedAppBundleIDs")


def is_profile(content: bytes) -> bool:
    """Whether this looks like a profile, signed or not, by words that every one of them has."""
    return (
        (is_plist(content) or cms.is_signed(content))
        and b"PayloadType" in content
        and (b"PayloadContent" in content or b"ProfileItems" in content)
    )


def read_profile(raw: bytes) -> dict[str, object]:
    """The dictionary of a profile file, taken out of its signature where it has one.

    Raises:
        ParseError: no profile, or an encrypted one.
    """
    if cms.is_signed(raw):
        raw = cms.content_of(raw)
    profile = read_plist(raw, _EXPECTED)
    if "EncryptedPayloadContent" in profile and "PayloadContent" not in profile:
        raise ParseError("a profile that is encrypted for one device", expected=_EXPECTED)
    return profile


def facts_of(value: object, profile: str) -> Facts:
    """What profiles set up, wherever in this value their payloads stand.

    Args:
        value: a profile, a list of profiles, or what a tool printed of them: any value of a property list or of JSON.
            It must be a tree: what `read_plist` and `json` give.
        profile: the profile of the device that the facts belong to.
    """
    return unite(facts_of_payload(kind, payload, profile) for kind, payload in payloads(value))


def payloads(value: object) -> Iterator[tuple[str, Dict]]:
    """Every payload with its type, in the order of the profile.

    A payload's keys stand beside its type, or in a `PayloadContent` of its own; both count.
    """
    waiting: list[object] = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list | tuple):
            waiting.extend(reversed(one))
        elif isinstance(one, dict):
            kind = text_of(one, "PayloadType")
            if kind is not None and kind not in _TOP and kind.startswith(_SPECIFIC):
                yield kind, {**dict_of(one, "PayloadContent"), **one}
            waiting.extend(reversed([held for held in one.values() if isinstance(held, list | dict | tuple)]))


def facts_of_device_file(value: Dict, profile: str) -> Facts:
    """What a file beside the stored profiles tells: the server of device management, and what is enforced."""
    links: list[Link] = []
    server = text_of(value, "ServerURL", "CheckInURL")
    if server is not None and ("Topic" in value or "AccessRights" in value):
        links.append(Link(kind="mdm", target=host_of(server), profile=profile))
    cloud = text_of(value, "ConfigurationURL", "CloudConfigurationURL")
    if cloud is not None and ("OrganizationName" in value or "IsSupervised" in value or "IsMandatory" in value):
        links.append(Link(kind="mdm", target=host_of(cloud), profile=profile))
    union = dict_of(value, "union")
    blocked: dict[str, object] = {
        key: [*texts_of(dict_of(union, key), "values")] for key in _BLOCK_KEYS if dict_of(union, key)
    }
    return Facts(links=tuple(dict.fromkeys(links)), enforcement=app_block(blocked))


def listed_profiles(value: Dict) -> tuple[str, ...]:
    """The identifiers of installed profiles in `PayloadManifest.plist`."""
    names = (*list_of(value, "OrderedProfiles"), *list_of(value, "HiddenProfiles"))
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str)))
