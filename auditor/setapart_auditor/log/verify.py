"""Verifying the log against itself, its checkpoints, and every row of the record that it seals."""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
import zstandard
from sqlalchemy import Column, Connection, Row, RowMapping, Table, func, select

from setapart_auditor.errors import DamagedValueError
from setapart_auditor.store.bodies import inflate
from setapart_auditor.store.schema import evidence, inventory, log_checkpoint, log_leaf, log_node, log_state, metadata
from setapart_auditor.store.types import as_it_stands
from setapart_auditor.store.watch import WATCHED

from .append import leaf_data
from .merkle import Frontier, leaf_hash
from .note import NoteError, NoteKey, parse_checkpoint, verify
from .seal import KIND, sealed_row, seals_of

MOST_DEFECTS = 100
_AT_ONCE = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class LogReport:
    """What came of it: how much was verified, and what does not fit, the first `MOST_DEFECTS`."""

    size: int
    root: bytes
    checkpoints: int
    rows: int
    erased: int
    defects: tuple[str, ...]


@dataclass(slots=True)
class _Found:
    """Defects as they are found."""

    defects: list[str] = field(default_factory=list)

    def say(self, where: str, got: str) -> None:
        if len(self.defects) < MOST_DEFECTS:
            self.defects.append(f"{where}: {got}")

    def check(self, where: str, *, holds: bool, got: str) -> None:
        if not holds:
            self.say(where, got)

    @contextmanager
    def reading(self, where: str) -> Iterator[None]:
        """What was written by hand may be no value of its column at all."""
        try:
            yield
        except (ArithmeticError, DamagedValueError, TypeError, ValueError):
            self.say(where, "a value that can't be read")


@dataclass(slots=True)
class _Tree:
    """What the entries amount to: the tree, its roots at the sizes of checkpoints, and counts."""

    frontier: Frontier = field(default_factory=Frontier)
    roots: dict[int, bytes] = field(default_factory=dict)
    erased: set[int] = field(default_factory=set)
    checkpoints: int = 0
    rows: int = 0
    said: set[int] = field(default_factory=set)  # entries that `log-erase` entries name
    retained: set[int] = field(default_factory=set)  # evidence whose inventories `retain` entries name


def verify_log(
    connection: Connection, key: NoteKey, *, progress: Callable[[int], None] = lambda _done: None
) -> LogReport:
    """Verifies everything that the log says, and that the record is what the log says of it.

    Args:
        connection: one state of the store.
        key: the log's own, for its checkpoints.
        progress: called with the number of entries that are done.

    Returns:
        A report without defects where all holds.
    """
    found = _Found()
    with closing(sqlite3.connect("")) as scratch:  # a private file that SQLite removes by itself
        scratch.execute("PRAGMA journal_mode = OFF")
        scratch.execute("CREATE TABLE seal (tbl TEXT, key TEXT, digest TEXT, PRIMARY KEY (tbl, key)) WITHOUT ROWID")
        tree = _Tree()
        with found.reading("log"):
            _leaves(connection, scratch, tree, found, progress)
        with found.reading("log state"):
            _state(connection, tree.frontier, found)
        with found.reading("checkpoints"):
            _checkpoints(connection, key, tree, found)
        for table in WATCHED:
            with found.reading(table.name):
                tree.rows += _rows(connection, scratch, table.name, found)
        for name, row in scratch.execute("SELECT tbl, key FROM seal LIMIT ?", (MOST_DEFECTS,)):
            found.say(f"{name} {row}", "sealed, and not there: the row was deleted")
    with found.reading("inventories"):
        _inventories(connection, tree, found)
    return LogReport(
        size=tree.frontier.size,
        root=tree.frontier.root,
        checkpoints=tree.checkpoints,
        rows=tree.rows,
        erased=len(tree.erased),
        defects=tuple(found.defects),
    )


def _leaves(
    connection: Connection, scratch: sqlite3.Connection, tree: _Tree, found: _Found, progress: Callable[[int], None]
) -> None:
    """Every entry once, in order: its hash, its commitment, its seals, the nodes above it; the roots at checkpoints."""
    wanted = set(connection.execute(select(log_checkpoint.c.size)).scalars())
    nodes = {(row.level, row.no): row.hash for row in connection.execute(select(log_node))}
    frontier = tree.frontier
    for leaf in _stream(connection):
        where = f"log entry {leaf.no}"
        found.check(where, holds=leaf.no == frontier.size, got=f"{frontier.size} was to follow: entries are missing")
        hashed = leaf_hash(leaf_data(leaf.kind, leaf.at, leaf.commitment))
        found.check(where, holds=hashed == leaf.hash, got="its hash is not that of its kind, moment and commitment")
        if leaf.record is None:
            tree.erased.add(leaf.no)
        _erasures(leaf, tree)
        _commitment(leaf, where, scratch, found)
        for level, index, full in frontier.append(leaf.hash):
            kept = nodes.pop((level, index), None)
            found.check(f"log node {level}/{index}", holds=kept == full, got="not the hash of what is below it")
        if frontier.size in wanted:
            tree.roots[frontier.size] = frontier.root
        if frontier.size % _AT_ONCE == 0:
            progress(_AT_ONCE)
    for no in sorted(tree.erased - tree.said):
        found.say(f"log entry {no}", "erased, and no entry says so")
    for level, index in list(nodes)[:MOST_DEFECTS]:
        found.say(f"log node {level}/{index}", "over entries that are not there")


