"""One Windows machine by its disk, live, by exports of its registry and by inventories: equal facts."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from agreement import Fact, assert_agree, facts_of, some, whole
from green import windows
from mdm_maker import Machine, Program, encoded, fleet_host, glpi_inventory, glpi_xml, graph_device
from registry_maker import at, hive, merged, reg_text
from setapart_agent.collectors.registry import parse_file
from setapart_agent.facts import Facts
from windows_tree import ADA, BOB, UNINSTALL, VERSION, WindowsTree

OUTLOOK = r"Software\Microsoft\Office\16.0\Outlook\Profiles\Outlook\9375CFF0413111d3B88A00104B2A6676"
THIRTY_TWO_BIT = UNINSTALL.replace("Microsoft", "WOW6432Node\\Microsoft", 1)
NAMES = ("Telegram Desktop", 'Ein "Programm" \\ ÜØ', "微信", "TikTok", "VLC media player", "x")
MAILBOXES = (
    {"IMAP Server": "imap.social.example", "Email": "patrol@social.example"},
    {"clsid": "{ED475418-B0D6-11D2-8C3B-00104B2A6676}", "Account Name": "kari@agency.example"},
    {"POP3 Server": "pop.agency.example", "Email": "kari@agency.example"},
)
SHARES = {"Z": {"RemotePath": r"\\files.agency.example\team"}, "Y": {"RemotePath": r"\\nas\private"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """What one user has."""

    programs: dict[str, str]
    mailboxes: tuple[dict[str, str], ...]
    shares: tuple[str, ...]

    @property
    def tree(self) -> dict[str, object]:
        """The user's hive."""
        listed = {f"{{{at}}}": box for at, box in enumerate(self.mailboxes)}
        mail = at(OUTLOOK, {f"{number:08x}": box for number, box in enumerate(listed.values(), 1)})
        drives = {"Network": {letter: SHARES[letter] for letter in self.shares}}
        return merged({"Software": {}}, at(rf"Software\{UNINSTALL}", listing(self.programs)), mail, drives)


@dataclass(frozen=True, slots=True, kw_only=True)
class Computer:
    """What is on a computer, whatever shows it; bob is not signed in, and may not be there."""

    programs: dict[str, str]
    old_programs: dict[str, str]
    ada: User
    bob: User | None

    def put(self, tree: WindowsTree) -> None:
        """Puts it into an installation."""
        tree.in_software(UNINSTALL, listing(self.programs))
        tree.in_software(THIRTY_TWO_BIT, listing(self.old_programs))
        tree.users["ada"] = self.ada.tree
        if self.bob is not None:
            tree.with_user("bob", BOB)
            tree.users["bob"] = self.bob.tree

    @property
    def of_the_machine(self) -> dict[str, str]:
        """The programs of the machine, with the one that every disk here has; where two have a name, both count."""
        return {"7-Zip": "24.09", **self.programs}


def listing(programs: dict[str, str]) -> dict[str, dict[str, str]]:
    """The keys of programs."""
    return {
        f"key{number}": {"DisplayName": name, "DisplayVersion": version}
        for number, (name, version) in enumerate(programs.items())
    }


PROGRAMS = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["1.0", "4.16.8", "24.09 β"]), max_size=4)
USERS = st.builds(
    User,
    programs=PROGRAMS,
    mailboxes=st.lists(st.sampled_from(MAILBOXES), max_size=3).map(tuple),
    shares=st.lists(st.sampled_from(sorted(SHARES)), unique=True).map(tuple),
)
COMPUTERS = st.builds(Computer, programs=PROGRAMS, old_programs=PROGRAMS, ada=USERS, bob=st.none() | USERS)


def programs(facts: Facts) -> set[Fact]:
    """Programs by what all lists of them hold, without whose they are."""
    return {("system", app.name, app.version) for app in facts.apps if app.source in ("uninstall-key", "mdm")}


