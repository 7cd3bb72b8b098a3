"""Outlook's accounts alone of a hive or an export of the registry."""

from setapart_agent.collectors.windows import registry_file
from setapart_agent.collectors.windows.parse.outlook_profile import read_outlook
from setapart_agent.collectors.windows.parse.reading import Reading
from setapart_agent.facts import Facts, FileSet, unite
from setapart_evidence.statement import Maturity

KIND = "windows.outlook"
MATURITY: Maturity = "captures"
companions = registry_file.companions


def recognise(name: str, content: bytes) -> bool:
    """An export of nothing but profiles of Outlook."""
    return registry_file.topic_of(name, content) == "outlook"


def parse(files: FileSet) -> Facts:
    """The accounts of every user's profiles.

    Raises:
        ParseError: neither hive nor export, or broken beyond use.
    """
    parts = registry_file.open_registry(files)
    found = []
    for user in parts.users:
        reading = Reading(user.profile)
        read_outlook(reading, user.software)
        found.append(reading.facts())
    return unite((*found, *registry_file.doubts(parts, ("accounts",))))
