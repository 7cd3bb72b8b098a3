"""What every part of the auditor relies on, the same on both databases."""

import datetime as dt
import os
import subprocess
import sys
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, text, update

from record_builder import NOW, fill
from repository import REPOSITORY
from setapart_auditor.errors import StoreError
from setapart_auditor.installation import Installation
from setapart_auditor.register.database import version_of
from setapart_auditor.store.engine import Store
from setapart_auditor.store.schema import chain, device, evidence, inventory, log_leaf, metadata, verdict

EARLY = dt.datetime(2, 1, 1, tzinfo=dt.UTC)
LATE = dt.datetime(9998, 12, 31, 23, 59, 59, 999_999, tzinfo=dt.UTC)


def row(name: str, **values: object) -> dict[str, object]:
    return {"name": name, "folded": name.casefold(), "class": "ordinary", "created_at": NOW, **values}


@given(moment=st.datetimes(EARLY.replace(tzinfo=None), LATE.replace(tzinfo=None)), name=st.text(max_size=60))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_values_come_back_as_they_were_written(store: Store, moment: dt.datetime, name: str) -> None:
    aware = moment.replace(tzinfo=dt.UTC)
    name = name.replace("\x00", "").encode("utf-8", "ignore").decode()
    with store.engine.connect() as connection:
        if not store.is_postgresql:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        no = connection.execute(
            insert(device).values(row("x", holder=name, created_at=aware, since=moment.date(), legal_hold=True))
        ).inserted_primary_key[0]  # type: ignore[index]
        found = connection.execute(select(device).where(device.c.no == no)).one()
        connection.rollback()
    assert (found.holder, found.created_at, found.since, found.legal_hold) == (name, aware, moment.date(), True)


def test_moments_in_another_zone_are_the_same_moments(store: Store) -> None:
    zone = dt.timezone(dt.timedelta(hours=5, minutes=30))
    with store.write() as connection:
        connection.execute(insert(device).values(row("x", created_at=NOW.astimezone(zone))))
    with store.read() as connection:
        assert connection.execute(select(device.c.created_at)).scalar_one() == NOW


@pytest.mark.parametrize(
    "values",
    [{"class": "other"}, {"state": "lost"}, {"ownership": "mine"}, {"folded": "taken"}, {"name": None}],
)
def test_what_the_schema_forbids_is_refused_and_nothing_is_kept(store: Store, values: dict[str, object]) -> None:
    with store.write() as connection:
        connection.execute(insert(device).values(row("taken")))
    usual = {"state": "active", "ownership": "organisation"}
    rows = [row("new", **usual), {**row("bad", **usual), **values}]
    with pytest.raises(StoreError), store.write() as connection:
        connection.execute(insert(device).values(rows))
    with store.read() as connection:
        assert connection.execute(select(device.c.name)).scalars().all() == ["taken"]


def test_a_row_of_nothing_is_refused(store: Store) -> None:
    with pytest.raises(StoreError), store.write() as connection:
        connection.execute(insert(chain).values(no=1, device_no=99, keyid="k", head_sequence=1, head_digest=b"d"))


def test_a_digest_is_in_the_store_once_and_a_place_once_a_branch(installation: Installation) -> None:
    """The payload names device and sequence: the same digest at another place is no report's."""
    fill(installation)
    store = installation.store
    with store.read() as connection:
        first = dict(connection.execute(select(evidence).where(evidence.c.no == 1)).mappings().one())
    for changes in ({"no": 9, "branch": 1}, {"no": 9, "digest": b"other"}):
        with pytest.raises(StoreError), store.write() as connection:
            connection.execute(insert(evidence).values(first | changes))
    with store.write() as connection:
        connection.execute(insert(evidence).values(first | {"no": 9, "digest": b"other", "branch": 1}))


