"""`com.apple.accounts.exists.plist`: how many accounts of each type there are, children and Apple's own included.

Per type `<type>.count` and `<type>.exists`, written by accountsd for programs that may not read the database. It names
nobody, and so it only tells whether the database that was read is whole. Source: a real file of iOS 15.
"""

import re
from collections.abc import Mapping

from setapart_agent.collectors.apple.parse.account_types import SERVICES
from setapart_agent.collectors.apple.parse.plist import int_of, is_plist, read_plist
from setapart_agent.errors import ParseError
from setapart_agent.facts import AccountFact, Facts, FileSet
from setapart_evidence.model import Coverage
from setapart_evidence.statement import Maturity

KIND = "ios.accounts-exists"
MATURITY: Maturity = "captures"
ONLY_COUNTS = "only the number of accounts of each type is known"

_COUNT, _EXISTS = ".count", ".exists"
_KEY = re.compile(rb"com\.apple\.account\.\w{1,60}\.exists")
_MOST = 2_000


def recognise(name: str, content: bytes) -> bool:
    """By name, or by keys that no other file has."""
    name = name.replace("\\", "/").rpartition("/")[2]
    return is_plist(content) and (name == "com.apple.accounts.exists.plist" or _KEY.search(content) is not None)


def parse(files: FileSet) -> Facts:
    """An account per one counted, for the types that reach mail, calendar or contacts; whose they are is not known.

    Raises:
        ParseError: no such counts.
    """
    accounts = [
        AccountFact(profile=files.profile, type=kind, services=SERVICES[kind])
        for kind, count in counts(files.main).items()
        if kind in SERVICES
        for _ in range(min(count, _MOST))
    ]
    row = Coverage(
        section="accounts", profile=files.profile, collector="ios.accounts", status="partial", reason=ONLY_COUNTS
    )
    return Facts(accounts=tuple(accounts[:_MOST]), coverage=(row,))


def counts(raw: bytes) -> Mapping[str, int]:
    """The number of accounts by type; none of a type is 0 or not there.

    Raises:
        ParseError: no such counts.
    """
    found = read_plist(raw, "com.apple.accounts.exists.plist")
    counted = {
        key.removesuffix(_COUNT): count
        for key in found
        if key.endswith(_COUNT) and (count := int_of(found, key)) is not None
    }
    if not counted and not any(key.endswith(_EXISTS) for key in found):
        raise ParseError("no counts of accounts", expected="com.apple.accounts.exists.plist")
    return counted


def missing(counted: Mapping[str, int], seen: Mapping[str, int]) -> tuple[str, ...]:
    """The types that reach data, and of which a database showed fewer accounts than are counted."""
    return tuple(kind for kind in SERVICES if counted.get(kind, 0) > seen.get(kind, 0))
