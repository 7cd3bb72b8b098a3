"""Backups, taken from either database and restored into either."""

import io
import stat
import tarfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard
from sqlalchemy import insert, inspect, select

from record_builder import NOW, fill
from setapart_auditor.errors import StoreError
from setapart_auditor.installation import Installation, open_installation
from setapart_auditor.log.note import NoteKey
from setapart_auditor.log.verify import verify_log
from setapart_auditor.settings import read_settings
from setapart_auditor.store.archive import FORMAT, Manifest, Member, members, new_archive, verify_archive
from setapart_auditor.store.backup import back_up, load, unpack_folder
from setapart_auditor.store.engine import Store, open_engine
from setapart_auditor.store.schema import device, metadata, rejection
from stores import KINDS
from typed_commands import run


@pytest.fixture
def filled(installation: Installation) -> Installation:
    fill(installation)
    with installation.store.write() as connection:
        connection.execute(
            insert(rejection).values(
                day=NOW.date(), reason="x", claimed="", times=2**40, last_at=NOW, last_message="\u2028 'ø'\ttab\\"
            )
        )
    (installation.folder / "bundles").mkdir(exist_ok=True)
    (installation.folder / "bundles" / "one.json").write_bytes(b"{}")
    return installation


@pytest.fixture
def archive(filled: Installation, tmp_path: Path) -> Path:
    path = tmp_path / "backup"
    ran = run(tmp_path, "setapart-auditor", "db", "backup", str(path), "--dir", str(filled.folder))
    assert ran.code == 0, ran.printed
    return path


@pytest.fixture(params=KINDS)
def target(request: pytest.FixtureRequest) -> str | None:
    """The database that is restored into."""
    if request.param == "sqlite":
        return None
    server = request.getfixturevalue("postgres")
    return server.new_database()


def everything(store: Store) -> dict[str, list[Any]]:
    with store.read() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]
            for table in metadata.sorted_tables
        }


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith("auditor.")
    }


def test_what_comes_back_is_what_went_in(
    filled: Installation, archive: Path, target: str | None, tmp_path: Path
) -> None:
    words = ("--database", target) if target else ()
    ran = run(tmp_path, "setapart-auditor", "db", "restore", str(archive), "--dir", "new", *words)
    assert ran.code == 0, ran.printed
    again = open_installation(tmp_path / "new")
    try:
        assert again.store.is_postgresql == (target is not None)
        assert everything(again.store) == everything(filled.store)
        assert files(again.folder) == files(filled.folder)
        assert again.keyid == filled.keyid
        with again.store.read() as connection:
            key = NoteKey(name=again.settings.log.origin, key=again.authority.signer.public)
            report = verify_log(connection, key)
        assert report.defects == ()
        assert report.checkpoints == 2
        # Numbers go on where they were.
        with again.store.write() as connection:
            added = insert(device).values({"name": "n", "folded": "n", "class": "ordinary", "created_at": NOW})
            assert connection.execute(added).inserted_primary_key == (3,)
        for path in (again.folder, *again.folder.rglob("*")):
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    finally:
        again.store.close()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_backup_is_private_and_overwrites_nothing(filled: Installation, archive: Path, tmp_path: Path) -> None:
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    before = archive.read_bytes()
    ran = run(tmp_path, "setapart-auditor", "db", "backup", str(archive), "--dir", str(filled.folder))
    assert ran.code == 2
    assert "there already" in ran.printed
    assert archive.read_bytes() == before


def test_a_backup_is_of_one_moment_and_a_later_row_is_not_in_it(filled: Installation, tmp_path: Path) -> None:
    writes = iter([True])

    def meanwhile(_rows: int) -> None:
        if next(writes, False):
            with filled.store.write() as connection:
                connection.execute(
                    insert(device).values({"no": 3, "name": "n", "folded": "n", "class": "ordinary", "created_at": NOW})
                )

    before = everything(filled.store)
    manifest = back_up(filled.store, filled.folder, tmp_path / "b", NOW, progress=meanwhile)
    assert {one.name: one.rows for one in manifest.tables} == {name: len(rows) for name, rows in before.items()}
    assert len(everything(filled.store)["device"]) == len(before["device"]) + 1


