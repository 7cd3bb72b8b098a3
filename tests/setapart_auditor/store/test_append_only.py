"""Statements by hand, with the database's own triggers in place: the record only grows."""

import pytest
from sqlalchemy import Boolean, Integer, LargeBinary, text
from sqlalchemy.exc import DBAPIError

from record_builder import fill
from setapart_auditor.installation import Installation
from setapart_auditor.store import append_only
from setapart_auditor.store.schema import metadata
from setapart_auditor.store.types import Day, Moment

KEPT = sorted(
    {table.name for table in append_only.NEVER}
    | {table.name for table, _ in (*append_only.ERASED, *append_only.ONCE, *append_only.FIXED)}
)
UNCHANGEABLE = sorted(
    {(table.name, column.name) for table in append_only.NEVER for column in table.columns}
    | {(table.name, name) for table, names in append_only.FIXED for name in names}
)


def by_hand(installation: Installation, statement: str) -> None:
    with installation.store.engine.begin() as connection:
        connection.execute(text(statement))


@pytest.fixture
def filled(installation: Installation) -> Installation:
    fill(installation)
    return installation


def test_no_row_of_the_record_is_deleted(filled: Installation) -> None:
    for table in KEPT:
        with pytest.raises(DBAPIError, match=f"the record of {table} is append-only"):
            by_hand(filled, f'DELETE FROM "{table}"')


def other_value(kind: object, postgresql: bool) -> str:
    if isinstance(kind, Day):
        return "'2001-01-01'"
    if isinstance(kind, Boolean):
        return "NOT hardware"
    if isinstance(kind, LargeBinary):
        return "'\\x00'" if postgresql else "x'00'"
    return "4711" if isinstance(kind, Integer | Moment) else "'other'"


def test_no_fixed_column_is_changed(filled: Installation) -> None:
    for table, column in UNCHANGEABLE:
        other = other_value(metadata.tables[table].columns[column].type, filled.store.is_postgresql)
        with pytest.raises(DBAPIError, match="append-only"):
            by_hand(filled, f'UPDATE "{table}" SET "{column}" = {other}')


@pytest.mark.parametrize(
    "change",
    [
        "record = NULL",
        "record = NULL, salt = NULL",
        "record = NULL, salt = NULL, erased_at = 1, kind = 'other'",
        "erased_at = 1",
        "salt = record, record = NULL, erased_at = 1",
    ],
)
def test_an_entry_is_erased_whole_or_not(filled: Installation, change: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"):
        by_hand(filled, f"UPDATE log_leaf SET {change} WHERE no = 1")


def test_what_was_erased_is_not_erased_again_and_does_not_come_back(filled: Installation) -> None:
    by_hand(filled, "UPDATE log_leaf SET record = NULL, salt = NULL, erased_at = 1 WHERE no = 1")
    by_hand(filled, "UPDATE inventory SET body = NULL, erased_at = 1, erased_by = 'job' WHERE evidence_no = 1")
    for statement in (
        "UPDATE log_leaf SET erased_at = 2 WHERE no = 1",
        "UPDATE log_leaf SET record = hash, erased_at = NULL WHERE no = 1",
        "UPDATE inventory SET erased_at = 2 WHERE evidence_no = 1",
        "UPDATE inventory SET size = 0 WHERE evidence_no = 2",
    ):
        with pytest.raises(DBAPIError, match="append-only"):
            by_hand(filled, statement)


def test_a_decision_is_made_once(filled: Installation) -> None:
    for statement in (
        "UPDATE exception SET decided_by = 'o9', decided_folded = 'o9'",
        "UPDATE exception SET revoked_on = NULL",
        "UPDATE settlement SET second_by = 'o9', second_folded = 'o9'",
        "UPDATE officer SET disabled_at = NULL",
    ):
        with pytest.raises(DBAPIError, match="append-only"):
            by_hand(filled, statement)
