from pathlib import Path

import pytest

from setapart_agent.collectors.android.parse import dumpsys_content
from setapart_agent.collectors.registry import recognise
from setapart_agent.errors import ParseError
from setapart_agent.facts import FileSet

NEW = """Data connected: true
Sync Status
Account a b@corp.example u10 org.example.sync
=======================================================================
Authority               Syncable  Enabled  Stats     Loc  Poll
com.android.calendar    1         true     Total       0     0
com.android.contacts    0         false    Total       0     0
gmail-ls                -1        false    Total       0     0
org.example.notes       1         true     Total       0     0
Account c u0 org.example.none
=======================================================================
Authority  Syncable  Enabled
Sync Statistics
com.android.contacts    1         true
"""
OLD = """Sync Status
  Account a@corp.example com.google:
    com.android.contacts:
      settings: syncable, enabled
    com.android.calendar:
      settings: not syncable

SyncAdapters:
  ServiceInfo: SyncAdapterType {name=gmail-ls, type=com.google}, ComponentInfo{a/b}
"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_count_of_accounts_in_its_head_makes_it_no_dump_of_the_account_service(end: str) -> None:
    head = "Clock valid: true\nAccounts: 2\nNow: 319303 (2026-05-12 15:23:31)\nUptime: 5m19s\n\nActive Syncs: 0\n\n"
    content = (head + NEW).replace("\n", end).encode()
    assert recognise(Path("capture.txt"), content) == dumpsys_content.KIND


def test_the_table_of_later_android() -> None:
    assert [(one.user, one.name, one.type, one.services) for one in dumpsys_content.read(NEW)] == [
        ("10", "a b@corp.example", "org.example.sync", ("mail", "calendar")),
        ("0", "c", "org.example.none", ()),
    ]


def test_the_list_of_old_android() -> None:
    assert [(one.user, one.type, one.services) for one in dumpsys_content.read(OLD)] == [
        ("0", "com.google", ("contacts",))
    ]


def test_parse_gives_accounts_without_coverage() -> None:
    found = dumpsys_content.parse(FileSet(files={"main": NEW.encode()}))
    assert found.accounts[0].domain == "corp.example"
    assert found.coverage == ()


@pytest.mark.parametrize("output", ["", "Can't find service: content\n"])
def test_no_sync_status_is_an_error_of_ours(output: str) -> None:
    with pytest.raises(ParseError):
        dumpsys_content.read(output)
