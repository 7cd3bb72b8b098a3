"""What commands print for people, and files that they write."""

import datetime as dt
import os
import re
from pathlib import Path

import pytest

from setapart_auditor.cli.output import print_fields, print_table, said_change, write_public
from setapart_auditor.errors import AuditorError
from typed_commands import run


def test_what_others_may_read_takes_the_place_of_a_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = os.umask(0o022)
    try:
        write_public(tmp_path / "bundle.json", b"earlier")
    finally:
        os.umask(before)
    assert (tmp_path / "bundle.json").stat().st_mode & 0o777 == 0o644

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_public(tmp_path / "bundle.json", b"later")
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("bundle.json", b"earlier")]


def test_it_takes_no_place_of_a_link_a_pipe_or_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"kept")
    (tmp_path / "link").symlink_to("file")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("link", "pipe", "folder"):
        with pytest.raises(AuditorError, match="no regular file"):
            write_public(tmp_path / name, b"new")
    assert (tmp_path / "file").read_bytes() == b"kept"


def test_a_table_in_a_pipe_ends_no_line_with_blanks(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("device", "why"), [("one", "a longer reason"), ("two", None)])
    assert capsys.readouterr().out == "device  why\none     a longer reason\ntwo     -\n"


@pytest.mark.parametrize("terminal", [True, False])
def test_a_table_without_headings_begins_with_its_first_row(
    terminal: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)
    print_table(("", ""), [("binding", "advice")])
    assert capsys.readouterr().out.split() == ["binding", "advice"]
    print_table(("", ""), [("binding", "advice")])
    assert capsys.readouterr().out.startswith("binding")


def test_fields_are_said_as_people_say_them(capsys: pytest.CaptureFixture[str]) -> None:
    now = dt.datetime(2026, 11, 23, 12, 0, 7, 5, dt.UTC)
    rows = [{"at": now, "first_by": "ola", "why": ""}, {"at": None, "first_by": "p\x1b[2J", "why": "x"}]
    fields = {
        "name": "one", "unit": None, "legal_hold": False, "keys": [], "signed_by": ("ola", "per"), "seen": now,
        "changes": rows,
    }  # fmt: skip
    print_fields(fields)
    assert capsys.readouterr().out.splitlines() == [
        "name        one",
        "legal hold  no",
        "signed by   ola, per",
        "seen        2026-11-23 12:00:07 UTC",
        "changes     at 2026-11-23 12:00:07 UTC  first by ola",
        "changes     first by p\\u001b[2J  why x",
    ]


def test_a_change_of_the_register_is_said_like_any_other_value_and_a_damaged_one_as_it_stands() -> None:
    assert said_change("state_since", "2026-11-27 01:31:35.745435+00:00") == "2026-11-27 01:31:35 UTC"
    assert said_change("legal_hold", "True") == "yes"
    assert said_change("since", "2026-11-27") == "2026-11-27"
    assert said_change("holder", None) is None
    assert said_change("state_since", "some day") == "some day"


def test_nothing_to_judge_is_said_in_words_and_not_by_a_table_without_rows(tmp_path: Path) -> None:
    run(tmp_path, "setapart-auditor", "init", "--dir", "A")
    for command in ("list", "sweep"):
        printed = run(tmp_path, "setapart-auditor", command, "--dir", "A").printed
        assert printed.startswith("no active devices; add one"), printed


def test_no_command_says_a_moment_in_two_ways(tmp_path: Path) -> None:
    """All that has a time of day names it in UTC, to the second."""

    def typed(*words: str, folder: str = "A") -> str:
        return run(tmp_path, "setapart-auditor", *words, "--dir", folder).printed

    tomorrow = str(dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1))
    asked = ("exception", "request", "--device", "one", "--app", "tiktok", "--need", "n", "--until", tomorrow)
    typed("init")
    typed("db", "backup", "b")
    typed("device", "add", "one", "--class", "social-dedicated", "--holder", "h")
    exception = typed(*asked, "--as", "ola").splitlines()[-1]
    typed("exception", "approve", exception, "--as", "per")
    typed("device", "token", "one")
    assert " UTC" in typed("db", "restore", "b", folder="B")
    for words, moments in (
        (("device", "tokens", "list"), 1),
        (("sweep",), 1),
        (("explain", "one"), 2),
        (("exception", "show", exception), 2),
        (("device", "revoke", "one"), 1),
        (("device", "show", "one"), 5),
        (("history", "one"), 4),
        (("log", "show", "--kind", "sweep"), 1),
    ):
        printed = typed(*words)
        said = re.findall(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d\S*(?: UTC)?", printed)
        assert len(said) >= moments, printed
        assert [one for one in said if not re.fullmatch(r"\S{10} \d\d:\d\d:\d\d UTC", one)] == [], printed
