"""One Mac, told in different forms, gives equal facts; what differs is what coverage explains."""

import json
import tempfile
from pathlib import Path
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from hostile_files import parsed
from macos_tree import RECORDS, MacTree, binary, bundle, macho, record, xml
from setapart_agent.collectors.desktop.host import Host
from setapart_agent.collectors.desktop.tree import PlainTree, Tree
from setapart_agent.collectors.macos import network, profiles, running
from setapart_agent.collectors.macos.collector import collect
from setapart_agent.collectors.macos.parse import system_profiler
from setapart_agent.facts import Facts

LETTERS = st.characters(codec="utf-8", categories=("L", "N"), include_characters=" .-:()'")


class Program(Struct, frozen=True):
    """An app as a Mac has it."""

    name: str
    version: str
    team: str | None


PROGRAMS = st.lists(
    st.builds(
        Program,
        name=st.text(LETTERS, min_size=1, max_size=12).map(str.strip).filter(lambda name: name.strip(". ")),
        version=st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){0,3}", fullmatch=True),
        team=st.none() | st.from_regex(r"[0-9A-Z]{10}", fullmatch=True),
    ),
    max_size=6,
    unique_by=lambda program: program.name.lower(),
)


def items(programs: list[Program]) -> list[dict[str, object]]:
    """As system_profiler lists them."""
    return [
        {
            "_name": one.name,
            "path": f"/Applications/{one.name}.app",
            "version": one.version,
            **({"signed_by": [f"Developer ID Application: X ({one.team})", "Apple Root CA"]} if one.team else {}),
        }
        for one in programs
    ]


def as_text(programs: list[Program]) -> str:
    """As system_profiler prints them."""
    found = ["Applications:\n"]
    for one in programs:
        found += [
            f"    {one.name}:\n",
            f"      Version: {one.version}",
            f"      Location: /Applications/{one.name}.app",
        ]
        if one.team:
            found.append(f"      Signed by: Developer ID Application: X ({one.team}), Apple Root CA")
        found.append("")
    return "\n".join(found)


def seen(facts: Facts) -> set[tuple[str | None, str | None, str | None]]:
    return {(app.name, app.version, app.publisher) for app in facts.apps}


@settings(max_examples=60, deadline=None)
@given(PROGRAMS)
def test_all_forms_of_system_profiler_agree(programs: list[Program]) -> None:
    tree = [{"_dataType": "SPApplicationsDataType", "_items": items(programs)}]
    expected = {(one.name, one.version, f"team:{one.team}" if one.team else None) for one in programs}
    forms = [xml(tree), binary(tree), json.dumps({"SPApplicationsDataType": items(programs)}).encode()]
    forms += [as_text(programs).encode()] if programs else []
    for form in forms if programs else ():
        assert seen(parsed(system_profiler, form)) == expected


@settings(max_examples=15, deadline=None)
@given(PROGRAMS)
def test_a_mac_by_its_disk_and_by_its_lists_has_the_same_apps(programs: list[Program]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        mac = MacTree(Path(folder))
        for number, one in enumerate(programs):
            identifier = f"org.example.n{number}"
            place = f"/Applications/{one.name}.app"
            more = {"CFBundleName": one.name, "CFBundleShortVersionString": one.version}
            for path, content in bundle(place, identifier, macho(one.team), **more).items():
                mac.write(path, content)
        disk = collect(mac.tree).facts
    listed = parsed(system_profiler, json.dumps({"SPApplicationsDataType": items(programs)})) if programs else Facts()
    own = {one for one in seen(disk) if one[0] not in ("mail", "Example")}
    assert own == {one for one in seen(listed) if one[0] not in ("mail", "Example")}
    assert {row.status for row in disk.coverage} == {"observed"}


def test_a_mac_that_runs_and_its_disk_tell_the_same(tmp_path: Path) -> None:
    mac = MacTree(tmp_path)
    mac.write(f"{RECORDS}/ann.plist", record("ann", mac.uid or 501, "/Users/ann"))
    mac.put("Applications/Own.app", "org.example.Own")
    disk = collect(Tree(str(tmp_path))).facts
    with (
        mock.patch.object(Host, "live", property(lambda _host: True)),
        mock.patch.object(network, "mounted", return_value=()),
        mock.patch.object(running, "running", return_value=()),
        mock.patch.object(profiles, "_printed", return_value=b"There are no configuration profiles installed\n"),
    ):
        runs = collect(PlainTree(str(tmp_path))).facts
    assert (disk.apps, disk.accounts, disk.links, disk.profiles) == (
        runs.apps,
        runs.accounts,
        runs.links,
        runs.profiles,
    )
    assert {row.collector for row in set(runs.coverage) ^ set(disk.coverage)} <= {"macos.running", "macos.profiles"}
