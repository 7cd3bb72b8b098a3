"""Entries as people read them, also where somebody changed what they say."""

import pytest
from sqlalchemy import update

from record_builder import fill
from setapart_auditor.installation import Installation
from setapart_auditor.log.entries import read_entries
from setapart_auditor.store.schema import log_leaf
from store_builder import by_hand


@pytest.mark.parametrize("record", [b"", b"\xff{", b'{"who":', None], ids=["empty", "no text", "cut", "gone"])
def test_an_entry_that_was_changed_by_hand_is_shown_as_such_and_hides_no_other(
    installation: Installation, record: bytes | None
) -> None:
    fill(installation)
    with by_hand(installation) as connection:
        connection.execute(update(log_leaf).where(log_leaf.c.no == 2).values(record=record))
    with installation.store.read() as connection:
        before, changed, after = read_entries(connection, kind=None, about=None, first=1, limit=3)
    assert (changed.record, "log verify" in changed.why) == (None, True)
    assert [one.why for one in (before, after)] == ["case 1", "case 3"]
