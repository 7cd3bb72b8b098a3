from pathlib import Path

import pytest

from account_tree import LinuxTree
from setapart_agent.collectors.base import Absent, Denied, Failed, Outcome
from setapart_agent.collectors.desktop import survey as survey_module
from setapart_agent.collectors.desktop.survey import Place, Survey
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts

RC = Place(client="isync", parser="desktop.parse.isync", paths=(".mbsyncrc", ".config/*/rc"))
MIXED = Place(client="mutt", parser="desktop.parse.muttrc", paths=(".mutt/*",), mixed=True)


@pytest.fixture
def ada(tmp_path: Path) -> LinuxTree:
    return LinuxTree(tmp_path)


def survey(tree: LinuxTree) -> Survey:
    return Survey(Tree(str(tree.root)), tree.ada, base="/home/ada", owner=tree.uid)


def test_patterns_match_below_the_home_and_hidden_names_only_when_asked(ada: LinuxTree) -> None:
    for path in (".config/a/rc", ".config/b/rc", ".config/.hidden/rc", ".config/c/other"):
        ada.write(path)
    assert survey(ada).find(RC) == (".config/a/rc", ".config/b/rc")


def test_a_folder_that_was_renamed_to_another_case_is_found_where_case_does_not_count(ada: LinuxTree) -> None:
    ada.write(".CONFIG/a/RC-wal")
    ada.write(".CONFIG/a/RC")
    lenient = Survey(Tree(str(ada.root), ignore_case=True), ada.ada, base="/home/ada", owner=ada.uid)
    assert lenient.find(RC) == (".CONFIG/a/RC",)
    assert lenient.has(".config/a/rc-wal")
    assert survey(ada).find(RC) == ()
    assert not survey(ada).has(".config/a/rc-wal")


def test_each_folder_is_listed_once(ada: LinuxTree, monkeypatch: pytest.MonkeyPatch) -> None:
    ada.write(".config/a/rc")
    listed: list[str] = []
    entries = Tree.entries

    def counted(self: Tree, path: str, owner: int | None = None) -> Outcome[tuple[str, ...]]:
        listed.append(path.rstrip("/"))
        return entries(self, path, owner)

    monkeypatch.setattr(Tree, "entries", counted)
    one = survey(ada)
    one.look((RC, RC))
    assert sorted(listed) == sorted(set(listed))


def test_a_refusal_names_the_program_and_never_the_path(ada: LinuxTree, monkeypatch: pytest.MonkeyPatch) -> None:
    ada.write(".mbsyncrc", "IMAPAccount x\nHost h.example\n")
    monkeypatch.setattr(Tree, "read", lambda *_args, **_more: Denied("permission denied"))
    one = survey(ada)
    one.look((RC,))
    assert one.failures("accounts") == (Denied("isync: permission denied"),)
    assert one.failures("links") == ()


def test_a_folder_that_all_programs_share_is_said_once(ada: LinuxTree, monkeypatch: pytest.MonkeyPatch) -> None:
    ada.write(".config/a/rc")
    monkeypatch.setattr(Tree, "entries", lambda _self, path, _owner=None, **_more: Denied("permission denied"))
    one = survey(ada)
    one.look((RC, MIXED))
    assert set(one.failures("accounts")) == {Denied("home: permission denied")}


def test_a_file_that_is_not_understood_is_a_failure(ada: LinuxTree, monkeypatch: pytest.MonkeyPatch) -> None:
    from setapart_agent.collectors.desktop.parse import isync

    def broken(_files: object) -> Facts:
        raise ParseError("nonsense")

    monkeypatch.setattr(isync, "parse", broken)
    ada.write(".mbsyncrc", "x")
    one = survey(ada)
    one.look((RC,))
    assert one.failures("accounts") == (Failed("isync: nonsense"),)


def test_folders_and_foreign_files_among_mixed_ones_are_passed_over(ada: LinuxTree) -> None:
    ada.write(".mutt/colors/x")
    ada.write(".mutt/notes.txt", "\x00")
    ada.write(".mutt/muttrc", "set folder=imaps://imap.corp.example/\n")
    one = survey(ada)
    one.look((MIXED,))
    assert one.failures("accounts") == ()
    assert [account.host for facts in one.facts for account in facts.accounts] == ["imap.corp.example"]


def test_a_fifo_in_place_of_a_file_is_a_failure_and_does_not_hang(ada: LinuxTree) -> None:
    import os

    os.mkfifo(ada.root / "home/ada/.mbsyncrc")
    one = survey(ada)
    one.look((RC,))
    assert one.failures("accounts") == (Failed("isync: not a file"),)


def test_a_loop_of_links_is_a_failure(ada: LinuxTree) -> None:
    (ada.root / "home/ada/.mbsyncrc").symlink_to(".mbsyncrc")
    one = survey(ada)
    one.look((RC,))
    assert one.failures("accounts") == (Failed("isync: a loop of links"),)


OUTLOOK = Place(client="outlook", parser="macos.parse.outlook", paths=("*.sqlite",))


class Forgetful(Tree):
    """A tree whose database lost its log between two looks."""

    def part(self, path: str, offset: int, size: int, owner: int | None = None) -> Outcome[bytes]:
        return Absent() if path.endswith("-wal") else super().part(path, offset, size, owner)


def test_a_database_whose_log_went_away_while_it_was_copied_is_not_one_without_rows(ada: LinuxTree) -> None:
    ada.write("a.sqlite", "SQLite format 3")
    ada.write("a.sqlite-wal", "x")
    found = Survey(Forgetful(str(ada.root)), ada.ada, base="/home/ada", owner=ada.uid)
    found.look_into_databases(OUTLOOK)
    assert found.failures("accounts") == (Failed("outlook: gone while it was read"),)


def test_a_database_that_no_disk_could_hold_twice_is_said(ada: LinuxTree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey_module, "_LIMIT", 4)
    monkeypatch.setattr(survey_module, "_MOST_COPIED", 8)
    ada.write("a.sqlite", "SQLite format 3")
    found = survey(ada)
    found.look_into_databases(OUTLOOK)
    assert found.failures("accounts") == (Failed("outlook: larger than 8 bytes"),)
