"""TbSync, Thunderbird's add-on for Exchange ActiveSync, CalDAV and CardDAV: `TbSync/accounts68.json` in a profile.

Format: TbSync, content/modules/db.js: accounts by number under `data`.
"""

import json

from setapart_agent.collectors.desktop.parse.account import account
from setapart_agent.errors import ParseError
from setapart_agent.facts import AccountFact, Facts, FileSet, text
from setapart_evidence.statement import Maturity

KIND = "linux.tbsync"
MATURITY: Maturity = "untested"


def recognise(name: str, content: bytes) -> bool:
    """By name and its one table."""
    name = name.rpartition("/")[2]
    return name.startswith("accounts") and name.endswith(".json") and b'"provider"' in content


def parse(files: FileSet) -> Facts:
    """Each account; both of its protocols reach calendar and contacts, never mail.

    Raises:
        ParseError: not JSON of this shape.
    """
    try:
        found = json.loads(text(files.main))
        table = found["data"].values()
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise ParseError("no accounts", expected="TbSync's accounts68.json") from None
    made: list[AccountFact] = []
    for one in table:
        if not isinstance(one, dict) or not isinstance(one.get("provider"), str):
            continue
        server = next(
            (value for key in ("host", "calDavHost", "cardDavHost") if isinstance(value := one.get(key), str)), None
        )
        user = one.get("user")
        made.append(
            account(
                files.profile,
                f"tbsync:{one['provider']}",
                ("calendar", "contacts"),
                user=user if isinstance(user, str) else None,
                server=server,
                enabled=one.get("status") != "disabled",
            )
        )
    return Facts(accounts=tuple(dict.fromkeys(made)))
