import json

import pytest

from setapart_agent.collectors.android.parse import androidqf_users as parser
from setapart_agent.errors import ParseError
from setapart_agent.facts import FileSet


def report(*users: object, error: str = "") -> bytes:
    return json.dumps({"users": users} | ({"enumeration_error": error} if error else {})).encode()


OWNER = {"id": 0, "name": "Owner", "flags": "4c13", "running": True, "inventory_status": "collected"}
WORK = {"id": 10, "name": "Work", "flags": "1030", "running": False, "inventory_status": "failed", "error": "denied"}


def test_users_and_those_whose_packages_are_not_all_there() -> None:
    found = parser.read(report(WORK, OWNER))
    assert [(user.id, user.kind, user.running) for user in found.users] == [
        ("0", "primary", True),
        ("10", "work", False),
    ]
    assert (found.unread, found.damage) == (frozenset({"10"}), None)


def test_where_androidqf_could_not_list_users_there_may_be_more() -> None:
    assert parser.read(report(OWNER, error="enumerating Android users: denied")).damage is not None


@pytest.mark.parametrize("broken", [{"id": "10"}, {"id": -1}, {"id": True}, {"id": 2**40}, {"id": None}])
def test_a_broken_entry_makes_the_list_doubtful(broken: dict[str, object]) -> None:
    found = parser.read(report(OWNER, broken))
    assert [user.id for user in found.users] == ["0"]
    assert found.damage is not None


@pytest.mark.parametrize("flags", ["", "xyz", "+1", "1_0", "123456789", 19475, None, "٣"])
def test_flags_that_are_none_are_unknown(flags: object) -> None:
    assert parser.read(report(OWNER | {"flags": flags})).users[0].flags is None


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{}", b'{"users": []}', b'{"users": 3}', b"[" * 100_000, report("x"), b"\xff"]
)
def test_what_is_no_report_is_an_error_of_ours(raw: bytes) -> None:
    with pytest.raises(ParseError):
        parser.read(raw)


def test_it_is_recognised_and_gives_profiles() -> None:
    raw = report(OWNER, WORK)
    assert parser.recognise("package_users.json", raw)
    assert not parser.recognise("package_users.json", b"[]")
    assert [profile.id for profile in parser.parse(FileSet(files={"main": raw})).profiles] == ["0", "10"]
