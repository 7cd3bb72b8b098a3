"""Checking a database: its files, its schema, its references, and that everything in it is what it says.

What was changed on purpose is the log's to find (`log verify`); this finds what a disk, a restore or a hand broke.
"""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import zstandard
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Connection, Select, and_, func, select, text
from sqlalchemy.exc import DBAPIError

from setapart_auditor.errors import StoreError
from setapart_evidence.envelope import parse
from setapart_evidence.errors import EvidenceError

from . import append_only
from .bodies import OversizeError, inflate
from .engine import Store
from .migrate import check, triggers_of
from .schema import chain, current, evidence, inventory, log_leaf, log_state, metadata
from .watch import WATCH_POSTGRESQL

MOST_DEFECTS = 100
_AT_ONCE = 1000
Progress = Callable[[int], None]


def check_store(store: Store, progress: Progress = lambda _reports: None) -> tuple[str, ...]:
    """What is wrong, a line each, the first `MOST_DEFECTS`; nothing where all is well.

    Args:
        store: of any schema; the rows of another one than this program's are not looked at.
        progress: called with a number of reports that are done.

    Raises:
        StoreError: the database can't be reached.
    """
    found: list[str] = []
    for part in _parts(store, progress):
        try:
            for defect in part:
                found.append(defect)
                if len(found) == MOST_DEFECTS:
                    return tuple(found)
        except (DBAPIError, StoreError, ArithmeticError, TypeError, ValueError) as exc:
            orig = exc.orig if isinstance(exc, DBAPIError) else exc
            found.append(f"the check stopped: {str(orig).strip().partition(chr(10))[0] or type(orig).__name__}")
    return tuple(found)


def unchecked(store: Store) -> tuple[str, ...]:
    """What `check_store` can't look at in this database, and how it could: a line each.

    Raises:
        StoreError: the database can't be reached.
    """
    if not store.is_postgresql:
        return ()
    with store.read() as connection:
        if _has_amcheck(connection):
            return ()
    return ("indexes were not checked: run `CREATE EXTENSION amcheck` in the database as its owner",)


def _parts(store: Store, progress: Progress) -> Iterator[Iterator[str]]:
    """Each part with a connection of its own: a statement that failed must not end the others."""
    wrong = list(_version(store))
    yield iter(wrong)
    yield _reading(store, _file)
    if wrong:
        return
    yield _reading(store, _schema)
    yield _reading(store, _references)
    yield _reading(store, _log)
    yield _reading(store, _chains)
    yield _reading(store, lambda connection: _reports(connection, progress))


def _reading(store: Store, part: Callable[[Connection], Iterator[str]]) -> Iterator[str]:
    with store.read() as connection:
        yield from part(connection)


def _version(store: Store) -> Iterator[str]:
    try:
        check(store.engine)
    except StoreError as exc:
        if "schema" not in exc.got:
            raise
        yield f"schema: {exc}"


def _file(connection: Connection) -> Iterator[str]:
    """What the database finds in its own pages and indexes; PostgreSQL's where its extension amcheck was created."""
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql(f"PRAGMA integrity_check({MOST_DEFECTS})").scalars()
        yield from (f"file: {row}" for row in rows if row != "ok")
        return
    if not _has_amcheck(connection):
        return
    for name in sorted(str(index) for table in metadata.tables for index in _indexes(connection, table)):
        try:
            with connection.begin_nested():
                connection.execute(text("SELECT bt_index_check(CAST(:name AS regclass), true)"), {"name": f'"{name}"'})
        except DBAPIError as exc:
            yield f"index {name}: {str(exc.orig).strip().partition(chr(10))[0]}"


def _has_amcheck(connection: Connection) -> bool:
    return connection.execute(text("SELECT 1 FROM pg_extension WHERE extname = 'amcheck'")).first() is not None


def _indexes(connection: Connection, table: str) -> Iterator[object]:
    query = "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = CAST(:name AS regclass)"
    for name in connection.execute(text(query), {"name": f'"{table}"'}).scalars():
        yield str(name).strip('"')


def _schema(connection: Connection) -> Iterator[str]:
    for difference in compare_metadata(MigrationContext.configure(connection), metadata):
        words = " ".join(str(getattr(part, "name", part)) for part in difference if isinstance(difference, tuple))
        yield f"schema: {words or difference}"
    for name in sorted(_declared(connection.dialect.name) - {one for one, _ in triggers_of(connection)}):
        yield f"trigger {name}: not there; `setapart-auditor db upgrade` makes it"


