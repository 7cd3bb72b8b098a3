import pytest

from hostile_files import assert_survives
from mdm_maker import (
    IPHONE,
    LINUX,
    MAC,
    PHONE,
    WINDOWS,
    Machine,
    Program,
    encoded,
    fleet_host,
    fleet_software,
    with_programs,
)
from setapart_agent.collectors.mdm.parse import osquery
from setapart_agent.collectors.mdm.parse.export import Export
from setapart_agent.errors import ParseError
from setapart_agent.facts import FileSet
from setapart_evidence.identifiers import keys_of
from setapart_evidence.model import Link

MACHINES = (MAC, WINDOWS, LINUX, IPHONE, PHONE)


def one(value: object) -> Export:
    (found,) = osquery.devices(encoded(value))
    return found


def apps_row(found: Export) -> tuple[str, str | None]:
    (row,) = [row for row in found.facts.coverage if row.section == "apps"]
    return row.status, row.reason


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.platform)
def test_a_host_of_fleet(machine: Machine) -> None:
    found = one({"host": fleet_host(machine)})
    device = found.facts.device
    assert (device.platform, device.serial, device.model) == (machine.platform, machine.serial, machine.model)
    assert found.taken_at is not None
    assert [profile.id for profile in found.facts.profiles] == ["0" if machine in (IPHONE, PHONE) else "system"]
    assert [app.version for app in found.facts.apps] == [program.version for program in machine.programs or ()]
    mdm = Link(kind="mdm", target="fleet.agency.example", profile=found.facts.profiles[0].id)
    assert found.facts.links == (mdm,)


@pytest.mark.parametrize(
    ("machine", "status"),
    [(MAC, "observed"), (IPHONE, "partial"), (WINDOWS, "partial"), (LINUX, "partial"), (PHONE, "partial")],
    ids=lambda value: value if isinstance(value, str) else value.platform,
)
def test_what_the_tables_list_decides_what_was_seen(machine: Machine, status: str) -> None:
    found = one(fleet_host(machine))
    assert apps_row(found)[0] == status
    for row in found.facts.coverage:
        assert (row.section == "apps") is (row.status != "unsupported")


@pytest.mark.parametrize(
    ("machine", "program", "key"),
    [
        (MAC, Program(id="ru.keepcoder.Telegram", name="Telegram"), "macos:ru.keepcoder.telegram"),
        (IPHONE, Program(id="com.zhiliaoapp.musically", name="TikTok"), "ios:com.zhiliaoapp.musically"),
        (PHONE, Program(id="com.zhiliaoapp.musically", name="TikTok"), "android:com.zhiliaoapp.musically"),
        (WINDOWS, Program(id=None, name="Telegram Desktop"), "uninstall:telegram desktop"),
        (LINUX, Program(id="telegram-desktop", name="telegram-desktop"), "linux:telegram-desktop"),
    ],
)
def test_the_source_of_an_entry_decides_how_it_is_known(machine: Machine, program: Program, key: str) -> None:
    facts = one(fleet_host(with_programs(machine, program, keep=False))).facts
    assert facts.device.platform is not None
    (app,) = facts.apps
    assert key in keys_of(facts.device.platform, app)


def test_extensions_of_browsers_are_extensions_and_libraries_are_no_apps() -> None:
    software = [
        fleet_software(Program(id="org.example.draw", name="Draw"), "apps"),
        {"name": "TikTok", "version": "1", "source": "chrome_extensions", "extension_id": "abcdefghijklmnop"},
        {"name": "Ad blocker", "version": "2", "source": "firefox_addons", "extension_id": "a@b"},
        {"name": "telegram", "version": "0.1", "source": "python_packages"},
        {"name": "telegram", "version": "0.1", "source": "npm_packages"},
        {"name": "theme", "version": "0.1", "source": "vscode_extensions"},
        {"name": "New Thing", "version": "0.1", "source": "a_table_of_tomorrow"},
    ]
    apps = one(fleet_host(MAC, software=software)).facts.apps
    assert [(app.identifier, app.kind) for app in apps] == [
        ("org.example.draw", "native"),
        ("abcdefghijklmnop", "browser-extension"),
        ("a@b", "browser-extension"),
        ("New Thing", "native"),
    ]


