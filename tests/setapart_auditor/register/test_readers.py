"""Who looked at a device last, on both databases."""

import datetime as dt

import pytest
from sqlalchemy import update

from evidence_factory import NOW
from setapart_auditor.errors import StoreError
from setapart_auditor.installation import Installation
from setapart_auditor.officers.trail import record
from setapart_auditor.register.readers import KIND, Read, last_read
from setapart_auditor.store.schema import log_leaf
from store_builder import by_hand

HOUR = dt.timedelta(hours=1)


def look(installation: Installation, who: str, device: str, at: dt.datetime, kind: str = KIND) -> int:
    with installation.store.write() as connection:
        return record(connection, who, kind, at, about=device, why="asked to")


def last(installation: Installation, device: str) -> Read | None:
    with installation.store.read() as connection:
        return last_read(connection, device)


def test_the_last_look_at_this_device_is_told_and_no_other_act(installation: Installation) -> None:
    assert last(installation, "desk") is None
    look(installation, "ann", "desk", NOW)
    look(installation, "bob", "desk", NOW + HOUR)
    look(installation, "eve", "desk 2", NOW + 2 * HOUR)
    look(installation, "dan", "desk", NOW + 3 * HOUR, kind="device-change")
    assert last(installation, "desk") == Read(who="bob", at=NOW + HOUR, why="asked to")
    assert last(installation, "desk 3") is None


@pytest.mark.parametrize("damaged", [b"", b"\xff", b"{}", b"[" * 100_000])
def test_an_entry_that_can_not_be_read_is_an_error_unless_a_later_one_tells(
    installation: Installation, damaged: bytes
) -> None:
    number = look(installation, "ann", "desk", NOW)
    with by_hand(installation) as connection:
        connection.execute(update(log_leaf).where(log_leaf.c.no == number).values(record=damaged))
    with pytest.raises(StoreError, match=f"entry {number} of the log is damaged"):
        last(installation, "desk")
    look(installation, "bob", "desk", NOW + HOUR)
    found = last(installation, "desk")
    assert found is not None
    assert found.who == "bob"
