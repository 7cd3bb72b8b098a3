import pytest

from setapart_agent.collectors.android.parse.command_output import (
    BROKEN_OFF,
    INCOMPLETE,
    TOO_LONG,
    TWICE,
    UNFINISHED,
    damaged,
    normal,
    refusal,
)
from setapart_agent.collectors.base import Denied, Failed


@pytest.mark.parametrize(
    ("output", "kind"),
    [
        ("", Failed),
        (" \r\n", Failed),
        ("Can't find service: account", Failed),
        ("Permission Denial: can't dump AccountManager from from pid=1", Denied),
        ("java.lang.SecurityException: Shell does not have permission to access user 10", Denied),
        ("Error: java.lang.SecurityException: x", Denied),
        ("/system/bin/sh: pm: not found", Failed),
        ("/system/bin/sh: cmd: inaccessible or not found", Failed),
        ("Error: unknown command 'list'", Failed),
        ("Unknown command: users", Failed),
        ("Failure [INTERNAL]", Failed),
        ("Exception occurred while executing 'list':\njava.lang.IllegalStateException", Failed),
        ("*** SERVICE 'account' DUMP TIMEOUT (10000ms) EXPIRED ***", Failed),
    ],
)
def test_refusals_are_told_from_answers(output: str, kind: type) -> None:
    assert type(refusal(output)) is kind


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("Error: no account jane@example.com\n", "the device answered: Error"),
        ("java.lang.IllegalStateException: jane@example.com", "the device answered: java.lang.IllegalStateException"),
        ("error: /data/user/0/jane", "the device answered: error"),
    ],
)
def test_a_reason_never_holds_what_the_device_said_of_people(output: str, reason: str) -> None:
    assert refusal(output) == Failed(reason)


def test_an_answer_is_no_refusal() -> None:
    assert refusal("package:com.example.a\n") is None


def test_damage_is_a_line_of_its_own() -> None:
    assert damaged("a\n*** SERVICE 'x' DUMP TIMEOUT (1ms) EXPIRED ***\nb") == "SERVICE 'x' DUMP TIMEOUT (1ms) EXPIRED"
    assert damaged("*** SERVICE 'x' DUMP TIMEOUT (1ms) EXPIRED ***\n") == "SERVICE 'x' DUMP TIMEOUT (1ms) EXPIRED"
    assert damaged("a *** b\n  *** c\n") is None


BREAKS = [
    "\nException occurred while dumping:\njava.lang.NullPointerException: jane@example.com\n\tat a.B.c(D.java:1)\n",
    "Security exception: user 10 is not running\n",
    "Error with service 'package' while dumping: DEAD_OBJECT\n",
    "Error dumping service info: (Broken pipe) package\n",
    "Error dumping service info status_t: FAILED_TRANSACTION package\n",
]


@pytest.mark.parametrize("end", BREAKS)
def test_an_error_that_ends_a_dump_is_damage(end: str) -> None:
    assert damaged(f"Packages:\n{end}") == BROKEN_OFF
    assert damaged(end) == BROKEN_OFF
    assert damaged(f"  indented {end.strip()}\n") is None


def test_the_first_damage_is_told() -> None:
    timeout = "*** SERVICE 'x' DUMP TIMEOUT (1ms) EXPIRED ***\n"
    assert damaged(f"a\n{BREAKS[1]}{timeout}") == BROKEN_OFF
    assert damaged(f"a\n{timeout}{BREAKS[1]}") == "SERVICE 'x' DUMP TIMEOUT (1ms) EXPIRED"


@pytest.mark.parametrize("line", ["*** Ann's phone", "*** SERVICE 'Ann Example' DUMP TIMEOUT ***", "*** \u2603"])
def test_a_name_that_looks_like_damage_is_no_reason_that_leaves(line: str) -> None:
    """Names of networks and versions of apps stand in dumps as they are, line feeds included."""
    assert damaged(f'ID: 0 SSID: "\n{line}" PROVIDER-NAME: null\n') == INCOMPLETE


@pytest.mark.parametrize("mark", [TOO_LONG, UNFINISHED, b"\n" + TWICE])
def test_our_own_marks_say_what_they_mean(mark: bytes) -> None:
    assert damaged(mark.decode()) == mark.decode().strip("*\n ")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r\r\n"])
def test_line_ends_become_plain(end: str) -> None:
    assert normal(f"a{end}b{end}".encode()) == "a\nb\n"


def test_what_is_not_utf_8_survives() -> None:
    assert normal(b"a\xffb") == "a\ufffdb"
    assert normal(b"\xff\xfea\x00") == "a"
