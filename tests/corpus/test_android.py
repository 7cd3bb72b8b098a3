"""Real captures of Android devices: every fact that the corpus's PROVENANCE.md says must be read."""

import zipfile
from pathlib import Path

import pytest

from setapart_agent.collectors.android import androidqf, bugreport
from setapart_agent.collectors.android.collector import collect
from setapart_agent.collectors.android.parse import (
    dumpsys_account,
    dumpsys_package,
    getprop,
    pm_list,
)
from setapart_agent.collectors.registry import PARSERS, parser_of, recognise
from setapart_agent.facts import Facts, FileSet

pytestmark = pytest.mark.needs("corpus")


@pytest.fixture
def android(corpus: Path) -> Path:
    return corpus / "android"


def main(path: Path) -> FileSet:
    return FileSet(files={"main": path.read_bytes()})


def rows(found: Facts, section: str, collector: str = "") -> dict[str, str]:
    return {
        row.profile: row.status
        for row in found.coverage
        if row.section == section and row.collector.endswith(collector)
    }


@pytest.mark.parametrize("name", ["bugreport_aidldeadlock.txt", "bugreport_deadlock.txt"])
def test_bug_report_of_android_2_3(android: Path, name: str) -> None:
    found = collect(bugreport.open_bugreport(android / "chkbugreport" / name)).facts
    assert len(found.apps) == 72
    assert [(a.profile, a.type, a.client) for a in found.accounts] == [("0", "com.google", "com.google.android.gsf")]
    assert found.accounts[0].domain == "gmail.com"
    assert [(profile.id, profile.kind) for profile in found.profiles] == [("0", "primary")]
    assert (found.device.os_version, found.device.os_api_level, found.device.model) == ("2.3.5", 10, "Nexus One")
    for section in ("apps", "accounts"):
        assert rows(found, section) == {"0": "observed"}
    assert rows(found, "links", "device-policy") == {"0": "observed"}
    # Android 2.3 shows neither its saved Wi-Fi networks nor its VPNs.
    assert rows(found, "links", "networks") == {"0": "failed"}
    assert bugreport.parse(main(android / "chkbugreport" / name)) == found


