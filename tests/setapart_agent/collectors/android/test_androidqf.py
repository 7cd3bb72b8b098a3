import json
import os
from pathlib import Path

import pytest

from android_transcripts import OWNER, WORK, bugreport, dumpsys_account, dumpsys_package, getprop, package_block
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


@pytest.mark.parametrize("name", ["absent", "empty", "file.zip"])
def test_what_is_no_folder_of_androidqf_is_an_error_of_ours(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.zip").write_bytes(b"PK")
    with pytest.raises(SourceError, match="expected"):
        androidqf.open_androidqf(tmp_path / name)
