import datetime as dt

import pytest
from sqlalchemy import select

from record_builder import checkpoint, fill
from setapart_auditor.errors import AuditorError
from setapart_auditor.installation import Installation
from setapart_auditor.log.append import Entry, append
from setapart_auditor.log.entries import read_entries
from setapart_auditor.log.erase import erase
from setapart_auditor.log.note import NoteKey
from setapart_auditor.log.proof import check_entry, prove_entry
from setapart_auditor.log.verify import LogReport, verify_log
from setapart_auditor.officers.trail import Act
from setapart_auditor.store.schema import log_leaf

NOW = dt.datetime(2026, 11, 26, 10, 0, tzinfo=dt.UTC)


def key_of(installation: Installation) -> NoteKey:
    return NoteKey(name=installation.settings.log.origin, key=installation.authority.signer.public)


def verified(installation: Installation) -> LogReport:
    with installation.store.read() as connection:
        return verify_log(connection, key_of(installation))


def test_what_was_erased_is_gone_and_every_proof_stays(installation: Installation) -> None:
    import msgspec

    fill(installation)
    before = verified(installation)
    with installation.store.write() as connection:
        assert erase(connection, [0, 5, 5], NOW) == 2
    assert [one.partition(":")[0] for one in verified(installation).defects] == ["log entry 0", "log entry 5"]
    with installation.store.write() as connection:
        append(connection, [Entry(kind="log-erase", at=NOW, record=Act(who="o1", about="0, 5", why="asked for"))])
    after = verified(installation)
    assert (after.size, after.erased, after.defects) == (before.size + 1, 2, ())
    note = checkpoint(installation)
    with installation.store.read() as connection:
        shown = check_entry(msgspec.json.encode(prove_entry(connection, 5, note)), (key_of(installation),))
        row = connection.execute(select(log_leaf).where(log_leaf.c.no == 5)).one()
        entry = read_entries(connection, kind=None, about=None, first=5, limit=1)[0]
    assert (shown.record, shown.salt) == (None, None)
    assert (row.record, row.salt, row.erased_at) == (None, None, NOW)
    assert (entry.who, entry.record) == ("", None)
    assert "erased on 2026-11-26" in entry.why


def test_erasing_twice_changes_nothing(installation: Installation) -> None:
    fill(installation)
    with installation.store.write() as connection:
        assert erase(connection, [3], NOW) == 1
    with installation.store.write() as connection:
        assert erase(connection, [3], NOW + dt.timedelta(days=1)) == 0


def test_seals_of_rows_can_not_be_erased(installation: Installation) -> None:
    fill(installation)
    with installation.store.read() as connection:
        sealed = connection.execute(select(log_leaf.c.no).where(log_leaf.c.kind == "rows")).scalars().first()
    assert sealed is not None
    with pytest.raises(AuditorError, match="of kind rows"), installation.store.write() as connection:
        erase(connection, [0, sealed], NOW)
    assert verified(installation).erased == 0


def test_an_entry_that_is_not_there_is_said(installation: Installation) -> None:
    with pytest.raises(AuditorError, match="no log entry 99999"), installation.store.write() as connection:
        erase(connection, [99_999], NOW)
