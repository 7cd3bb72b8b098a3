"""The accounts of an iPhone or iPad: Accounts3.sqlite of HomeDomain, also its verified copy."""

from setapart_agent.collectors.apple.parse import accounts_db
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.statement import Maturity

KIND = "ios.accounts"
MATURITY: Maturity = "captures"
QUERIES = accounts_db.queries


def recognise(name: str, content: bytes) -> bool:
    """By its tables; a file named as macOS names its own is not this."""
    name = name.replace("\\", "/").rpartition("/")[2]
    if not content.startswith(b"SQLite format 3\x00") or name.startswith("Accounts4"):
        return False
    return name.startswith("Accounts3.sqlite") or accounts_db.recognise(content)


def parse(files: FileSet) -> Facts:
    """The accounts with what is switched on in them, and what of them is a link.

    Raises:
        ParseError: the tables are not there.
    """
    return accounts_db.facts_of(files)
