"""Everything that one hive or export of the registry tells of users: `NTUSER.DAT`, `reg export HKCU`."""

from setapart_agent.collectors.windows import registry_file
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.statement import Maturity

KIND = "windows.user-hive"
MATURITY: Maturity = "captures"
companions = registry_file.companions


def recognise(name: str, content: bytes) -> bool:
    """A user's hive, a part of one, or an export that holds keys of users."""
    return registry_file.topic_of(name, content) == "user-hive"


def parse(files: FileSet) -> Facts:
    """All facts, of every user whose keys are there.

    Raises:
        ParseError: neither hive nor export, or broken beyond use.
    """
    return registry_file.everything(files)