def test_writers_stand_in_one_line_threads(store: Store) -> None:
    def write() -> None:
        for _ in range(10):
            with store.write() as connection:
                before = version_of(connection)
                connection.execute(update(metadata.tables["log_state"]).values(register_version=before + 1))

    threads = [threading.Thread(target=write) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    with store.read() as connection:
        assert version_of(connection) == 60


WRITER = """
import sys
from pathlib import Path
from sqlalchemy import insert
from record_builder import NOW
from setapart_auditor.installation import open_installation
from setapart_auditor.register.database import bump, version_of
from setapart_auditor.store.schema import device

opened = open_installation(Path(sys.argv[1]))
for _ in range(10):
    with opened.store.write() as connection:
        bump(connection)
        name = f"d{version_of(connection)}"
        row = {"name": name, "folded": name, "class": "ordinary", "created_at": NOW}
        connection.execute(insert(device).values(row))
opened.store.close()
"""


def test_writers_stand_in_one_line_processes(installation: Installation) -> None:
    installation.store.close()
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "tests")}
    command = [sys.executable, "-c", WRITER, str(installation.folder)]
    processes = [subprocess.Popen(command, env=environment) for _ in range(3)]
    assert [one.wait(60) for one in processes] == [0, 0, 0]
    with installation.store.read() as connection:
        assert version_of(connection) == 30
        places = connection.execute(select(log_leaf.c.no).order_by(log_leaf.c.no)).scalars().all()
        assert places == list(range(30))


def test_a_reader_sees_one_state_whatever_is_written_meanwhile(store: Store) -> None:
    with store.read() as reader:
        assert reader.execute(select(device.c.no)).all() == []
        with store.write() as writer:
            writer.execute(insert(device).values(row("new")))
        assert reader.execute(select(device.c.no)).all() == []
    with store.read() as reader:
        assert len(reader.execute(select(device.c.no)).all()) == 1


def test_a_reader_writes_nothing(store: Store) -> None:
    with pytest.raises(StoreError), store.read() as connection:
        connection.execute(insert(device).values(row("x")))
    with store.write() as connection:  # the connection that was used to read can write again
        connection.execute(insert(device).values(row("y")))


QUERIES = {
    "the chains of a device": select(chain).where(chain.c.device_no == 1),
    "the reports at a place": select(evidence).where(evidence.c.device_no == 1, evidence.c.sequence == 7),
    "a report by its digest": select(evidence).where(
        evidence.c.device_no == 1, evidence.c.sequence == 7, evidence.c.digest == b"d"
    ),
    "a place of a chain": select(evidence).where(evidence.c.chain_no == 1, evidence.c.sequence == 7),
    "the reports of a device": select(evidence.c.no).where(evidence.c.device_no == 1).order_by(evidence.c.received_at),
    "an inventory": select(inventory).where(inventory.c.evidence_no == 1),
    "the verdict on a report": select(verdict).where(verdict.c.evidence_digest == b"d"),
    "the verdicts of a device": select(verdict.c.no).where(verdict.c.device_no == 1).order_by(verdict.c.judged_at),
    "a device by its id": select(device).where(device.c.id == "x"),
    "an entry of the log": select(log_leaf).where(log_leaf.c.no == 4),
}


@pytest.mark.parametrize("name", QUERIES)
def test_what_intake_asks_is_answered_by_an_index(store: Store, name: str) -> None:
    """Else the cost of a report would grow with the number of reports."""
    compiled = QUERIES[name].compile(store.engine, compile_kwargs={"literal_binds": True})
    with store.engine.connect() as connection:
        if store.is_postgresql:
            connection.execute(text("SET enable_seqscan = off"))
        plan = " ".join(
            str(line) for line in connection.execute(text(_explain(store) + str(compiled).replace("\\", "\\\\")))
        )
        connection.rollback()
    assert "Index" in plan if store.is_postgresql else "SEARCH" in plan, plan
    assert "Seq Scan" not in plan


def _explain(store: Store) -> str:
    return "EXPLAIN " if store.is_postgresql else "EXPLAIN QUERY PLAN "
