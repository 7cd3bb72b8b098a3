"""Configuration profiles of a Mac: as `profiles` and `system_profiler` list them, and as single files.

`profiles show -output stdout-xml` gives a dictionary: `_computerlevel` and users' names to lists of profiles.
`system_profiler SPConfigurationProfileDataType` (XML, JSON) nests sections, profiles and payloads in `_items`; a
payload's `_name` is its type and `spconfigprofile_payload_data` its keys, printed in OpenStep's form. Sources: the
tools' users in public code; the payloads' keys are those of Apple's reference.
"""

from collections.abc import Iterator

from setapart_agent.collectors.apple.parse import cms
from setapart_agent.collectors.apple.parse.configuration_profile import facts_of, read_profile
from setapart_agent.collectors.apple.parse.plist import is_plist, read_value, text_of
from setapart_agent.collectors.macos.parse import openstep
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import Coverage
from setapart_evidence.statement import Maturity

KIND = "macos.profiles"
MATURITY: Maturity = "untested"
COMPUTER = "_computerlevel"
DAMAGE = "a payload that can't be read"

_EXPECTED = "configuration profiles"
_LISTED = b"SPConfigurationProfileDataType"
_DATA = "spconfigprofile_payload_data"
_NONE = b"There are no configuration profiles"
_BLANK = b"\xef\xbb\xbf\r\n\t "


def recognise(name: str, content: bytes) -> bool:
    """By what the tools print; a profile file of its own by its name's end, since iPhones have the same."""
    if content.lstrip(_BLANK)[:1] == b"{":
        return b'"SPConfigurationProfileDataType"' in content
    if is_plist(content):
        return _LISTED in content or (b"ProfileItems" in content and COMPUTER.encode() in content)
    return name.endswith(".mobileconfig") and cms.is_signed(content)


def parse(files: FileSet) -> Facts:
    """What the profiles set up: accounts, VPNs, networks, management, blocks.

    Raises:
        ParseError: nothing of the kind.
    """
    value, damaged = _value(files.main)
    facts = facts_of(value, files.profile)
    if not damaged:
        return facts
    rows = tuple(
        Coverage(section=section, profile=files.profile, collector=KIND, status="partial", reason=DAMAGE)
        for section in ("accounts", "links")
    )
    return Facts(
        accounts=facts.accounts, apps=facts.apps, links=facts.links, enforcement=facts.enforcement, coverage=rows
    )


def by_owner(content: bytes) -> dict[str, object]:
    """The profiles that `profiles show` prints, by the user's name; the machine's own under `_computerlevel`.

    Raises:
        ParseError: no property list.
    """
    if _NONE in content and not is_plist(content.lstrip(_BLANK)):  # a profile may describe itself so
        return {}
    value = read_value(content, _EXPECTED)
    if not isinstance(value, dict):
        raise ParseError("a property list without a dictionary on top", expected=_EXPECTED)
    return value


def _value(content: bytes) -> tuple[object, bool]:
    """What holds the payloads, and whether some of it could not be read."""
    if content.lstrip(_BLANK)[:1] == b"{":
        from setapart_agent.collectors.browser.parse.json_file import decoded

        return _listed(decoded(content, _EXPECTED))
    if _LISTED in content:
        return _listed(read_value(content, _EXPECTED))
    if COMPUTER.encode() in content:
        return read_value(content, _EXPECTED), False
    return read_profile(content), False


def _listed(value: object) -> tuple[object, bool]:
    """The payloads that system_profiler lists, as a profile would hold them."""
    found: list[object] = []
    damaged = False
    for kind, printed in _printed(value):
        try:
            found.append({"PayloadType": kind, "PayloadContent": openstep.read(printed)})
        except ParseError:
            damaged = True
            found.append({"PayloadType": kind})
    return found, damaged


def _printed(value: object) -> Iterator[tuple[str, str]]:
    waiting: list[object] = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            name, data = text_of(one, "_name"), text_of(one, _DATA)
            if name is not None and data is not None:
                yield name, data
            waiting.extend(held for held in one.values() if isinstance(held, list | dict))
        elif isinstance(one, list):
            waiting.extend(one)
