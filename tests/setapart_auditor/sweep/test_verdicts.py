"""Stored verdicts: one that a disk or a hand changed is an error of its own device, and stops no other's."""

import random
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import zstandard
from sqlalchemy import select, update

from evidence_factory import TIKTOK, app, make_inventory
from setapart_auditor.store.schema import verdict
from setapart_auditor.sweep.changes import changes_of
from setapart_auditor.sweep.fleet import Swept, run_sweep
from setapart_auditor.sweep.verdicts import StoredVerdict, count_statuses, read_verdicts
from store_builder import DAY, START, StoredFleet, by_hand, make_stored_fleet

CLEAN, DIRTY = make_inventory(), make_inventory(apps=[app(TIKTOK)])


@pytest.fixture
def fleet(tmp_path: Path, database_url: str | None) -> Iterator[StoredFleet]:
    """Two clean devices and a dirty one, swept once."""
    made = make_stored_fleet(tmp_path, database_url, ["clean", "dirty", "other"])
    for name, inventory in {"clean": CLEAN, "dirty": DIRTY, "other": CLEAN}.items():
        made.report(name, inventory)
    yield made
    made.installation.store.close()


def sweep(fleet: StoredFleet, days: int = 0) -> Swept:
    return run_sweep(fleet.installation, fleet.policies, START + days * DAY)


def read(fleet: StoredFleet, swept: Swept) -> dict[str, StoredVerdict]:
    with fleet.installation.store.read() as connection:
        return {one.verdict.name: one for one in read_verdicts(connection, swept.no)}


def body_of(fleet: StoredFleet, name: str, swept: Swept) -> bytes:
    with fleet.installation.store.read() as connection:
        query = select(verdict.c.body).where(
            verdict.c.device_no == fleet.members[name].no, verdict.c.sweep_no == swept.no
        )
        return bytes(connection.execute(query).scalar_one())


def change(fleet: StoredFleet, name: str, swept: Swept, **values: object) -> None:
    with by_hand(fleet.installation) as connection:
        connection.execute(
            update(verdict)
            .where(verdict.c.device_no == fleet.members[name].no, verdict.c.sweep_no == swept.no)
            .values(**values)
        )


def rewritten(body: bytes, old: bytes, new: bytes) -> bytes:
    text = zstandard.decompress(body)
    assert old in text
    return zstandard.compress(text.replace(old, new))


DAMAGES = {
    "cut": lambda body: body[: len(body) // 2],
    "empty": lambda _body: b"",
    "no zstd": lambda _body: b"verdict",
    "no verdict": lambda _body: zstandard.compress(b"{}"),
    "no text": lambda body: rewritten(body, b'"dirty"', b'"\xff"'),
    "another status": lambda body: rewritten(body, b'"status":"violation"', b'"status":"compliant"'),
    "no status": lambda body: rewritten(body, b'"status":"violation"', b'"status":"violatiom"'),
    "a bomb": lambda _body: zstandard.compress(b" " * 70_000_000),
    "a size beyond memory": lambda _body: bytes.fromhex("28b52ffde0ffffffffffffff3f010000"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_verdict_is_its_own_devices_and_never_green(fleet: StoredFleet, damage: str) -> None:
    swept = sweep(fleet)
    change(fleet, "dirty", swept, body=DAMAGES[damage](body_of(fleet, "dirty", swept)))  # type: ignore[no-untyped-call]
    found = read(fleet, swept)
    assert {name: one.verdict.status for name, one in found.items()} == {
        "clean": "compliant", "dirty": "invalid", "other": "compliant",
    }  # fmt: skip
    (finding,) = found["dirty"].verdict.findings
    assert (finding.control, finding.severity) == ("evidence-damaged", "violation")
    assert "db check" in finding.cure
    with fleet.installation.store.read() as connection:
        assert count_statuses(connection, swept.no) == {"compliant": 2, "invalid": 1}


@pytest.mark.parametrize("column", ["status", "policy", "evidence_digest"])
def test_a_verdict_that_is_not_what_its_row_says_is_damaged(fleet: StoredFleet, column: str) -> None:
    swept = sweep(fleet)
    value: object = {"status": "compliant", "policy": "sha256:0", "evidence_digest": b"0" * 32}[column]
    change(fleet, "dirty", swept, **{column: value})
    assert read(fleet, swept)["dirty"].verdict.status == "invalid"


def test_no_flipped_bit_of_a_verdict_changes_what_is_told_unseen(fleet: StoredFleet) -> None:
    swept = sweep(fleet)
    body, true = body_of(fleet, "dirty", swept), read(fleet, swept)["dirty"].verdict
    for at in random.Random(1).sample(range(len(body) * 8), 150):
        flipped = bytearray(body)
        flipped[at // 8] ^= 1 << at % 8
        change(fleet, "dirty", swept, body=bytes(flipped))
        told = read(fleet, swept)["dirty"].verdict
        assert told == true or told.status == "invalid", at


def test_a_sweep_after_a_damaged_one_says_what_changed(fleet: StoredFleet) -> None:
    first = sweep(fleet)
    change(fleet, "dirty", first, body=b"")
    second = sweep(fleet, days=1)
    with fleet.installation.store.read() as connection:
        changes = changes_of(connection, second)
    assert [(one.name, one.before, one.status) for one in changes.better] == [("dirty", "invalid", "violation")]
    assert (changes.new, changes.cured, changes.worse) == ((), (), ())
    assert msgspec.json.encode(changes)
