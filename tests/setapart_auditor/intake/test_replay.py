"""Heads and current reports, made again from the evidence: what was changed by hand is found."""

from pathlib import Path

import pytest
from sqlalchemy import text

from evidence_factory import make_evidence
from intakes import chain_of, digest_of, register, running, set_state, take
from setapart_auditor.installation import Installation
from setapart_auditor.intake.replay import derived_defects
from store_builder import by_hand
from stores import make_installation


def defects(installation: Installation) -> list[str]:
    with installation.store.read() as connection:
        return list(derived_defects(connection))


@pytest.fixture
def forked(installation: Installation) -> Installation:
    """A chain with a fork, a late report and two sources."""
    register(installation)
    one, two, three = chain_of(3)
    with running(installation) as intake:
        for raw in (one, three, two, make_evidence(sequence=2, previous=digest_of(one), source="adb"),
                    make_evidence(sequence=4, previous=digest_of(three), source="adb")):  # fmt: skip
            take(intake, raw)
    return installation


def test_what_the_intake_keeps_follows_from_the_evidence(forked: Installation) -> None:
    assert defects(forked) == []


def test_what_a_revoked_device_sends_is_never_current(installation: Installation) -> None:
    register(installation)
    first, second = chain_of(2)
    with running(installation) as intake:
        take(intake, first)
    set_state(installation, "revoked")
    with running(installation) as intake:
        take(intake, second)
    assert defects(installation) == []


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE chain SET irregular = (1 = 0)", "said to be regular"),
        ("UPDATE chain SET head_sequence = head_sequence + 1", "its head"),
        ("DELETE FROM current WHERE source = 'adb'", "not the latest one"),
        ("UPDATE current SET evidence_no = 1", "not the latest one"),
    ],
)
def test_what_was_changed_by_hand_is_found(forked: Installation, statement: str, said: str) -> None:
    with forked.store.engine.begin() as connection:
        connection.execute(text(statement))
    assert any(said in one for one in defects(forked))


@pytest.mark.parametrize("change", ["chain_no = 'one'", "source = x'00'", "sequence = 'x'"])
def test_a_value_of_another_type_is_told_and_stops_nothing(tmp_path: Path, change: str) -> None:
    """SQLite keeps what it is given."""
    installation = make_installation(tmp_path / "auditor")
    register(installation)
    with running(installation) as intake:
        for raw in chain_of(3):
            take(intake, raw)
    with by_hand(installation):  # no trigger is left
        pass
    with installation.store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.execute(text(f"UPDATE evidence SET {change} WHERE no = 2"))
        connection.commit()
    assert any("another type" in one for one in defects(installation))
    installation.store.close()
