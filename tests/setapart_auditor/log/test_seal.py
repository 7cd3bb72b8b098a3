import datetime as dt
from contextlib import suppress
from typing import Any

from sqlalchemy import insert, select, update

from record_builder import NOW, fill
from setapart_auditor.installation import Installation
from setapart_auditor.log.seal import row_digest, seals_of
from setapart_auditor.store.engine import Store
from setapart_auditor.store.schema import device, log_leaf
from setapart_auditor.store.watch import WATCHED


def seals(store: Store) -> list[Any]:
    with store.read() as connection:
        records = connection.execute(
            select(log_leaf.c.record).where(log_leaf.c.kind == "rows").order_by(log_leaf.c.no)
        ).scalars()
        return [seal for record in records if record for seal in seals_of(record)]


def add(store: Store, *names: str) -> None:
    with store.write() as connection:
        rows = [{"name": name, "folded": name, "class": "ordinary", "created_at": NOW} for name in names]
        connection.execute(insert(device), rows)


def test_every_transaction_seals_what_it_wrote(store: Store) -> None:
    add(store, "a", "b")
    assert [(one.table, one.key) for one in seals(store)] == [("device", "1"), ("device", "2")]
    with store.write() as connection:
        connection.execute(update(device).where(device.c.no == 2).values(holder="h"))
        connection.execute(update(device).where(device.c.no == 2).values(unit="u"))
    last = seals(store)[2:]
    assert [(one.table, one.key) for one in last] == [("device", "2")]
    with store.read() as connection:
        row = connection.execute(select(device).where(device.c.no == 2)).mappings().one()
    assert last[0].digest == row_digest(device, row)


def test_what_was_rolled_back_is_not_sealed(store: Store) -> None:
    values = {"name": "a", "folded": "a", "class": "ordinary", "created_at": NOW}
    with suppress(ZeroDivisionError), store.write() as connection:
        connection.execute(insert(device).values(values))
        _ = 1 / 0
    add(store, "b")
    assert [one.table for one in seals(store)] == ["device"]


def test_many_rows_are_sealed_in_entries_of_a_bounded_size(store: Store) -> None:
    add(store, *(f"d{one}" for one in range(1201)))
    with store.read() as connection:
        records = connection.execute(select(log_leaf.c.record).where(log_leaf.c.kind == "rows")).scalars().all()
    assert [len(seals_of(record)) for record in records if record] == [500, 500, 201]


def test_every_table_of_the_record_is_watched_on_both_databases(installation: Installation) -> None:
    fill(installation)
    assert {one.table for one in seals(installation.store)} == {table.name for table in WATCHED}


def test_rows_have_one_digest_on_both_databases() -> None:
    row = dict.fromkeys(map(str, device.columns.keys())) | {
        "no": 1,
        "name": "a",
        "created_at": NOW,
        "since": NOW.date(),
    }
    assert row_digest(device, row) == row_digest(device, dict(reversed(row.items())))
    assert row_digest(device, row) != row_digest(device, row | {"created_at": NOW + dt.timedelta(microseconds=1)})