def test_a_team_id_is_the_publisher() -> None:
    signed = [{"installed_path": "/Applications/X.app", "team_identifier": "6N38VWS5BX", "hash_sha256": "0" * 64}]
    entry = fleet_software(Program(id="a.b", name="X"), "apps", signature_information=signed)
    (app,) = one(fleet_host(MAC, software=[entry])).facts.apps
    assert (app.publisher, app.name) == ("team:6N38VWS5BX", "X")


def test_a_host_without_software_was_not_looked_at() -> None:
    host = fleet_host(MAC)
    del host["software"]
    status, reason = apps_row(one({"hosts": [host]}))
    assert status == "denied"
    assert "populate_software" in (reason or "")


@pytest.mark.parametrize("software", [[], [fleet_software(Program(id=None, name="x"), "python_packages")]])
def test_software_without_a_single_app_is_no_list_of_apps(software: list[object]) -> None:
    assert apps_row(one(fleet_host(MAC, software=software)))[0] == "partial"
    assert apps_row(one(fleet_host(IPHONE, software=software)))[0] == "partial"


def test_user_enrolment_shows_managed_apps_only() -> None:
    mdm = {"enrollment_status": "On (personal)", "server_url": "https://fleet.agency.example"}
    assert apps_row(one(fleet_host(IPHONE, mdm=mdm)))[0] == "partial"


def test_a_host_that_is_not_enrolled_has_no_manager() -> None:
    assert one(fleet_host(MAC, mdm={"enrollment_status": "Off", "server_url": None})).facts.links == ()


def test_an_entry_without_a_name_makes_the_list_broken() -> None:
    software = [fleet_software(Program(id="a.b", name="X"), "apps"), {"source": "apps"}, 7]
    assert apps_row(one(fleet_host(MAC, software=software))) == ("partial", "2 entries of the list are broken")


def test_hosts_lists_and_lines_give_host_after_host() -> None:
    hosts = [fleet_host(MAC, number=1), fleet_host(WINDOWS, number=2)]
    wrapped = b"\n".join(encoded({"host": host}) for host in hosts)
    fleetctl = b"\n".join(encoded({"kind": "host", "apiVersion": "v1", "spec": host}) for host in hosts)
    for raw in (encoded({"hosts": hosts}), encoded(hosts), b"\n".join(map(encoded, hosts)), wrapped, fleetctl):
        assert osquery.recognise("hosts.json", raw)
        assert [found.facts.device.platform for found in osquery.devices(raw)] == ["macos", "windows"]


# osquery.io/schema: the columns of the tables, as `osqueryi --json` prints rows: every value is a string.
APPS = {
    "name": "Telegram.app", "path": "/Applications/Telegram.app", "bundle_identifier": "ru.keepcoder.Telegram",
    "bundle_short_version": "10.1", "bundle_version": "1", "bundle_name": "Telegram",
}  # fmt: skip
PROGRAMS = {
    "name": "Telegram Desktop", "version": "5.1", "install_location": "", "install_source": "", "language": "",
    "publisher": "Telegram FZ-LLC", "uninstall_string": "x", "install_date": "", "identifying_number": "{1}",
}  # fmt: skip
DEB = {
    "name": "telegram-desktop", "version": "4.6", "source": "", "size": "1", "arch": "amd64", "revision": "1",
    "status": "install ok installed", "maintainer": "M", "section": "net", "priority": "optional",
}  # fmt: skip
RPM = {
    "name": "telegram-desktop", "version": "4.6", "release": "1.fc40", "source": "x.src.rpm", "size": "1",
    "sha1": "0", "arch": "x86_64", "epoch": "0", "install_time": "1", "vendor": "F", "package_group": "G",
}  # fmt: skip
SAFARI = {**APPS, "name": "Safari.app", "bundle_identifier": "com.apple.Safari", "path": "/Applications/Safari.app"}
EXTENSION = {"browser_type": "chrome", "uid": "501", "name": "E", "identifier": "abc", "version": "1"}


