from pathlib import Path
from typing import Any

import pytest

from registry_maker import at, hive, merged, reg_text
from setapart_agent.collectors.registry import parse_file, parser_of, recognise
from setapart_agent.collectors.windows import appx, machine_hive, outlook, registry_file, uninstall, user_hive
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from windows_tree import ADA, UNINSTALL, VERSION

PROGRAM = at(UNINSTALL, {"x": {"DisplayName": "TikTok"}})
ACCOUNT = at(
    r"Microsoft\Office\16.0\Outlook\Profiles\Outlook\9375CFF0413111d3B88A00104B2A6676",
    {"00000001": {"IMAP Server": "imap.agency.example"}},
)
PACKAGE_NAME = "BytedancePte.Ltd.TikTok_1.0.5.0_neutral__6yccndn6064se"
PACKAGES = r"Local Settings\Software\Microsoft\Windows\CurrentVersion\AppModel\Repository\Packages"
USER = merged({"Software": merged(PROGRAM, ACCOUNT)}, {"Network": {"Z": {"RemotePath": r"\\files.agency.example\x"}}})
MACHINE = merged(
    PROGRAM, at(VERSION, {"ProductName": "Windows 10 Pro", "ProfileList": {ADA: {"ProfileImagePath": r"C:\Users\ada"}}})
)
KINDS = (uninstall, appx, outlook, user_hive, machine_hive)


def facts(raw: bytes, kind: Any = user_hive, profile: str = "S-1", **logs: bytes) -> Facts:
    found = kind.parse(FileSet(files={"main": raw, **logs}, profile=profile))
    assert isinstance(found, Facts)
    return found


@pytest.mark.parametrize("raw", [hive(USER, name="ntuser.dat"), reg_text(USER)])
def test_a_users_part_tells_everything_of_that_user(raw: bytes) -> None:
    found = facts(raw)
    assert [(app.identifier, app.profile) for app in found.apps] == [("TikTok", "S-1")]
    assert [account.host for account in found.accounts] == ["imap.agency.example"]
    assert [link.target for link in found.links] == ["files.agency.example"]
    assert found.coverage == ()
    assert recognise(Path("x"), raw) == "windows.user-hive"


def test_a_hive_that_begins_at_software_is_a_users() -> None:
    found = facts(hive(merged(PROGRAM, ACCOUNT), root="Software"))
    assert (len(found.apps), len(found.accounts)) == (1, 1)


def test_the_machines_software_is_told_by_the_version_in_it() -> None:
    for raw in (
        hive(MACHINE, name=r"emRoot\System32\Config\SOFTWARE"),
        reg_text(MACHINE, r"HKEY_LOCAL_MACHINE\SOFTWARE"),
    ):
        found = facts(raw, machine_hive)
        assert recognise(Path("x"), raw) == "windows.machine-hive"
        assert [app.profile for app in found.apps] == ["system"]
        assert [profile.id for profile in found.profiles] == [ADA]
        assert found.device.os_version == "Windows 10 Pro"


def test_the_machines_system_is_told_by_its_control_sets() -> None:
    tree = {"Select": {"Current": 1}, "ControlSet001": at(r"Services\Tcpip\Parameters", {"Domain": "agency.example"})}
    raw = hive(tree, name="SYSTEM")
    assert recognise(Path("x"), raw) == "windows.machine-hive"
    assert [link.target for link in facts(raw, machine_hive).links] == ["agency.example"]


def test_a_users_classes_hold_packages() -> None:
    for raw in (
        hive(at(PACKAGES, {PACKAGE_NAME: {}}), name=r"x\UsrClass.dat"),
        reg_text(at(PACKAGES, {PACKAGE_NAME: {}}), r"HKEY_CURRENT_USER\Software\Classes"),
    ):
        assert [app.source for app in facts(raw, appx).apps] == ["appx"]
    assert recognise(Path("x"), hive(at(PACKAGES, {PACKAGE_NAME: {}}), name=r"x\UsrClass.dat")) == "windows.appx"


OUTLOOK = {"Outlook": {"9375CFF0413111d3B88A00104B2A6676": {"00000001": {"IMAP Server": "x"}}}}


@pytest.mark.parametrize(
    ("path", "tree", "kind"),
    [
        (rf"HKEY_CURRENT_USER\Software\{UNINSTALL}", {"x": {"DisplayName": "TikTok"}}, uninstall),
        (rf"HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\{UNINSTALL}", {"x": {"DisplayName": "TikTok"}}, uninstall),
        (r"HKEY_CURRENT_USER\Software\Microsoft\Office\16.0\Outlook\Profiles", OUTLOOK, outlook),
        (r"HKEY_CURRENT_USER\Software\Microsoft\Office\16.0\Outlook", {"x": {}, "Profiles": OUTLOOK}, outlook),
        (rf"HKEY_CURRENT_USER\Software\Classes\{PACKAGES}", {PACKAGE_NAME: {}}, appx),
        (
            rf"HKEY_CURRENT_USER\Software\Classes\{PACKAGES[:-20]}",
            {"Repository": {"Packages": {PACKAGE_NAME: {}}}},
            appx,
        ),
    ],
)
def test_an_export_of_one_thing_is_recognised_and_read(path: str, tree: dict[str, Any], kind: Any) -> None:
    raw = reg_text(tree, path)
    assert recognise(Path("x"), raw) == kind.KIND
    found = facts(raw, kind)
    assert len(found.apps) + len(found.accounts) == 1