def _erasures(leaf: "Row[tuple[object, ...]]", tree: _Tree) -> None:
    """Remembers what an entry says was erased."""
    if leaf.kind not in {"log-erase", "retain"} or leaf.record is None:
        return
    try:
        act = _ACT.decode(leaf.record)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return
    named = act.about if leaf.kind == "log-erase" else act.detail.get("evidence", "")
    numbers = {int(one) for one in named.split(",") if one.strip().isdecimal()}
    (tree.said if leaf.kind == "log-erase" else tree.retained).update(numbers)


class _Act(msgspec.Struct, frozen=True):
    about: str = ""
    detail: dict[str, str] = {}


_ACT = msgspec.json.Decoder(_Act)


def _commitment(leaf: "Row[tuple[object, ...]]", where: str, scratch: sqlite3.Connection, found: _Found) -> None:
    if leaf.record is None or leaf.salt is None:
        whole = leaf.record is None and leaf.salt is None and leaf.erased_at is not None and leaf.kind != KIND
        found.check(where, holds=whole, got="a record that is gone without having been erased")
        return
    found.check(where, holds=leaf.erased_at is None, got="said to be erased, and there")
    committed = hashlib.sha256(leaf.salt + leaf.record).digest() == leaf.commitment
    found.check(where, holds=committed, got="a record that is not the one that was committed to")
    if leaf.kind == KIND:
        try:
            seals = seals_of(leaf.record)
        except (msgspec.DecodeError, UnicodeDecodeError):
            found.say(where, "no list of sealed rows")
            return
        scratch.executemany("INSERT OR REPLACE INTO seal VALUES (?, ?, ?)", [(r.table, r.key, r.digest) for r in seals])


def _state(connection: Connection, frontier: Frontier, found: _Found) -> None:
    rows = connection.execute(select(log_state.c.id, log_state.c.size, log_state.c.frontier)).all()
    fits = [tuple(row) for row in rows] == [(1, frontier.size, frontier.packed)]
    found.check("log state", holds=fits, got=f"not that of the {frontier.size} entries that are there")


def _checkpoints(connection: Connection, key: NoteKey, tree: _Tree, found: _Found) -> None:
    rows = connection.execute(select(log_checkpoint).order_by(log_checkpoint.c.size)).all()
    for row in rows:
        where = f"checkpoint {row.size}"
        try:
            signed = parse_checkpoint(verify(row.note, (key,))[0])
        except NoteError as exc:
            found.say(where, exc.got)
            continue
        same = (signed.origin, signed.size, signed.root, signed.at) == (key.name, row.size, row.root, row.at)
        found.check(where, holds=same, got="the row is not what was signed")
        if row.size:
            same_log = tree.roots.get(row.size) == signed.root
            found.check(where, holds=same_log, got="signed over another log: it was rewritten")
    tree.checkpoints = len(rows)


def _rows(connection: Connection, scratch: sqlite3.Connection, name: str, found: _Found) -> int:
    """Every row of a table against its newest seal; the seals that have their row are taken away."""
    table = metadata.tables[name]
    (key,) = table.primary_key.columns
    count = 0
    for row in _readable(connection, table, key, scratch):
        count += 1
        seal = sealed_row(table, row)
        kept = scratch.execute(
            "DELETE FROM seal WHERE tbl = ? AND key = ? RETURNING digest", (name, seal.key)
        ).fetchall()
        if not kept:
            found.say(f"{name} {seal.key}", "in no entry of the log: not written by the auditor")
        elif kept[0][0] != seal.digest:
            found.say(f"{name} {seal.key}", "changed since it was recorded")
    return count


def _readable(
    connection: Connection, table: Table, key: Column[Any], scratch: sqlite3.Connection
) -> Iterator[RowMapping]:
    """The rows of a table, texts and numbers as they stand; after one that can't be read, none is told as missing."""
    query = select(*map(as_it_stands, table.columns)).order_by(key)
    try:
        yield from connection.execution_options(yield_per=_AT_ONCE).execute(query).mappings()
    except DamagedValueError:
        scratch.execute("DELETE FROM seal WHERE tbl = ?", (table.name,))
        raise


def _inventories(connection: Connection, tree: _Tree, found: _Found) -> None:
    """Every inventory is the one that the statement names, or an entry says that it was erased."""
    query = (
        select(evidence.c.no, evidence.c.inventory_digest, inventory.c.body, inventory.c.erased_at)
        .outerjoin(inventory, inventory.c.evidence_no == evidence.c.no)
        .order_by(evidence.c.no)
    )
    for row in connection.execution_options(yield_per=_AT_ONCE).execute(query):
        where = f"inventory of evidence {row.no}"
        if row.body is None:
            said = row.erased_at is not None and row.no in tree.retained
            found.check(where, holds=said, got="gone, and no entry says that it was erased")
            continue
        try:
            raw = inflate(row.body)
        except zstandard.ZstdError:
            found.say(where, "does not unpack")
            continue
        found.check(
            where, holds=hashlib.sha256(raw).digest() == row.inventory_digest, got="not the one that was signed"
        )
        found.check(where, holds=row.erased_at is None, got="said to be erased, and there")
    orphans = select(func.count()).select_from(inventory.outerjoin(evidence)).where(evidence.c.no.is_(None))
    count = connection.execute(orphans).scalar_one()
    found.check("inventory", holds=not count, got=f"{count} rows without evidence")


def _stream(connection: Connection) -> "Iterator[Row[tuple[object, ...]]]":
    query = select(log_leaf).order_by(log_leaf.c.no)
    yield from connection.execution_options(yield_per=_AT_ONCE).execute(query)
