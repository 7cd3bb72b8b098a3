"""The stored log: grown by the real appender, proved from stored rows, read by a foreign implementation."""

import base64
import datetime as dt
import json
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from msgspec import Struct
from sqlalchemy import select

from setapart_auditor.errors import StoreError
from setapart_auditor.log.append import Entry, append, leaf_data
from setapart_auditor.log.checkpoint import check_against, make_checkpoint, newest
from setapart_auditor.log.merkle import Frontier, is_consistent, leaf_hash, root_of_inclusion
from setapart_auditor.log.note import NoteError, NoteKey, parse_checkpoint
from setapart_auditor.log.tree import consistency_proof, inclusion_proof, root_at, state_of
from setapart_auditor.store.engine import Store
from setapart_auditor.store.schema import log_leaf
from setapart_evidence.keys import Ed25519Signer

NOW = dt.datetime(2026, 11, 26, 10, 0, 0, 123_456, tzinfo=dt.UTC)
LOG = Ed25519Signer(bytes(range(32)))
KEY = NoteKey(name="agency.example/log", key=LOG.public)


class Word(Struct, frozen=True):
    word: str


def grow(store: Store, count: int, kind: str = "test") -> None:
    with store.write() as connection:
        append(connection, [Entry(kind=kind, at=NOW, record=Word(f"word {one}")) for one in range(count)])


def leaves(store: Store) -> list[bytes]:
    with store.read() as connection:
        rows = connection.execute(select(log_leaf).order_by(log_leaf.c.no)).all()
    return [leaf_data(row.kind, row.at, row.commitment) for row in rows]


def root(data: list[bytes]) -> bytes:
    frontier = Frontier()
    for one in data:
        frontier.append(leaf_hash(one))
    return frontier.root


def test_every_root_and_proof_comes_from_few_stored_rows(store: Store) -> None:
    for count in (1, 254, 1, 1, 300, 515):
        grow(store, count)
    data = leaves(store)
    assert len(data) == 1072
    with store.read() as connection:
        assert state_of(connection).root == root(data)
        for size in (0, 1, 2, 255, 256, 257, 511, 512, 513, 768, 1000, 1072):
            assert root_at(connection, size) == root(data[:size]), size
        for size in (1, 255, 256, 257, 700, 1072):
            for index in {0, 1, size // 2, size - 1} & set(range(size)):
                proof = inclusion_proof(connection, index, size)
                assert root_of_inclusion(leaf_hash(data[index]), index, size, proof) == root(data[:size])
            for old in (0, 1, 255, 256, 300, size):
                if old <= size:
                    proof = consistency_proof(connection, old, size)
                    assert is_consistent(old, root(data[:old]), size, root(data[:size]), proof), (old, size)


def test_an_entry_that_fails_leaves_the_log_as_it_was(store: Store) -> None:
    grow(store, 3)
    with suppress(ZeroDivisionError), store.write() as connection:
        append(connection, [Entry(kind="test", at=NOW, record=Word("lost"))])
        _ = 1 / 0
    grow(store, 1)
    with store.read() as connection:
        assert state_of(connection).root == root(leaves(store))


def test_a_log_with_a_hole_gives_no_proof(store: Store) -> None:
    grow(store, 10)
    with store.read() as connection, pytest.raises(StoreError, match=r"9 hashes|10 hashes"):
        root_at(connection, 11)


def test_a_checkpoint_is_made_once_for_each_size(store: Store) -> None:
    grow(store, 5)
    with store.write() as connection:
        assert newest(connection) is None
        note = make_checkpoint(connection, LOG, KEY.name, NOW)
    with store.write() as connection:
        assert make_checkpoint(connection, LOG, KEY.name, NOW + dt.timedelta(hours=1)) == note == newest(connection)
    grow(store, 1)
    with store.write() as connection:
        later = make_checkpoint(connection, LOG, KEY.name, NOW)
        assert later != note
        assert parse_checkpoint(later.partition("\n\n")[0] + "\n").size == 6


def test_a_checkpoint_kept_elsewhere_is_compared_with_the_log(store: Store) -> None:
    grow(store, 5)
    with store.write() as connection:
        note = make_checkpoint(connection, LOG, KEY.name, NOW)
    grow(store, 300)
    with store.read() as connection:
        assert check_against(connection, note, (KEY,)).size == 5


@pytest.mark.needs("go")
def test_go_verifies_note_root_and_proofs(store: Store, tmp_path: Path) -> None:
    grow(store, 300)
    with store.write() as connection:
        note = make_checkpoint(connection, LOG, KEY.name, NOW)
    data = leaves(store)
    with store.read() as connection:
        given = {
            "key": KEY.spelled(),
            "note": note,
            "leaves": [base64.b64encode(one).decode() for one in data],
            "index": 77,
            "inclusion": [base64.b64encode(one).decode() for one in inclusion_proof(connection, 77, 300)],
            "old": 129,
            "oldRoot": base64.b64encode(root(data[:129])).decode(),
            "consistency": [base64.b64encode(one).decode() for one in consistency_proof(connection, 129, 300)],
        }
    program = tmp_path / "foreign"
    built = subprocess.run(
        ["go", "build", "-o", program, Path(__file__).with_name("foreign_log.go")],
        env={"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOCACHE": str(tmp_path / "cache"),
             "HOME": str(tmp_path), "PATH": "/usr/bin:/bin:/usr/local/bin", "GOFLAGS": ""},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr

    def foreign(**changes: object) -> str:
        ran = subprocess.run(
            [program], input=json.dumps(given | changes), capture_output=True, text=True, check=False, timeout=60
        )
        return ran.stdout

    assert foreign() == "verified 300\n"
    assert "refused" in foreign(leaves=[*given["leaves"][:-1], given["leaves"][0]])  # type: ignore[misc,index]
    assert "refused" in foreign(note=note.replace("300", "299"))
    assert "refused" in foreign(index=78)
    assert "refused" in foreign(old=130)


def test_a_checkpoint_of_more_than_the_log_has_shows_that_it_was_cut(store: Store) -> None:
    grow(store, 5)
    longer = NoteKey(name=KEY.name, key=LOG.public)
    from setapart_auditor.log.note import Checkpoint, sign

    note = sign(Checkpoint(origin=KEY.name, size=6, root=b"r" * 32).text, KEY.name, LOG)
    with store.read() as connection, pytest.raises(NoteError, match="6 entries, and the log has 5"):
        check_against(connection, note, (longer,))
    note = sign(Checkpoint(origin=KEY.name, size=4, root=b"r" * 32).text, KEY.name, LOG)
    with store.read() as connection, pytest.raises(NoteError, match="another log behind"):
        check_against(connection, note, (longer,))
