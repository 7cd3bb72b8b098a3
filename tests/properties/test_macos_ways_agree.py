"""One Mac by its disk (two kinds of tree), live, by Fleet, GLPI and system_profiler: equal facts."""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from agreement import Fact, assert_agree, facts_of, some, whole
from green import macos
from macos_tree import TEAM, TREES, accounts_database, binary, bundle, macho, xml
from mdm_maker import Machine, Program, encoded, fleet_host, glpi_inventory, glpi_xml
from setapart_agent.collectors.macos import collector
from setapart_agent.collectors.registry import parse_file
from setapart_agent.facts import Facts

SERIAL = "C02DOCS0001X"
PLACES = ("/Applications", "/Applications/Utilities", "/Users/ann/Applications", "/Users/ann/Downloads")
BUNDLES = ("ru.keepcoder.Telegram", "org.example.Weather", "com.microsoft.Outlook", "org.example.Zeichnen")
ON_EVERY_MAC = {"com.apple.mail": "1.0", "org.example.Example": "1.0", "org.example.Camera": "1.0"}
"""The apps of the disk that green.macos lays out."""
ACCOUNTS = (
    ("com.apple.account.Google", "kari@agency.example", ("com.apple.Dataclass.Mail",), {}),
    (
        "com.apple.account.Exchange",
        "kari@agency.example",
        ("com.apple.Dataclass.Calendars",),
        {"Hostname": "m.example"},
    ),
    ("com.apple.account.IMAP", "patrol@social.example", ("com.apple.Dataclass.Mail",), {"Hostname": "i.example"}),
)
SERVICES = (
    {"Interface": {"Type": "PPP", "SubType": "L2TP"}, "PPP": {"CommRemoteAddress": "vpn.agency.example"}},
    {"Interface": {"Type": "Ethernet", "DeviceName": "en0"}},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mac:
    """What is on a Mac, whatever shows it: apps by their bundle (place and version), accounts and networks."""

    apps: dict[str, tuple[str, str]]
    accounts: tuple[tuple[str, str | None, tuple[str, ...], dict[str, str]], ...]
    networks: tuple[int, ...]

    def files(self, folder: Path) -> dict[str, bytes]:
        """The files that it has beside those of every Mac."""
        found = {
            "/Users/ann/Library/Accounts/Accounts4.sqlite": accounts_database(folder / "db", *self.accounts),
            "/Library/Preferences/SystemConfiguration/preferences.plist": binary(
                {
                    "Model": "MacBookPro18,3",
                    "CurrentSet": "/Sets/1",
                    "NetworkServices": {f"S{one}": SERVICES[one] for one in self.networks},
                }
            ),
        }
        for identifier, (place, version) in self.apps.items():
            name = identifier.rpartition(".")[2]
            found |= bundle(f"{place}/{name}.app", identifier, macho(TEAM), CFBundleShortVersionString=version)
        return found

    @property
    def listed(self) -> dict[str, str]:
        """Every app with its version."""
        return {**ON_EVERY_MAC, **{one: version for one, (_, version) in self.apps.items()}}

    @property
    def machine(self) -> Machine:
        """The Mac as its managers know it."""
        programs = [Program(id=one, name=one.rpartition(".")[2], version=v) for one, v in self.listed.items()]
        return Machine(
            platform="macos", serial=SERIAL, model="MacBookPro18,3", version="14.4.1", programs=tuple(programs)
        )


MACS = st.builds(
    Mac,
    apps=st.dictionaries(
        st.sampled_from(BUNDLES), st.tuples(st.sampled_from(PLACES), st.sampled_from(["1.0", "11.2 (β)", "2026"]))
    ),
    accounts=st.lists(st.sampled_from(ACCOUNTS), max_size=2, unique_by=lambda one: one[0]).map(tuple),
    networks=st.lists(st.sampled_from([0, 1]), unique=True).map(tuple),
)


def ids(facts: Facts) -> set[Fact]:
    """Apps by their bundle, without whose they are and where they lie."""
    return {("system", app.identifier, app.version) for app in facts.apps if app.source == "bundle"}


def names(facts: Facts) -> set[Fact]:
    return {("system", app.name, app.version) for app in facts.apps}


@some(12)
@given(MACS)
def test_a_disk_shows_the_same_by_both_kinds_of_tree_and_live(mac: Mac) -> None:
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory() as other:
        more = mac.files(Path(name))
        with macos.running(Path(other), more=more) as device:
            live = facts_of(device.source)
        with macos.disk(Path(name), more) as device:
            mounted = facts_of(device.source)
        disk, plain = (collector.collect(kind(name, ignore_case=True)).facts for kind in TREES)
    assert disk == plain == mounted
    everywhere = {(section, who) for section in ("apps", "accounts") for who in ("system", ann(mounted))}
    assert whole(mounted) >= everywhere | {("links", "system")}
    assert whole(live) >= everywhere
    assert_agree(mounted, live)
    assert ids(mounted) == {("system", one, version) for one, version in mac.listed.items()}
    assert len([one for one in mounted.accounts if one.profile == ann(mounted)]) >= len(mac.accounts)
    assert ("vpn" in {link.kind for link in mounted.links}) == (0 in mac.networks)


def ann(facts: Facts) -> str:
    """The profile of the one user."""
    (found,) = (one.id for one in facts.profiles if one.name == "ann")
    return found


@some(12)
@given(MACS)
def test_fleet_shows_the_bundles_of_the_disk_and_glpi_their_names(mac: Mac) -> None:
    with tempfile.TemporaryDirectory() as name:
        with macos.disk(Path(name), mac.files(Path(name))) as device:
            disk = facts_of(device.source)
        export = Path(name, "export")
        export.write_bytes(encoded({"host": fleet_host(mac.machine)}))
        fleet = facts_of(f"mdm:{export}")
        inventories = []
        for content in (encoded(glpi_inventory(mac.machine)), glpi_xml(mac.machine)):
            export.write_bytes(content)
            inventories.append(facts_of(f"mdm:{export}"))
    assert ("apps", "system") in whole(fleet)
    assert ids(fleet) == ids(disk)
    assert not {row for row in whole(fleet) if row[0] != "apps"}
    for found in inventories:
        assert ("apps", "system") not in whole(found)
        assert names(found) == names(disk)
    assert inventories[0].apps == inventories[1].apps
    assert fleet.device.serial == inventories[0].device.serial == SERIAL


@some(40)
@given(MACS)
def test_what_system_profiler_prints_is_the_same_in_every_form(mac: Mac) -> None:
    items = [
        {
            "_name": one.rpartition(".")[2],
            "path": f"{place}/{one.rpartition('.')[2]}.app",
            "version": version,
            "signed_by": [f"Developer ID Application: Foo, Inc. ({TEAM})", "Apple Root CA"],
        }
        for one, (place, version) in mac.apps.items()
    ] or [{"_name": "Mail", "path": "/System/Applications/Mail.app", "version": "1.0"}]
    lines = ["Applications:", ""]
    for item in items:
        lines += [f"    {item['_name']}:", "", f"      Version: {item['version']}"]
        lines += [f"      Signed by: {', '.join(item['signed_by'])}"] if "signed_by" in item else []
        lines += [f"      Location: {item['path']}", ""]
    tree = [{"_dataType": "SPApplicationsDataType", "_items": items}]
    printed = {
        "x.txt": "\n".join(lines).encode(),
        "x.spx": xml(tree),
        "x.plist": binary(tree),
        "x.json": json.dumps({"SPApplicationsDataType": items}).encode(),
    }
    found = [parse_file("macos.system-profiler", Path(name), content) for name, content in printed.items()]
    assert found[1:] == found[:1] * 3
    assert [(app.name, app.version) for app in found[0].apps] == [(item["_name"], item["version"]) for item in items]
    assert not whole(found[0])
