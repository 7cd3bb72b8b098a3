"""What a disk, a restore or a hand broke: `db check` names it."""

import hashlib
from pathlib import Path

import msgspec
import pytest
import zstandard
from sqlalchemy import insert, text

from record_builder import INVENTORY, NOW
from setapart_auditor.installation import Installation
from setapart_auditor.store.check import check_store, unchecked
from setapart_auditor.store.migrate import triggers_of
from setapart_auditor.store.schema import chain, current, device, evidence, inventory
from setapart_evidence.envelope import seal
from setapart_evidence.keys import generate
from typed_commands import run

SIGNER = generate()
ZSTD = zstandard.ZstdCompressor()


@pytest.fixture
def filled(installation: Installation) -> Installation:
    with installation.store.write() as connection:
        connection.execute(
            insert(device).values({"no": 1, "name": "d", "folded": "d", "class": "ordinary", "created_at": NOW})
        )
        payloads = [f'{{"number": {number}}}'.encode() for number in (1, 2, 3)]
        digests = [hashlib.sha256(payload).digest() for payload in payloads]
        connection.execute(insert(chain).values(no=1, device_no=1, keyid="k", head_sequence=3, head_digest=digests[-1]))
        for number, (payload, digest) in enumerate(zip(payloads, digests, strict=True), 1):
            connection.execute(
                insert(evidence).values(
                    no=number, device_no=1, chain_no=1, sequence=number, digest=digest, received_at=NOW,
                    collected_at=NOW, inventory_digest=hashlib.sha256(INVENTORY).digest(), grade="agent-key",
                    source="local", outcome="accepted", envelope=seal(payload, [SIGNER]), receipt=b"r", log_index=0,
                )
            )  # fmt: skip
            connection.execute(
                insert(inventory).values(evidence_no=number, body=ZSTD.compress(INVENTORY), size=len(INVENTORY))
            )
        connection.execute(insert(current).values(device_no=1, chain_no=1, source="local", evidence_no=3))
    return installation


def by_hand(installation: Installation, *statements: str, **values: object) -> None:
    """Somebody who owns the database: no trigger, no reference stops them."""
    with installation.store.engine.connect() as connection:
        if installation.store.is_postgresql:
            connection.execute(text("SET session_replication_role = replica"))
        else:
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
            for name, _ in triggers_of(connection):
                connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        for statement in statements:
            connection.execute(text(statement), values if ":" in statement else {})
        connection.commit()
        if installation.store.is_postgresql:
            connection.execute(text("SET session_replication_role = DEFAULT"))
            connection.commit()


def defects(installation: Installation) -> tuple[str, ...]:
    """Without the triggers that `by_hand` took away."""
    return tuple(one for one in check_store(installation.store) if not one.startswith("trigger "))


def test_a_whole_database_is_whole(filled: Installation) -> None:
    assert check_store(filled.store) == ()


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE evidence SET digest = :raw WHERE no = 2", "evidence 2: its digest is not that of its statement"),
        ("UPDATE evidence SET envelope = :raw WHERE no = 2", "evidence 2: its envelope is none"),
        ("UPDATE inventory SET body = :raw WHERE evidence_no = 2", "evidence 2: its inventory does not unpack"),
        ("UPDATE inventory SET body = :other WHERE evidence_no = 2", "its inventory is not the one that was signed"),
        ("UPDATE inventory SET body = :bomb WHERE evidence_no = 2", "its inventory is larger than any"),
        ("UPDATE inventory SET size = 1 WHERE evidence_no = 2", "its inventory has another size"),
        ("UPDATE inventory SET body = NULL WHERE evidence_no = 2", "gone without having been erased"),
        ("DELETE FROM inventory WHERE evidence_no = 2", "evidence 2: its inventory is not there"),
        ("UPDATE chain SET head_sequence = 2", "chain 1: its head is 2, and its highest report 3"),
        ("UPDATE chain SET head_digest = :raw", "chain 1: its head is not the report 3"),
        ("DELETE FROM evidence WHERE no = 3", "current: evidence_no is 3, and there is no such evidence"),
        ("UPDATE evidence SET device_no = 9 WHERE no = 1", "evidence: device_no is 9, and there is no such device"),
        ("DELETE FROM log_leaf WHERE no = 0", "log: its size is 1, and 0 entries are there"),
        ("UPDATE log_state SET size = 7", "log: its size is 7, and 1 entries are there"),
        ("DELETE FROM log_state", "log: 0 states"),
        ("DROP INDEX ix_device_unit", "ix_device_unit"),
        ("DROP TABLE attestation", "attestation"),
        ("ALTER TABLE device ADD COLUMN colour TEXT", "colour"),
    ],
)
def test_what_is_broken_is_named(filled: Installation, statement: str, found: str) -> None:
    values = {"raw": b"x" * 32, "other": ZSTD.compress(b"another"), "bomb": ZSTD.compress(bytes(64 << 20))}
    with_values = {name: value for name, value in values.items() if f":{name}" in statement}
    by_hand(filled, statement, **with_values)
    assert any(found in one for one in defects(filled)), defects(filled)


def test_a_trigger_that_was_dropped_is_named_and_comes_back(filled: Installation, tmp_path: Path) -> None:
    table = " ON evidence" if filled.store.is_postgresql else ""
    with filled.store.engine.begin() as connection:
        connection.exec_driver_sql(f'DROP TRIGGER "evidence_update_kept"{table}')
    assert check_store(filled.store) == (
        "trigger evidence_update_kept: not there; `setapart-auditor db upgrade` makes it",
    )
    folder = str(filled.folder)
    ran = run(tmp_path, "setapart-auditor", "db", "check", "--dir", folder, "--json")
    assert ran.code == 1
    assert len(msgspec.json.decode(ran.printed)["defects"]) == 1
    assert run(tmp_path, "setapart-auditor", "db", "upgrade", "--dir", folder).printed == "schema 0001, as it was\n"
    ran = run(tmp_path, "setapart-auditor", "db", "check", "--dir", folder)
    assert ran.code == 0
    assert ran.printed.splitlines()[-1] == "whole"


def test_of_many_defects_the_first_hundred_are_said(filled: Installation) -> None:
    by_hand(
        filled,
        *(f"INSERT INTO attestation VALUES ({n}, 99, 'c', 'b', '2026-01-01', '2026-01-02')" for n in range(1, 90)),
        *(f"INSERT INTO status VALUES ({n}, 99, 'x', 1, 99)" for n in range(1, 200)),
    )
    assert len(check_store(filled.store)) <= 100


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_damaged_file_is_found(filled: Installation, tmp_path: Path) -> None:
    with filled.store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    filled.store.close()
    path = filled.folder / "auditor.db"
    raw = bytearray(path.read_bytes())
    page = int.from_bytes(raw[16:18], "big")
    for at in range(page * 3, len(raw), page):
        raw[at : at + 16] = bytes(16)
    path.write_bytes(raw)
    ran = run(tmp_path, "setapart-auditor", "db", "check", "--dir", str(filled.folder))
    assert ran.code in {1, 2}
    assert "Traceback" not in ran.printed


@pytest.mark.needs("postgresql")
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_amcheck_is_asked_where_it_is(filled: Installation) -> None:
    (line,) = unchecked(filled.store)
    assert line.startswith("indexes were not checked")
    with filled.store.engine.begin() as connection:
        connection.exec_driver_sql("CREATE EXTENSION amcheck")
    assert (check_store(filled.store), unchecked(filled.store)) == ((), ())
