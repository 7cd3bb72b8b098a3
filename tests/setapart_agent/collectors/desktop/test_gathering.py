"""Whatever is not absent and not read ends in coverage."""

from pathlib import Path

from linux_tree import host_of, plant, rows
from setapart_agent.collectors.base import CollectorInfo, Denied, Failed
from setapart_agent.collectors.desktop.gathering import Gathering, for_each_user
from setapart_agent.collectors.desktop.host import User
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import App, Coverage

INFO = CollectorInfo(name="x", version=1, sections=("apps", "accounts"), maturity="untested", reads=(), modules=())


def gathering(root: Path) -> Gathering:
    return Gathering(tree=Tree(str(root)), profile="7", label="prog")


def test_nothing_there_is_observed(tmp_path: Path) -> None:
    one = gathering(tmp_path)
    assert one.read("/none") is None
    assert one.entries("/none") == ()
    assert not one.found
    assert rows(one.facts(INFO)) == {("apps", "7", "observed", None), ("accounts", "7", "observed", None)}


def test_a_file_that_is_too_large_or_no_file_is_told_with_the_programs_name(tmp_path: Path) -> None:
    plant(tmp_path, {"a": "12345", "d/x": ""})
    one = gathering(tmp_path)
    assert one.read("/a", limit=4) is None
    assert one.read("/d") is None
    assert {row[3] for row in rows(one.facts(INFO))} == {"prog: larger than 4 bytes", "prog: not a file"}


def test_more_entries_than_anybody_has_are_told_and_not_looked_at(tmp_path: Path) -> None:
    plant(tmp_path, {f"d/{number}": "" for number in range(4)})
    one = gathering(tmp_path)
    assert one.entries("/d", 4) == ("0", "1", "2", "3")
    assert one.failures == []
    assert one.entries("/d", 3) == ("0", "1", "2")
    assert one.failures == [Failed("prog: more than 3 entries in one folder")]


def test_a_file_where_a_folder_could_be_hides_nothing(tmp_path: Path) -> None:
    plant(tmp_path, {"a": "", "b/c": ""})
    one = gathering(tmp_path)
    assert one.find("/*/*") == ("/b/c",)
    assert one.failures == []


def test_what_a_parser_tells_becomes_coverage_of_the_collector(tmp_path: Path) -> None:
    def damaged(files: FileSet) -> Facts:
        broken = Coverage(section="apps", profile="z", collector="linux.z", status="failed", reason="cut")
        partly = Coverage(section="apps", profile="z", collector="linux.z", status="partial", reason="half")
        app = App(identifier="a", profile=files.profile, source="dpkg")
        return Facts(apps=(app,), coverage=(broken, partly))

    def refused(files: FileSet) -> Facts:
        raise ParseError("nonsense")

    one = gathering(tmp_path)
    assert one.parse(damaged, b"", path="/a", profile="7/b/c") is not None
    assert one.parse(refused, b"", path="/a") is None
    facts = one.facts(INFO)
    assert [app.profile for app in facts.apps] == ["7/b/c"]
    assert {(row.profile, row.collector, row.status, row.reason) for row in facts.coverage} == {
        ("7", "x", "failed", "prog: cut"),
        ("7", "x", "failed", "prog: nonsense"),
        ("7", "x", "partial", "half"),
    }


def test_a_home_that_is_not_seen_is_not_touched_and_told(tmp_path: Path) -> None:
    host = host_of(
        tmp_path,
        User(uid=1000, name="a", home="/home/a", unseen=Denied("encrypted")),
        User(uid=1001, name="b", home="/home/b"),
    )
    looked: list[str] = []
    parts = for_each_user(host, INFO, lambda one, user: looked.append(f"{one.profile} {user.home} {one.owner}"))
    assert looked == ["1001 /home/b 1001"]
    assert rows(parts[0]) == {("apps", "1000", "denied", "encrypted"), ("accounts", "1000", "denied", "encrypted")}
    assert Failed("encrypted") != Denied("encrypted")
