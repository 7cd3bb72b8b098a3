"""The users whose packages androidqf asked for: `package_users.json`, of androidqf after 1.8.3.

`{"users": [{"id": 10, "name": "Work", "flags": "1030", "running": true, "inventory_status": "collected|partial|failed",
"error": "…"}], "enumeration_error": "…"}`: the flags in hexadecimal, the status that of this user's packages; with an
enumeration error only the user in the foreground was asked for. Source: adb/package_users.go of androidqf.
"""

from typing import Any

import msgspec
from msgspec import Struct

from setapart_agent.collectors.android.parse.android_user import AndroidUser, united
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet, text
from setapart_evidence.statement import Maturity

KIND = "android.androidqf-users"
MATURITY: Maturity = "untested"

_HIGHEST_USER = 2**31
_LONGEST_FLAGS = 8


class _User(Struct, frozen=True):
    id: Any
    name: Any = None
    flags: Any = None
    running: Any = None
    inventory_status: Any = None


class _Report(Struct, frozen=True):
    users: tuple[_User, ...]
    enumeration_error: Any = None


class QfUsers(Struct, frozen=True, kw_only=True):
    """The users, those among them whose packages are not all there, and why there may be more users."""

    users: tuple[AndroidUser, ...]
    unread: frozenset[str]
    damage: str | None = None


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """Whether this is a report of androidqf about users."""
    head = content[:65536]
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and b'"inventory_status"' in head


def parse(files: FileSet) -> Facts:
    """The profiles."""
    return Facts(profiles=tuple(user.profile() for user in read(files.main).users))


def read(raw: bytes) -> QfUsers:
    """The users that a report lists.

    Raises:
        ParseError: not such a report, or one without users.
    """
    try:
        report = msgspec.json.decode(text(raw).encode(), type=_Report)
    except (msgspec.MsgspecError, RecursionError):
        raise ParseError("not a report about users", expected="package_users.json of androidqf") from None
    users: list[AndroidUser] = []
    unread: set[str] = set()
    damage = "androidqf could not list the users" if report.enumeration_error else None
    for one in report.users:
        if isinstance(one.id, bool) or not isinstance(one.id, int) or not 0 <= one.id < _HIGHEST_USER:
            damage = damage or "an entry of the list of users is broken"
            continue
        users.append(
            AndroidUser(
                id=str(one.id),
                name=one.name if isinstance(one.name, str) and one.name not in ("", "null") else None,
                flags=_flags(one.flags),
                running=one.running if isinstance(one.running, bool) else None,
            )
        )
        if one.inventory_status != "collected":
            unread.add(str(one.id))
    if not users:
        raise ParseError("no user is listed", expected="package_users.json of androidqf")
    return QfUsers(users=united(tuple(users)), unread=frozenset(unread), damage=damage)


def _flags(value: object) -> int | None:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_FLAGS or not value.isascii() or not value.isalnum():
        return None
    try:
        return int(value, 16)
    except ValueError:
        return None
