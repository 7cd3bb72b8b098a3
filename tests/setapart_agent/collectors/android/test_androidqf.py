import io
import json
import os
import random
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from android_transcripts import (
    OWNER,
    WORK,
    bugreport,
    dumpsys_account,
    dumpsys_package,
    dumpsys_wifi,
    getprop,
    package_block,
    wifi_network,
)
from setapart_agent.collectors.android import androidqf
from setapart_agent.collectors.android.collector import collect
from setapart_agent.errors import SourceError
from setapart_agent.facts import Facts

TIKTOK = "com.zhiliaoapp.musically"
DIGEST = "cd" * 32
ABSENT = "installed=false ceDataInode=0"
DUMPSYS = bugreport(
    {
        "account": dumpsys_account({(0, "Owner", OWNER): [], (10, "Work", WORK): [("a@corp.example", "com.google")]}),
        "package": dumpsys_package(
            [
                package_block("android", {0: "", 10: ""}),
                package_block(TIKTOK, {0: ABSENT, 10: ""}),
            ]
        ),
    }
)


def package(name: str, uid: int = 10123) -> dict[str, object]:
    file = {"path": "/data/app/x", "verified_certificate": True, "certificate": {"Sha256": DIGEST}}
    found = {"name": name, "uid": uid, "installer": "null", "files": [file], "disabled": False, "system": False}
    return found | {"third_party": True}


def collected(folder: Path, **files: str) -> Facts:
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(content)
    return collect(androidqf.open_androidqf(folder)).facts


def status(found: Facts, section: str) -> dict[str, str]:
    return {row.profile: row.status for row in found.coverage if row.section == section}


def test_a_whole_folder(tmp_path: Path) -> None:
    found = collected(
        tmp_path,
        dumpsys__txt=DUMPSYS,
        getprop__txt=getprop(),
        packages__json=json.dumps([package("android", 0), package(TIKTOK, 0)]),
        settings_secure__txt="a=b\nalways_on_vpn_app=com.example.vpn\n",
    )
    assert {(app.identifier, app.profile, app.publisher) for app in found.apps} == {
        ("android", "0", f"sha256:{DIGEST}"),
        ("android", "10", f"sha256:{DIGEST}"),
        (TIKTOK, "10", f"sha256:{DIGEST}"),
    }
    assert status(found, "apps") == {"0": "observed", "10": "observed"}
    assert status(found, "accounts") == {"0": "observed", "10": "observed"}
    assert [(link.kind, link.profile) for link in found.links] == [("vpn", "0")]


def test_packages_alone_leave_accounts_and_other_users_unknown(tmp_path: Path) -> None:
    found = collected(tmp_path, packages__json=json.dumps([package(TIKTOK)]))
    assert [(app.identifier, app.profile) for app in found.apps] == [(TIKTOK, "0")]
    assert status(found, "apps") == {"0": "partial"}
    assert status(found, "accounts") == {"0": "unsupported"}


def test_a_user_of_whom_only_packages_tell_is_a_profile(tmp_path: Path) -> None:
    found = collected(tmp_path, packages__json=json.dumps([package("android"), package(TIKTOK, 1010123)]))
    assert (TIKTOK, "10") in {(app.identifier, app.profile) for app in found.apps}
    assert set(status(found, "apps")) == {"0", "10"}


def test_a_broken_list_of_packages_leaves_the_dump(tmp_path: Path) -> None:
    found = collected(tmp_path, dumpsys__txt=DUMPSYS, packages__json="[")
    assert status(found, "apps") == {"0": "observed", "10": "observed"}
    (tmp_path / "dumpsys.txt").unlink()
    assert status(collected(tmp_path, packages__json="["), "apps") == {"0": "failed"}


def test_empty_files_are_failures_and_not_empty_lists(tmp_path: Path) -> None:
    found = collected(tmp_path, dumpsys__txt="", packages__json="", getprop__txt="")
    assert "observed" not in {row.status for row in found.coverage}


