"""The AppX and MSIX packages alone: of a hive or an export of the registry, or as `Get-AppxPackage` lists them.

`UsrClass.dat` is such a hive.
"""

from setapart_agent.collectors.windows import registry_file
from setapart_agent.collectors.windows.parse import store_package_list
from setapart_agent.collectors.windows.parse.reading import Reading
from setapart_agent.collectors.windows.parse.store_packages import (
    REPOSITORY,
    USER_REPOSITORY,
    read_machine_packages,
    read_user_packages,
)
from setapart_agent.facts import Facts, FileSet, unite
from setapart_evidence.model import SYSTEM_PROFILE
from setapart_evidence.statement import Maturity

KIND = "windows.appx"
MATURITY: Maturity = "untested"
companions = registry_file.companions


def recognise(name: str, content: bytes) -> bool:
    """A user's classes, an export of nothing but such keys, or a list of packages."""
    return registry_file.topic_of(name, content) == "appx" or store_package_list.is_list(content)


def parse(files: FileSet) -> Facts:
    """The packages of every user and of the machine.

    Raises:
        ParseError: neither hive nor export nor list, or broken beyond use.
    """
    if store_package_list.is_list(files.main):
        return store_package_list.parse(files)
    parts = registry_file.open_registry(files)
    found = []
    for user in parts.users:
        reading = Reading(user.profile)
        read_user_packages(reading, user.classes, REPOSITORY)
        read_user_packages(reading, user.software, USER_REPOSITORY)
        found.append(reading.facts())
    machine = Reading(SYSTEM_PROFILE)
    read_machine_packages(machine, parts.software)
    return unite((*found, machine.facts(), *registry_file.doubts(parts, ("apps",))))