def test_restoring_needs_an_empty_folder_and_an_empty_database(
    filled: Installation, archive: Path, database_url: str | None, tmp_path: Path
) -> None:
    ran = run(tmp_path, "setapart-auditor", "db", "restore", str(archive), "--dir", str(filled.folder))
    assert (ran.code, "not empty" in ran.printed) == (2, True)
    url = database_url or f"sqlite:///{filled.folder / 'auditor.db'}"
    before = everything(filled.store)
    ran = run(tmp_path, "setapart-auditor", "db", "restore", str(archive), "--dir", "new", "--database", url)
    assert (ran.code, "the database is not empty" in ran.printed) == (2, True)
    assert everything(filled.store) == before
    assert not (tmp_path / "new").exists()


def test_a_damaged_backup_is_refused_and_leaves_nothing(archive: Path, tmp_path: Path) -> None:
    whole = archive.read_bytes()
    size = len(whole)
    damaged = {
        "empty": b"",
        "cut": whole[:-200],
        "half": whole[: size // 2],
        "other": b"no backup",
        **{f"bit {at}": whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :] for at in range(7, size, size // 40)},
    }
    refused = 0
    for name, raw in damaged.items():
        archive.write_bytes(raw)
        ran = run(tmp_path, "setapart-auditor", "db", "restore", str(archive), "--dir", "new")
        assert ran.code == 2, name
        assert "damaged" in ran.printed, name
        refused += 1
        assert {path.name for path in tmp_path.iterdir()} <= {"backup", "auditor"}
    assert refused > 40


def repack(path: Path, change: Any) -> None:
    """Writes an archive anew, with members that `change` gives; the manifest fits them."""
    manifest = verify_archive(path)
    kept = [change(name, raw) for name, raw in members(path, manifest)]
    path.unlink()
    with new_archive(path) as made:
        for name, raw in kept:
            made.add(name, raw)
        made.finish(manifest.made_at, manifest.schema, manifest.tables)


@pytest.mark.parametrize("raw", [b"\xc1", msgspec.msgpack.encode([[1, 2]]), msgspec.msgpack.encode([])])
def test_members_that_hold_no_rows_of_their_table_leave_nothing(
    archive: Path, target: str | None, tmp_path: Path, raw: bytes
) -> None:
    repack(archive, lambda name, was: (name, raw if name.startswith("tables/status/") else was))
    words = ("--database", target) if target else ()
    ran = run(tmp_path, "setapart-auditor", "db", "restore", str(archive), "--dir", "new", *words)
    assert ran.code == 2, ran.printed
    assert {path.name for path in tmp_path.iterdir()} <= {"backup", "auditor"}
    if target:
        engine = open_engine(target)
        assert inspect(engine).get_table_names() == []
        engine.dispose()


@pytest.mark.parametrize("name", ["folder/../x", "/etc/x", "folder//x", "tables/Device/1", "x", "folder/a/../../b"])
def test_a_member_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "b"
    manifest = Manifest(
        format=FORMAT, made_at=NOW, schema="0001", tables=(), members=(Member(name=name, size=0, sha256=""),)
    )
    raw = msgspec.json.encode(manifest)
    plain = tmp_path / "tar"
    with tarfile.open(plain, "w") as tar:
        tar.addfile(tarfile.TarInfo(name))
        info = tarfile.TarInfo("manifest.json")
        info.size = len(raw)
        tar.addfile(info, io.BytesIO(raw))
    path.write_bytes(zstandard.compress(plain.read_bytes()))
    with pytest.raises(StoreError, match="a member that no backup has"):
        verify_archive(path)
    with pytest.raises(StoreError, match="can't be in a backup"), new_archive(tmp_path / "c") as made:
        made.add(name, b"")


def test_what_is_outside_of_the_folder_is_said(filled: Installation, tmp_path: Path) -> None:
    overlay = tmp_path / "overlay.toml"
    overlay.write_text("")
    settings = filled.folder / "auditor.toml"
    settings.write_text(settings.read_text() + f'\n[serve]\ncertificate = "{overlay}"\n')
    ran = run(tmp_path, "setapart-auditor", "db", "backup", "b", "--dir", str(filled.folder))
    assert ran.code == 0
    assert f"not in the folder: {overlay}" in ran.printed


def test_a_backup_of_a_later_schema_is_refused(filled: Installation, archive: Path, tmp_path: Path) -> None:
    manifest = verify_archive(archive)
    folder = tmp_path / "folder"
    folder.mkdir()
    unpack_folder(archive, manifest, folder)
    engine = open_engine(f"sqlite:///{tmp_path / 'x.db'}", create=True)
    later = msgspec.structs.replace(manifest, schema="0099")
    with pytest.raises(StoreError, match="0099, which is newer"):
        load(engine, archive, later)
    assert inspect(engine).get_table_names() == []
    engine.dispose()
    assert read_settings(folder) == filled.settings