def test_links_out_of_the_folder_and_pipes_are_not_read(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    outside = tmp_path / "outside.json"
    outside.write_text(json.dumps([package(TIKTOK)]))
    (folder / "packages.json").symlink_to(outside)
    os.mkfifo(folder / "dumpsys.txt")
    found = collected(folder, getprop__txt=getprop())
    assert found.apps == ()
    assert status(found, "apps") == {"0": "failed"}


def zipped(folder: Path, files: Mapping[str, str | bytes], *more: tuple[str, str]) -> Path:
    path = folder / "uuid.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (*files.items(), *more):
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return path


FILES = {
    "dumpsys.txt": DUMPSYS,
    "getprop.txt": getprop(),
    "packages.json": json.dumps([package("android", 0), package(TIKTOK, 0)]),
    "settings_secure.txt": "always_on_vpn_app=com.example.vpn\n",
    "apks/x.apk": "PK",
}


@pytest.mark.parametrize("prefix", ["", "3f2a/", "backups/3f2a/"])
def test_a_zip_tells_what_the_folder_in_it_tells(tmp_path: Path, prefix: str) -> None:
    (tmp_path / "folder").mkdir()
    plain = {name.replace(".", "__"): content for name, content in FILES.items() if "/" not in name}
    expected = collected(tmp_path / "folder", **plain)
    path = zipped(tmp_path, {prefix + name: content for name, content in FILES.items()})
    assert collect(androidqf.open_androidqf(path)).facts == expected
    assert status(expected, "apps") == {"0": "observed", "10": "observed"}


def test_two_acquisitions_in_one_zip_are_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path, {"a/packages.json": "[]", "b/packages.json": "[]"})
    with pytest.raises(SourceError, match="several"):
        androidqf.open_androidqf(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_that_a_zip_holds_twice_is_read_by_nobody(tmp_path: Path) -> None:
    clean = json.dumps([package("android")])
    path = zipped(tmp_path, {"packages.json": json.dumps([package(TIKTOK)])}, ("packages.json", clean))
    found = collect(androidqf.open_androidqf(path)).facts
    assert status(found, "apps") == {"0": "failed"}


def test_a_broken_member_is_failed(tmp_path: Path) -> None:
    path = zipped(tmp_path, {"packages.json": json.dumps([package(TIKTOK)] * 50), "getprop.txt": getprop()})
    raw = bytearray(path.read_bytes())
    raw[60:80] = b"\0" * 20
    path.write_bytes(raw)
    assert status(collect(androidqf.open_androidqf(path)).facts, "apps") == {"0": "failed"}


@pytest.mark.parametrize("head", [b"age-encryption.org/v1\n-> X25519 x\n", b"-----BEGIN AGE ENCRYPTED FILE-----\n"])
def test_an_encrypted_zip_says_how_to_open_it(tmp_path: Path, head: bytes) -> None:
    (tmp_path / "u.zip.age").write_bytes(head + b"x" * 100)
    with pytest.raises(SourceError, match="age --decrypt"):
        androidqf.open_androidqf(tmp_path / "u.zip.age")


def report_of(services: Mapping[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("main_entry.txt", "bugreport-x.txt")
        archive.writestr("bugreport-x.txt", bugreport(services, properties=getprop()))
    return content.getvalue()


@pytest.mark.parametrize("in_zip", [True, False])
def test_what_the_dump_lacks_comes_from_the_bug_report_beside_it(tmp_path: Path, in_zip: bool) -> None:
    staff = dumpsys_wifi([wifi_network(1, keys="WPA_EAP", identity="a@agency.example")])
    files = {"dumpsys.txt": DUMPSYS.encode(), "bugreport.zip": report_of({"wifi": staff, "package": "x\n"})}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    found = collect(androidqf.open_androidqf(zipped(tmp_path, files) if in_zip else tmp_path)).facts
    assert [(link.kind, link.target) for link in found.links] == [("wifi-enterprise", "agency.example")]
    assert status(found, "apps") == {"0": "observed", "10": "observed"}
    assert status(found, "accounts") == {"0": "observed", "10": "observed"}


def test_a_bug_report_alone_is_enough_and_a_broken_one_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "bugreport.zip").write_bytes(
        report_of({"package": dumpsys_package([package_block("android", {0: ""})])})
    )
    assert status(collected(tmp_path), "apps") == {"0": "observed"}
    (tmp_path / "bugreport.zip").write_bytes(b"PK\x03\x04rubbish")
    assert status(collected(tmp_path, getprop__txt=getprop()), "apps") == {"0": "failed"}


def test_the_moment_is_that_of_androidqfs_own_record(tmp_path: Path) -> None:
    record = json.dumps({"androidqf_version": "v1.8.3", "started": "2026-03-01T10:00:00.5Z"})
    for name, content in FILES.items():
        if "/" not in name:
            (tmp_path / name).write_text(content)
    assert androidqf.open_androidqf(tmp_path).taken_at == datetime(2026, 3, 3, 15, 6, 7, tzinfo=UTC)
    (tmp_path / "acquisition.json").write_text(record)
    expected = datetime(2026, 3, 1, 10, 0, 0, 500_000, UTC)
    assert androidqf.open_androidqf(tmp_path).taken_at == expected
    assert androidqf.open_androidqf(zipped(tmp_path, FILES | {"acquisition.json": record})).taken_at == expected


def test_packages_by_user_make_every_listed_user_observed_but_those_that_were_refused(tmp_path: Path) -> None:
    users = {"users": [{"id": 0, "flags": "4c13", "inventory_status": "collected"},
                       {"id": 10, "flags": "1030", "inventory_status": "partial"},
                       {"id": 11, "flags": "410", "inventory_status": "failed"}]}  # fmt: skip
    listed = [
        package("android", 1000) | {"user_id": 0, "installed": True},
        package(TIKTOK, 1_010_123) | {"user_id": 10, "installed": True},
        package(TIKTOK, 10_123) | {"user_id": 0, "installed": False},
    ]
    found = collected(tmp_path, packages__json=json.dumps(listed), package_users__json=json.dumps(users))
    assert [(app.identifier, app.profile, app.state) for app in found.apps] == [
        ("android", "0", "installed"),
        (TIKTOK, "0", "removed-trace"),
        (TIKTOK, "10", "installed"),
    ]
    assert status(found, "apps") == {"0": "observed", "10": "partial", "11": "unsupported"}
    assert [(profile.id, profile.kind) for profile in found.profiles] == [
        ("0", "primary"),
        ("10", "work"),
        ("11", "secondary"),
    ]


def test_no_damage_to_a_zip_leaves_our_errors(tmp_path: Path) -> None:
    more = {"bugreport.zip": report_of({"package": "x\n"}), "acquisition.json": "{}", "package_users.json": "{}"}
    whole = zipped(tmp_path, FILES | more).read_bytes()
    dice = random.Random(11)
    path = tmp_path / "damaged.zip"
    for _ in range(200):
        content = bytearray(whole)
        for _ in range(dice.randrange(1, 6)):
            content[dice.randrange(len(content))] = dice.randrange(256)
        path.write_bytes(content[: dice.randrange(len(content)) if dice.random() < 0.3 else len(content)])
        try:
            collect(androidqf.open_androidqf(path))
        except SourceError:
            continue


@pytest.mark.parametrize("name", ["absent", "empty", "file.zip"])
def test_what_is_no_folder_of_androidqf_is_an_error_of_ours(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.zip").write_bytes(b"PK")
    with pytest.raises(SourceError, match="expected"):
        androidqf.open_androidqf(tmp_path / name)
