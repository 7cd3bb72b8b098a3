"""What the intake keeps beside the record, made again from the record: chain heads, and which report is current.

Both are derived, so the log does not seal them; but which reports are judged hangs on them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from setapart_auditor.errors import DamagedValueError
from setapart_auditor.store.schema import chain, current, evidence

from .place import Head, place_of

_AT_ONCE = 5000


@dataclass(slots=True)
class _Replayed:
    device_no: int
    head: Head | None = None
    irregular: bool = False
    sequences: set[int] = field(default_factory=set)
    current: dict[str, int] = field(default_factory=dict)


def derived_defects(connection: Connection) -> Iterator[str]:
    """What is in `chain` and `current` and does not follow from the evidence, a line each."""
    try:
        yield from _defects(connection)
    except DamagedValueError:  # SQLite keeps a text where a number belongs, if somebody writes it there
        yield "chain, current, evidence: a value of another type than its column's; what follows from it is not known"


def _defects(connection: Connection) -> Iterator[str]:
    chains = _replay(connection)
    kept = {row.no: row for row in connection.execute(select(chain))}
    for no in sorted(kept.keys() | chains.keys()):
        row, made = kept.get(no), chains.get(no)
        if row is None or made is None or made.head is None:
            yield f"chain {no}: {'not there' if row is None else 'without a report'}"
            continue
        said = (row.device_no, row.head_sequence, row.head_digest)
        if said != (made.device_no, made.head.sequence, made.head.digest):
            yield f"chain {no}: its head is not the one that its reports lead to"
        if bool(row.irregular) < made.irregular:
            yield f"chain {no}: said to be regular, and its reports are not"
    found = {(row.device_no, row.chain_no, row.source): row.evidence_no for row in connection.execute(select(current))}
    wanted = {
        (made.device_no, no, source): number for no, made in chains.items() for source, number in made.current.items()
    }
    for key in sorted(found.keys() | wanted.keys()):
        if found.get(key) != wanted.get(key):
            yield f"current report of device {key[0]}, chain {key[1]}, {key[2]}: not the latest one"


def _replay(connection: Connection) -> dict[int, _Replayed]:
    columns = evidence.c
    query = select(
        columns.no, columns.device_no, columns.chain_no, columns.sequence, columns.digest, columns.previous,
        columns.source, columns.outcome,
    ).order_by(columns.no)  # fmt: skip
    chains: dict[int, _Replayed] = {}
    with connection.execution_options(yield_per=_AT_ONCE).execute(query) as rows:
        for row in rows:
            made = chains.setdefault(row.chain_no, _Replayed(row.device_no))
            place = place_of(made.head, row.sequence, row.previous, taken=row.sequence in made.sequences)
            made.sequences.add(row.sequence)
            made.irregular = made.irregular or not place.regular
            if place.advances:
                made.head = Head(sequence=row.sequence, digest=row.digest)
                if row.outcome != "quarantined":
                    made.current[row.source.partition(":")[0]] = row.no
    return chains
