"""The accounts of a Mac's user: `~/Library/Accounts/Accounts4.sqlite`, and Accounts3.sqlite before macOS 10.14."""

from setapart_agent.collectors.apple.parse import accounts_db
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.statement import Maturity

KIND = "macos.accounts"
MATURITY: Maturity = "untested"
QUERIES = accounts_db.queries


def recognise(name: str, content: bytes) -> bool:
    """By the name that only macOS gives: the tables are those of iOS."""
    name = name.replace("\\", "/").rpartition("/")[2]
    return content.startswith(b"SQLite format 3\x00") and name.startswith("Accounts4")


def parse(files: FileSet) -> Facts:
    """The accounts with what is switched on in them, and what of them is a link.

    Raises:
        ParseError: the tables are not there.
    """
    return accounts_db.facts_of(files)