def test_the_same_bug_report_in_a_zip(android: Path, tmp_path: Path) -> None:
    path = android / "chkbugreport" / "bugreport_deadlock.txt"
    with zipfile.ZipFile(tmp_path / "report.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, "bugreport-passion.txt")
        archive.writestr("main_entry.txt", "bugreport-passion.txt")
    zipped = collect(bugreport.open_bugreport(tmp_path / "report.zip"))
    assert zipped.facts == collect(bugreport.open_bugreport(path)).facts


def test_accounts_of_a_tablet_with_a_clone_space(android: Path) -> None:
    path = android / "dumpsys-account" / "a14-lenovo-tb320fc-dualapps-ANONYMISED.txt"
    assert dumpsys_account.recognise(path.name, path.read_bytes())
    found = dumpsys_account.parse(main(path))
    assert [(profile.id, profile.kind) for profile in found.profiles] == [("0", "primary"), ("900", "clone")]
    types = [account.type for account in found.accounts]
    assert len(types) == 13
    assert types.count("com.microsoft.workaccount") == 4
    assert {"com.ss.android.ugc.aweme", "com.twitter.android.auth.login"} <= set(types)
    assert {account.profile for account in found.accounts} == {"0"}
    assert rows(found, "accounts") == {"0": "observed", "900": "denied"}
    assert [link.target for link in found.links if link.kind == "sso"] == [None, "outlook.example"]


def test_accounts_of_an_emulator_without_any(android: Path) -> None:
    path = android / "dumpsys-account" / "a15-api35-emulator-noaccounts.txt"
    found = dumpsys_account.parse(main(path))
    assert found.accounts == ()
    assert rows(found, "accounts") == {"0": "observed"}


def test_dumpsys_of_androidqf_has_packages_and_no_accounts(android: Path, tmp_path: Path) -> None:
    (tmp_path / "dumpsys.txt").write_bytes((android / "mvt" / "androidqf-dumpsys.txt").read_bytes())
    (tmp_path / "getprop.txt").write_bytes((android / "mvt" / "androidqf-getprop.txt").read_bytes())
    found = collect(androidqf.open_androidqf(tmp_path)).facts
    assert {app.identifier for app in found.apps} == {
        "com.samsung.android.provider.filterprovider",
        "com.sec.android.app.DataCreate",
    }
    assert found.accounts == ()
    assert rows(found, "accounts") == {"0": "unsupported"}
    assert rows(found, "links", "networks") == {"0": "unsupported"}


def test_getprop_of_androidqf_is_properties(android: Path) -> None:
    path = android / "mvt" / "androidqf-getprop.txt"
    assert getprop.recognise(path.name, path.read_bytes())
    assert getprop.parse(main(path)).device.os_version is None


def test_cut_down_bug_report_has_packages_and_no_accounts(android: Path, tmp_path: Path) -> None:
    path = android / "mvt" / "bugreport-dumpstate.txt"
    entry = (android / "mvt" / "bugreport-main_entry.txt").read_bytes()
    with zipfile.ZipFile(tmp_path / "report.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("main_entry.txt", entry)
        archive.write(path, entry.decode().strip())
    for report in (path, tmp_path / "report.zip"):
        found = collect(bugreport.open_bugreport(report)).facts
        assert {app.identifier for app in found.apps} == {
            "com.samsung.android.provider.filterprovider",
            "com.instagram.android",
        }
        assert found.accounts == ()
        assert rows(found, "accounts") == {"0": "unsupported"}
        assert rows(found, "links", "networks") == {"0": "unsupported"}


def test_dump_of_two_packages(android: Path) -> None:
    path = android / "mvt" / "dumpsys_packages.txt"
    assert dumpsys_package.recognise(path.name, path.read_bytes())
    found = dumpsys_package.parse(main(path))
    assert [(app.identifier, app.version, app.profile, app.state, app.publisher_hint) for app in found.apps] == [
        ("com.samsung.android.provider.filterprovider", "5.0.07", "0", "installed", "b378e95c"),
        ("com.sec.android.app.DataCreate", "1.0", "0", "installed", "b378e95c"),
    ]
    assert all(app.permissions == () for app in found.apps)
    assert rows(found, "apps") == {"0": "observed"}


def test_list_of_a_head_unit(android: Path) -> None:
    path = android / "pm-list" / "ts18-headunit-pm-list-f-i-U.txt"
    assert pm_list.recognise(path.name, path.read_bytes())
    listed = pm_list.read(path.read_text()).packages
    assert len(listed) == 7
    assert {one.installer for one in listed} == {None, "com.android.packageinstaller", "com.android.vending"}
    radio = next(one for one in listed if one.name == "com.navimods.radio")
    assert radio.path == "/data/app/com.navimods.radio-fTrw3wNq_UuFmKILNY9vVQ==/base.apk"
    assert rows(pm_list.parse(main(path)), "apps") == {"0": "observed"}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("chkbugreport/bugreport_aidldeadlock.txt", "android.bugreport"),
        ("dumpsys-account/a14-lenovo-tb320fc-dualapps-ANONYMISED.txt", "android.dumpsys-account"),
        ("dumpsys-account/a15-api35-emulator-noaccounts.txt", "android.dumpsys-account"),
        ("mvt/androidqf-dumpsys.txt", "android.bugreport"),
        ("mvt/androidqf-getprop.txt", "android.getprop"),
        ("mvt/bugreport-dumpstate.txt", "android.bugreport"),
        ("mvt/dumpsys_packages.txt", "android.dumpsys-package"),
        ("pm-list/ts18-headunit-pm-list-f-i-U.txt", "android.pm-list"),
    ],
)
def test_each_capture_is_of_one_kind(android: Path, name: str, kind: str) -> None:
    content = (android / name).read_bytes()
    assert recognise(Path(name), content) == kind
    android_kinds = (one for one in PARSERS if one.startswith("android."))
    assert [one for one in android_kinds if parser_of(one).recognise(name, content)] == [kind]
