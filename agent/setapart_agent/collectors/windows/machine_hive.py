"""Everything that a hive or export of the machine's part of the registry tells: `SOFTWARE`, `SYSTEM`, HKLM."""

from setapart_agent.collectors.windows import registry_file
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.statement import Maturity

KIND = "windows.machine-hive"
MATURITY: Maturity = "captures"
companions = registry_file.companions


def recognise(name: str, content: bytes) -> bool:
    """The machine's hives by the name that they carry, or an export of nothing but HKLM."""
    return registry_file.topic_of(name, content) == "machine-hive"


def parse(files: FileSet) -> Facts:
    """All facts; programs, packages and joins under the profile `system`.

    Raises:
        ParseError: neither hive nor export, or broken beyond use.
    """
    return registry_file.everything(files)