@pytest.mark.parametrize(
    ("row", "platform", "key", "status"),
    [
        (APPS, "macos", "macos:ru.keepcoder.telegram", "partial"),
        (PROGRAMS, "windows", "uninstall:telegram desktop", "partial"),
        (DEB, "linux", "linux:telegram-desktop", "partial"),
        (RPM, "linux", "linux:telegram-desktop", "partial"),
    ],
    ids=["apps", "programs", "deb_packages", "rpm_packages"],
)
def test_rows_of_one_table(row: dict[str, str], platform: str, key: str, status: str) -> None:
    raw = encoded([row, row])
    assert osquery.recognise("x.json", raw)
    (found,) = osquery.devices(raw)
    assert found.facts.device.platform == platform
    (app,) = found.facts.apps
    assert key in keys_of(found.facts.device.platform, app)
    assert apps_row(found)[0] == status


def test_a_selection_of_columns_is_still_the_table() -> None:
    row = {key: value for key, value in APPS.items() if key != "path"}
    raw = encoded([row])
    assert osquery.recognise("capture.bin", raw)
    (found,) = osquery.devices(raw)
    assert [app.identifier for app in found.facts.apps] == ["ru.keepcoder.Telegram"]


def test_apps_without_one_of_apples_are_a_selection_and_no_full_view() -> None:
    whole, selected = (next(osquery.devices(encoded(rows))) for rows in ([APPS, SAFARI], [APPS]))
    assert apps_row(whole) == ("observed", None)
    assert apps_row(selected) == ("partial", osquery.SOME_ROWS)


def test_tables_by_name_are_one_machine() -> None:
    tables = {
        "system_info": [
            {"hardware_serial": "C02ABC123DEF", "hardware_model": "Mac14,2", "hardware_vendor": "Apple Inc."}
        ],
        "os_version": [{"name": "macOS", "version": "14.6.1", "platform": "darwin"}],
        "apps": [APPS, SAFARI],
        "chrome_extensions": [
            {"browser_type": "chrome", "uid": "501", "name": "E", "identifier": "abc", "version": "1"}
        ],
    }
    found = one(tables)
    device = found.facts.device
    assert (device.platform, device.serial, device.os_version) == ("macos", "C02ABC123DEF", "14.6.1")
    assert [app.kind for app in found.facts.apps] == ["native", "native", "browser-extension"]
    assert apps_row(found)[0] == "observed"


@pytest.mark.parametrize("table", ["apps", "programs", "deb_packages"])
def test_an_empty_table_of_apps_is_no_view_of_them(table: str) -> None:
    (found,) = osquery.devices(encoded({"system_info": [{"hardware_serial": "C02X"}], table: []}))
    assert [row.status for row in found.facts.coverage if row.section == "apps"] == ["partial"]


def test_extensions_alone_are_one_table_of_several() -> None:
    (found,) = osquery.devices(encoded([EXTENSION]))
    assert found.facts.device.platform is None
    assert apps_row(found)[0] == "partial"


@pytest.mark.parametrize(
    "value",
    [
        {"error": "Authentication required", "message": "Authentication required"},
        {"software": [{"id": 1, "name": "Chrome", "source": "apps", "hosts_count": 5}], "count": 1},
        {"platform": "darwin"},
        [{"pid": "1", "name": "init"}],
    ],
    ids=["error answer", "software of all hosts", "no host", "another table"],
)
def test_other_documents_are_refused(value: object) -> None:
    with pytest.raises(ParseError):
        list(osquery.devices(encoded(value)))


def test_broken_files() -> None:
    assert_survives(osquery, "host.json", encoded({"host": fleet_host(MAC)}))
    assert_survives(osquery, "apps.json", encoded([APPS]))
    assert_survives(osquery, "tables.json", encoded({"os_version": [{"platform": "windows"}], "programs": [PROGRAMS]}))
    assert_survives(osquery, "hosts.json", encoded({"hosts": [fleet_host(IPHONE), fleet_host(LINUX)]}))


def test_parse_shows_a_host() -> None:
    assert osquery.parse(FileSet(files={"main": encoded(fleet_host(MAC))})).device.platform == "macos"
