import json

import pytest

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.desktop.parse import tbsync
from setapart_agent.errors import ParseError

ACCOUNTS = json.dumps(
    {
        "sequence": 2,
        "data": {
            "1": {"provider": "eas", "host": "ex.corp.example", "user": "ada@corp.example", "status": "success"},
            "2": {"provider": "dav", "calDavHost": "dav.home.example", "user": 7, "status": "disabled"},
            "3": None,
        },
    }
)


def test_each_account() -> None:
    assert [(one.type, one.host, one.domain, one.enabled) for one in parsed(tbsync, ACCOUNTS).accounts] == [
        ("tbsync:eas", "ex.corp.example", "corp.example", True),
        ("tbsync:dav", "dav.home.example", None, False),
    ]


@pytest.mark.parametrize("content", ["", "[]", '{"data": []}', "[" * 100_000, "1"])
def test_another_shape_is_refused(content: str) -> None:
    with pytest.raises(ParseError):
        parsed(tbsync, content)


def test_broken_files_survive() -> None:
    assert_survives(tbsync, "accounts68.json", ACCOUNTS.encode())
