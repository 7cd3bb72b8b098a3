"""The AppX and MSIX packages alone of a hive or an export of the registry; `UsrClass.dat` is such a hive."""

from setapart_agent.collectors.windows import registry_file
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
    """A user's classes, or an export of nothing but such keys."""
    return registry_file.topic_of(name, content) == "appx"


def parse(files: FileSet) -> Facts:
    """The packages of every user and of the machine.

    Raises:
        ParseError: neither hive nor export, or broken beyond use.
    """
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
