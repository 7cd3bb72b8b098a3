"""The programs alone that the registry lists for uninstalling: of a hive, an export, or a list by PowerShell."""

from setapart_agent.collectors.windows import registry_file
from setapart_agent.collectors.windows.parse import uninstall_list
from setapart_agent.collectors.windows.parse.installed_programs import read_programs
from setapart_agent.collectors.windows.parse.reading import Reading
from setapart_agent.facts import Facts, FileSet, unite
from setapart_evidence.model import SYSTEM_PROFILE
from setapart_evidence.statement import Maturity

KIND = "windows.uninstall"
MATURITY: Maturity = "captures"
companions = registry_file.companions


def recognise(name: str, content: bytes) -> bool:
    """An export of nothing but such keys, or a list of them."""
    return registry_file.topic_of(name, content) == "uninstall" or uninstall_list.is_list(content)


def parse(files: FileSet) -> Facts:
    """The programs of every user and of the machine.

    Raises:
        ParseError: neither hive nor export nor list, or broken beyond use.
    """
    if uninstall_list.is_list(files.main):
        return uninstall_list.parse(files)
    parts = registry_file.open_registry(files)
    found = []
    for profile, software in (
        *((user.profile, user.software) for user in parts.users),
        (SYSTEM_PROFILE, parts.software),
    ):
        reading = Reading(profile)
        read_programs(reading, software)
        found.append(reading.facts())
    return unite((*found, *registry_file.doubts(parts, ("apps",))))