def assert_same(one: Facts, other: Facts) -> None:
    """The same facts in any order: a hive sorts its keys, an export need not."""
    for name in Facts.__struct_fields__:
        ours, theirs = getattr(one, name), getattr(other, name)
        assert (set(ours), len(ours)) == (set(theirs), len(theirs)) if isinstance(ours, tuple) else ours == theirs, name


@some(25)
@given(COMPUTERS)
def test_a_disk_and_the_running_system_show_the_same(computer: Computer) -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        with windows.disk(Path(one), computer.put) as device:
            disk = facts_of(device.source)
        with windows.running(Path(two), changes=(computer.put,)) as device:
            live = facts_of(device.source)
    users = [ADA, BOB] if computer.bob is not None else [ADA]
    assert whole(disk) >= {(section, user) for section in ("apps", "accounts", "links") for user in ["system", *users]}
    assert whole(disk) == whole(live)
    assert_agree(disk, live)
    listed = {("7-Zip", "system")} | {(name, "system") for name in (*computer.programs, *computer.old_programs)}
    listed |= {(name, ADA) for name in computer.ada.programs}
    listed |= {(name, BOB) for name in (computer.bob.programs if computer.bob else ())}
    assert {(app.identifier, app.profile) for app in disk.apps if app.source == "uninstall-key"} == listed
    assert bool([one for one in disk.accounts if one.profile == ADA]) == bool(computer.ada.mailboxes)


@some(40)
@given(USERS)
def test_a_users_hive_and_its_export_show_the_same(user: User) -> None:
    path = Path("ada", "ntuser.dat")
    stored = parse_file("windows.user-hive", path, hive(user.tree, name=r"\??\C:\Users\ada\ntuser.dat"))
    exported = parse_file("windows.user-hive", path.with_suffix(".reg"), reg_text(user.tree))
    assert_same(exported, stored)
    assert {app.identifier for app in stored.apps} == set(user.programs)
    assert bool(stored.accounts) == bool(user.mailboxes)
    assert len(stored.links) == len(user.shares)


@some(40)
@given(PROGRAMS, PROGRAMS)
def test_the_list_of_programs_is_the_same_in_a_hive_and_in_an_export(wide: dict[str, str], old: dict[str, str]) -> None:
    version = at(VERSION, {"ProductName": "Windows 10 Pro", "CurrentBuild": "22631"})
    software = merged(version, at(UNINSTALL, listing(wide)), at(THIRTY_TWO_BIT, listing(old)))
    stored = parse_file("windows.uninstall", Path("SOFTWARE"), hive(software, name=r"emRoot\System32\Config\SOFTWARE"))
    exported = parse_file("windows.uninstall", Path("x.reg"), reg_text(software, r"HKEY_LOCAL_MACHINE\SOFTWARE"))
    assert_same(exported, stored)
    assert {app.profile for app in stored.apps} <= {"system"}
    assert {app.identifier for app in stored.apps} == {*wide, *old}


@some(15)
@given(COMPUTERS)
def test_inventories_list_the_programs_that_the_disk_shows_and_say_that_they_are_not_all(computer: Computer) -> None:
    listed = [Program(id=None, name=name, version=version) for name, version in computer.of_the_machine.items()]
    listed += [Program(id=None, name=name, version=version) for name, version in computer.old_programs.items()]
    machine = Machine(
        platform="windows", serial="5CG1234XYZ", model="EliteBook", version="10.0.22631", programs=tuple(listed)
    )
    with tempfile.TemporaryDirectory() as folder:
        with windows.disk(Path(folder, "disk"), computer.put) as device:
            disk = facts_of(device.source)
        for content in (
            encoded({"host": fleet_host(machine)}),
            encoded(glpi_inventory(machine)),
            glpi_xml(machine),
            encoded({"value": [graph_device(machine)]}),
        ):
            (Path(folder) / "export").write_bytes(content)
            inventory = facts_of(f"mdm:{folder}/export")
            assert programs(inventory) == {("system", one.name, one.version) for one in listed}
            assert ("apps", "system") not in whole(inventory)
            assert_agree(disk, inventory, {"apps": programs})