def test_an_export_of_several_things_is_not_taken_for_one() -> None:
    raw = (
        reg_text(PROGRAM, r"HKEY_CURRENT_USER\Software")
        + reg_text(ACCOUNT, r"HKEY_CURRENT_USER\Software")[2:].split(b"\n\0", 1)[1]
    )
    assert recognise(Path("x"), raw) == "windows.user-hive"
    assert (len(facts(raw).apps), len(facts(raw).accounts)) == (1, 1)


def test_an_export_of_all_users_keeps_them_apart() -> None:
    raw = reg_text(
        {ADA: USER, f"{ADA}_Classes": at(PACKAGES, {PACKAGE_NAME: {}}), "S-1-5-21-1-2-3-4": USER}, "HKEY_USERS"
    )
    found = facts(raw)
    assert [(app.source, app.profile) for app in found.apps] == [
        ("uninstall-key", ADA),
        ("appx", ADA),
        ("uninstall-key", "S-1-5-21-1-2-3-4"),
    ]


def test_a_hive_that_somebody_loaded_below_the_machine_is_a_users() -> None:
    assert len(facts(reg_text(USER, r"HKEY_LOCAL_MACHINE\offline")).apps) == 1


def test_a_dirty_hive_is_partly_seen_and_its_logs_are_looked_for(tmp_path: Path) -> None:
    raw = hive(USER, name="ntuser.dat", sequence=(3, 2))
    rows = {(row.section, row.status) for row in facts(raw).coverage}
    assert rows == {(section, "partial") for section in ("apps", "accounts", "links")}
    assert {row.section for row in facts(raw, outlook).coverage} == {"accounts"}
    names = registry_file.companions("/x/NTUSER.DAT", raw).values()
    assert {"NTUSER.DAT.LOG1", "NTUSER.DAT.LOG2", "ntuser.dat.log1"} <= set(names)
    path = tmp_path / "NTUSER.DAT"
    path.write_bytes(raw)
    assert len(parse_file("windows.user-hive", path, raw).apps) == 1


def test_damage_in_one_part_does_not_silence_the_others() -> None:
    raw = bytearray(hive(merged(USER, at(rf"Software\{UNINSTALL}", {"y": {"DisplayName": "a name that is long"}}))))
    start = raw.index("a name that is long".encode("utf-16-le")) - 4
    raw[start : start + 4] = b"\xff" * 4  # the size of the cell that holds the name
    found = facts(bytes(raw))
    assert [app.identifier for app in found.apps] == ["TikTok"]
    assert len(found.accounts) == 1
    assert {(row.section, row.status) for row in found.coverage} == {("apps", "failed")}


def test_a_program_is_seen_though_a_value_beside_its_name_is_broken() -> None:
    raw = bytearray(
        hive(at(rf"Software\{UNINSTALL}", {"x": {"DisplayName": "TikTok", "Comments": "long enough text"}}))
    )
    start = raw.index("long enough text".encode("utf-16-le")) - 4
    raw[start : start + 4] = b"\xff" * 4
    found = facts(bytes(raw))
    assert [app.identifier for app in found.apps] == ["TikTok"]
    assert {(row.section, row.status) for row in found.coverage} == {("apps", "failed")}


def test_programs_are_seen_though_a_key_beside_software_is_broken() -> None:
    raw = bytearray(hive(merged(USER, {"Other": {}})))
    start = raw.index(b"Other") - 76
    assert raw[start : start + 2] == b"nk"
    raw[start] = ord("z")
    found = facts(bytes(raw))
    assert [app.identifier for app in found.apps] == ["TikTok"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("raw", [b"", b"regf", b"hello", b"\xff\xfe"])
def test_another_file_is_refused(kind: Any, raw: bytes) -> None:
    assert not kind.recognise("x", raw)
    with pytest.raises(ParseError):
        facts(raw, kind)


def test_every_kind_names_itself_as_the_table_does() -> None:
    for kind in KINDS:
        assert parser_of(kind.KIND) is kind


@pytest.mark.parametrize("root", ["Uninstall", "CurrentVersion"])
def test_a_part_that_begins_deeper_is_placed_by_its_name(root: str) -> None:
    entry = {"x": {"DisplayName": "TikTok"}}
    assert [
        app.identifier for app in facts(hive({"Uninstall": entry} if root != "Uninstall" else entry, root=root)).apps
    ] == ["TikTok"]


def test_a_hive_of_no_known_part_is_refused() -> None:
    with pytest.raises(ParseError):
        facts(hive({"SAM": {"Domains": {}}}, root="CMI-CreateHive{1}"))


def test_hives_that_somebody_loaded_to_look_at() -> None:
    system = {"ControlSet001": at(r"Services\Tcpip\Parameters", {"Domain": "agency.example"})}
    found = facts(reg_text({"OFF_SOFT": MACHINE, "OFF_SYS": system}, "HKEY_LOCAL_MACHINE"), machine_hive)
    assert [app.identifier for app in found.apps] == ["TikTok"]
    assert [link.target for link in found.links] == ["agency.example"]


def test_a_hive_without_a_name_is_known_by_what_it_holds() -> None:
    expected = {
        "windows.machine-hive": MACHINE,
        "windows.user-hive": USER,
        "windows.appx": at(PACKAGES, {PACKAGE_NAME: {}}),
    }
    assert {kind: recognise(Path("x.bin"), hive(tree)) for kind, tree in expected.items()} == {
        kind: kind for kind in expected
    }
