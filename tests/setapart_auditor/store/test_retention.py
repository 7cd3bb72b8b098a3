"""Inventories go after their time, and nothing else does."""

import datetime as dt
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import func, insert, select, text, update

from record_builder import NOW, fill
from setapart_auditor.installation import Installation
from setapart_auditor.log.append import Entry, append
from setapart_auditor.log.note import NoteKey
from setapart_auditor.log.verify import verify_log
from setapart_auditor.officers.trail import Act
from setapart_auditor.settings import RetentionSettings
from setapart_auditor.store.retention import count_expired, erase_expired
from setapart_auditor.store.schema import current, device, evidence, inventory, log_leaf, officer
from typed_commands import run

SETTINGS = RetentionSettings(inventory_days=10)
DAY = dt.timedelta(days=1)


@pytest.fixture
def filled(installation: Installation) -> Installation:
    fill(installation)
    return installation


def expire(installation: Installation, now: dt.datetime, limit: int = 1000) -> int:
    with installation.store.write() as connection:
        counted = count_expired(connection, SETTINGS, now)
        erased = erase_expired(connection, SETTINGS, now, by="job", limit=limit)
        count = len(erased.numbers) if erased else 0
        if erased is not None:
            act = Act(who="job", detail={"evidence": ",".join(map(str, erased.numbers))})
            append(connection, [Entry(kind="retain", at=now, record=act)])
        assert count == min(counted, limit)
        return count


def test_an_inventory_goes_after_its_days_and_not_before(filled: Installation) -> None:
    assert expire(filled, NOW + 10 * DAY) == 0
    assert expire(filled, NOW + 10 * DAY + dt.timedelta(microseconds=1)) == 2
    assert expire(filled, NOW + 99 * DAY) == 0
    with filled.store.read() as connection:
        rows = connection.execute(select(inventory.c.body, inventory.c.erased_by)).all()
        assert [tuple(row) for row in rows] == [(None, "job")] * 2
        key = NoteKey(name=filled.settings.log.origin, key=filled.authority.signer.public)
        assert verify_log(connection, key).defects == ()


def test_a_device_on_legal_hold_keeps_everything(filled: Installation) -> None:
    with filled.store.write() as connection:
        connection.execute(update(device).where(device.c.no == 2).values(legal_hold=True))
    assert expire(filled, NOW + 99 * DAY) == 1
    with filled.store.read() as connection:
        held = select(inventory.c.evidence_no).where(inventory.c.body.is_not(None))
        assert connection.execute(held).scalars().all() == [2]


def test_the_current_report_stays(filled: Installation) -> None:
    with filled.store.write() as connection:
        connection.execute(insert(current).values(device_no=1, chain_no=1, source="local", evidence_no=1))
    assert expire(filled, NOW + 99 * DAY) == 1
    with filled.store.read() as connection:
        assert connection.execute(select(inventory.c.erased_at).where(inventory.c.evidence_no == 1)).scalar() is None


def test_it_goes_in_portions(filled: Installation) -> None:
    assert [expire(filled, NOW + 99 * DAY, limit=1) for _ in range(3)] == [1, 1, 0]


def test_the_command_counts_erases_and_records_it(filled: Installation, tmp_path: Path) -> None:
    settings = filled.folder / "auditor.toml"
    settings.write_text(settings.read_text() + "\n[retention]\ninventory_days = 1\n")
    folder = str(filled.folder)
    admin = {"no": 9, "name": "boss", "folded": "boss", "roles": "admin", "keyid": "k", "spki": b"s"}
    with filled.store.write() as connection:
        connection.execute(insert(officer).values(added_at=NOW, added_by="o", **admin))
    with filled.store.write() as connection:  # what was received long ago, by a hand that the log would find
        if filled.store.is_postgresql:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            connection.exec_driver_sql('DROP TRIGGER "evidence_update_kept"')
        connection.execute(update(evidence).values(received_at=NOW - 4000 * DAY))
    ran = run(tmp_path, "setapart-auditor", "db", "retain", "--dry-run", "--dir", folder)
    assert (ran.code, ran.printed) == (0, "2 inventories would be erased\n")
    ran = run(tmp_path, "setapart-auditor", "db", "retain", "--dir", folder, "--json", "--as", "boss")
    assert msgspec.json.decode(ran.printed) == {"inventories": 2, "erased": True}
    with filled.store.read() as connection:
        records = connection.execute(select(log_leaf.c.record).where(log_leaf.c.kind == "retain")).scalars().all()
        assert [msgspec.json.decode(one)["detail"] for one in records] == [{"evidence": "1,2"}]
        assert connection.execute(select(func.count()).where(inventory.c.body.is_not(None))).scalar() == 0