def _declared(dialect: str) -> set[str]:
    statements = [*append_only.statements(dialect), *(WATCH_POSTGRESQL if dialect == "postgresql" else ())]
    return {one.partition('TRIGGER "')[2].partition('"')[0] for one in statements if 'TRIGGER "' in one}


def _references(connection: Connection) -> Iterator[str]:
    for table in metadata.sorted_tables:
        for column in table.columns:
            for key in column.foreign_keys:
                query = _dangling(column, key.column)
                for row in connection.execute(query):
                    yield f"{table.name}: {column.name} is {row[0]}, and there is no such {key.column.table.name}"


def _dangling(column: Column[Any], target: Column[Any]) -> Select[Any]:
    other = target.table.alias()
    return (
        select(column)
        .select_from(column.table.outerjoin(other, other.c[target.name] == column))
        .where(column.is_not(None), other.c[target.name].is_(None))
        .limit(10)
    )


def _log(connection: Connection) -> Iterator[str]:
    states = connection.execute(select(log_state.c.size)).scalars().all()
    if len(states) != 1:
        yield f"log: {len(states)} states"
        return
    leaves, last = connection.execute(select(func.count(), func.max(log_leaf.c.no)).select_from(log_leaf)).one()
    if not states[0] == leaves == (last + 1 if last is not None else 0):
        yield f"log: its size is {states[0]}, and {leaves} entries are there; the last is {last}"


def _chains(connection: Connection) -> Iterator[str]:
    """Heads are the highest report of their chain; what is current is a report of its place."""
    highest = (
        select(evidence.c.chain_no, func.max(evidence.c.sequence).label("sequence"))
        .group_by(evidence.c.chain_no)
        .subquery()
    )
    query = (
        select(chain.c.no, chain.c.head_sequence, highest.c.sequence, chain.c.head_digest, evidence.c.digest)
        .select_from(
            chain.outerjoin(highest, highest.c.chain_no == chain.c.no).outerjoin(
                evidence,
                and_(
                    evidence.c.chain_no == chain.c.no,
                    evidence.c.sequence == highest.c.sequence,
                    evidence.c.branch == 0,
                ),
            )
        )
        .order_by(chain.c.no)
    )
    for no, head, sequence, head_digest, digest in connection.execute(query):
        if head != sequence:
            yield f"chain {no}: its head is {head}, and its highest report {sequence}"
        elif head_digest != digest:
            yield f"chain {no}: its head is not the report {head}"
    wrong = (
        select(current.c.device_no, current.c.source, current.c.evidence_no)
        .join(evidence, evidence.c.no == current.c.evidence_no)
        .where((evidence.c.device_no != current.c.device_no) | (evidence.c.chain_no != current.c.chain_no))
    )
    for device_no, source, no in connection.execute(wrong):
        yield f"current {device_no} {source}: evidence {no} is of another device or chain"


def _reports(connection: Connection, progress: Progress) -> Iterator[str]:
    query = (
        select(
            evidence.c.no,
            evidence.c.digest,
            evidence.c.envelope,
            evidence.c.inventory_digest,
            inventory.c.evidence_no,
            inventory.c.body,
            inventory.c.size,
            inventory.c.erased_at,
        )
        .outerjoin(inventory, inventory.c.evidence_no == evidence.c.no)
        .order_by(evidence.c.no)
    )
    for done, row in enumerate(connection.execution_options(yield_per=_AT_ONCE).execute(query), 1):
        got = _envelope(row) or _inventory(row)
        if got is not None:
            yield f"evidence {row.no}: {got}"
        if done % _AT_ONCE == 0:
            progress(_AT_ONCE)


def _envelope(row: Any) -> str | None:  # noqa: ANN401 - a row
    try:
        payload = parse(row.envelope).payload_bytes()
    except EvidenceError as exc:
        return f"its envelope is none: {exc.got}"
    return None if hashlib.sha256(payload).digest() == row.digest else "its digest is not that of its statement"


def _inventory(row: Any) -> str | None:  # noqa: ANN401 - a row
    if row.evidence_no is None:
        return "its inventory is not there"
    if row.body is None:
        return None if row.erased_at is not None else "its inventory is gone without having been erased"
    try:
        raw = inflate(row.body)
    except OversizeError:
        return "its inventory is larger than any"
    except zstandard.ZstdError:
        return "its inventory does not unpack"
    if hashlib.sha256(raw).digest() != row.inventory_digest:
        return "its inventory is not the one that was signed"
    return None if len(raw) == row.size else "its inventory has another size"
