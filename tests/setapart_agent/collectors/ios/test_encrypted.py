import plistlib
import struct
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from ios_backup_maker import ACCOUNTS, accounts_db, file_id, healthy, info, write_backup
from setapart_agent.collectors.ios.backup import collect_backup
from setapart_agent.errors import SourceError
from setapart_agent.facts import Facts

pytestmark = pytest.mark.needs("iphone-backup-decrypt")
PASSWORD = "correct horse"
ROW = {"type": "com.apple.account.Google", "user": "p@agency.example", "enabled": ["Mail"]}


def backup(folder: Path, **more: Any) -> Path:
    return write_backup(
        folder, healthy(accounts_db([ROW])), information=info(["a.b"]), app_domains=["a.b"], password=PASSWORD, **more
    )


def statuses(found: Facts) -> dict[str, list[str]]:
    return {
        section: [row.status for row in found.coverage if row.section == section]
        for section in ("apps", "accounts", "links")
    }


def altered(folder: Path, **values: object) -> Path:
    path = backup(folder) / "Manifest.plist"
    path.write_bytes(plistlib.dumps({**plistlib.loads(path.read_bytes()), **values}, fmt=plistlib.FMT_BINARY))
    return folder


def test_an_encrypted_backup_gives_what_a_plain_one_gives(tmp_path: Path) -> None:
    plain = write_backup(tmp_path / "p", healthy(accounts_db([ROW])), information=info(["a.b"]), app_domains=["a.b"])
    encrypted = backup(tmp_path / "e")
    assert collect_backup(encrypted, lambda: PASSWORD) == collect_backup(plain, lambda: None)


def test_nothing_decrypted_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "t").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "t"))
    collect_backup(backup(tmp_path / "e"), lambda: PASSWORD)
    assert list((tmp_path / "t").iterdir()) == []


def test_a_wrong_password_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not open with this password"):
        collect_backup(backup(tmp_path), lambda: "wrong")


def test_without_anybody_to_ask_it_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no password"):
        collect_backup(backup(tmp_path), lambda: None)


def test_without_the_library_the_error_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "iphone_backup_decrypt", None)
    with pytest.raises(SourceError) as raised:
        collect_backup(backup(tmp_path), lambda: PASSWORD)
    assert "setapart[ios]" in raised.value.cure


def test_nobody_is_asked_for_the_password_of_a_plain_backup(tmp_path: Path) -> None:
    def ask() -> str:
        pytest.fail("asked")

    collect_backup(write_backup(tmp_path, healthy()), ask)


def test_a_file_that_is_not_there_is_failed(tmp_path: Path) -> None:
    found = collect_backup(backup(tmp_path, left_out=[ACCOUNTS]), lambda: PASSWORD).facts
    assert statuses(found)["accounts"] == ["failed"]


@pytest.mark.parametrize("content", [b"", b"x" * 17, b"y" * 64])
def test_a_damaged_file_is_failed(tmp_path: Path, content: bytes) -> None:
    number = file_id(*ACCOUNTS)
    (backup(tmp_path) / number[:2] / number).write_bytes(content)
    found = collect_backup(tmp_path, lambda: PASSWORD).facts
    assert (found.accounts, statuses(found)["accounts"]) == ((), ["failed"])


@pytest.mark.parametrize("bag", [b"", b"DPIC", b"CLAS" + struct.pack(">L", 4) + b"\x00\x00\x00\x01", 5, None])
def test_a_broken_key_bag_is_an_error_of_ours(tmp_path: Path, bag: object) -> None:
    with pytest.raises(SourceError):
        collect_backup(altered(tmp_path, BackupKeyBag=bag if bag is not None else []), lambda: PASSWORD)


@pytest.mark.parametrize("key", [b"", b"\x04\x00\x00\x00" + b"k" * 40, 5])
def test_a_broken_key_of_the_manifest_is_an_error_of_ours(tmp_path: Path, key: object) -> None:
    with pytest.raises(SourceError):
        collect_backup(altered(tmp_path, ManifestKey=key), lambda: PASSWORD)


def test_the_library_prints_nothing_of_its_own(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    collect_backup(backup(tmp_path), lambda: PASSWORD)
    assert capfd.readouterr() == ("", "")
