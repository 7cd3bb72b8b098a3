"""KDE's and Ubuntu's online accounts: `~/.config/libaccounts-glib/accounts.db`.

Format: libaccounts-glib, ag-manager.c: tables Accounts, Services, Settings; a setting's value is GVariant text, and
`enabled` is kept per service.
"""

from collections.abc import Mapping

from setapart_agent.collectors.desktop.parse.account import account
from setapart_agent.errors import ParseError
from setapart_agent.facts import AccountFact, Facts, FileSet
from setapart_evidence.model import Service
from setapart_evidence.statement import Maturity

KIND = "linux.kaccounts"
MATURITY: Maturity = "untested"
QUERIES: Mapping[str, str] = {
    "accounts": "SELECT id, name, provider, enabled FROM Accounts",
    "settings": (
        "SELECT Settings.account, Settings.key, Settings.value, Services.type, Services.name FROM Settings "
        "LEFT JOIN Services ON Services.id = Settings.service"
    ),
}
_WORDS: dict[str, Service] = {
    "mail": "mail",
    "calendar": "calendar",
    "contact": "contacts",
    "carddav": "contacts",
    "caldav": "calendar",
    "storage": "files",
    "drive": "files",
    "file": "files",
}
_HOSTS = ("dav/host", "host", "server", "url")


def recognise(name: str, content: bytes) -> bool:
    """By name; it is an sqlite database."""
    name = name.rpartition("/")[2]
    return name == "accounts.db" and content.startswith(b"SQLite format 3\x00")


def parse(files: FileSet) -> Facts:
    """The accounts with what is switched on in them.

    Raises:
        ParseError: the tables are not there.
    """
    if "accounts" not in files.rows:
        raise ParseError("no table Accounts", expected="a database of libaccounts")
    made = [
        _account(files, row[0], str(row[1] or ""), str(row[2] or "unknown"), enabled=bool(row[3]))
        for row in files.rows["accounts"]
    ]
    return Facts(accounts=tuple(dict.fromkeys(made)))


def _account(files: FileSet, number: object, name: str, provider: str, *, enabled: bool) -> AccountFact:
    user, server = name, None
    offered: list[Service] = []
    on: list[Service] = []
    for account_id, key, raw, kind, service in files.rows.get("settings", ()):
        if account_id != number:
            continue
        value = str(raw or "").strip("'\"")
        label = f"{kind or ''} {service or ''}".lower()
        reach = next((found for word, found in _WORDS.items() if word in label), None)
        if reach is not None:
            offered.append(reach)
            if key == "enabled" and value == "true":
                on.append(reach)
        if key in _HOSTS and server is None:
            server = value
        elif key == "username" and "@" not in user:
            user = value or user
    return account(
        files.profile,
        f"kaccounts:{provider}",
        on or offered,
        user=user,
        server=server,
        enabled=enabled and bool(on or not offered),
    )
