import pytest

from android_transcripts import CLONE, OWNER, WORK, cmd_users, dumpsys_account, pm_users
from setapart_agent.collectors.android.parse import dumpsys_user
from setapart_agent.collectors.android.parse.command_output import BROKEN_OFF
from setapart_agent.errors import ParseError
from setapart_agent.facts import FileSet

DUMPSYS = """Current user: 0

Users:
  UserInfo{0:null:4c13} serialNo=0 isPrimary=true
    Type: android.os.usertype.full.SYSTEM
    Flags: 19475 (ADMIN|FULL|INITIALIZED|MAIN|PRIMARY|SYSTEM)
    State: RUNNING_UNLOCKED
    Created: <unknown>
  UserInfo{11:Private space:1090} serialNo=11 isPrimary=false parentId=0
    Type: android.os.usertype.profile.PRIVATE
    State: -1
"""


def kinds(output: str) -> list[tuple[str, str, bool | None]]:
    return [(user.id, user.kind, user.running) for user in dumpsys_user.read(output).users]


def test_pm_list_users_of_every_habitual_number() -> None:
    users = [
        (0, "机主", OWNER),
        (10, "Work profile", WORK),
        (11, "B", 0x10),
        (150, "Secure Folder", WORK),
        (999, "X", CLONE),
    ]
    assert kinds(pm_users(users)) == [
        ("0", "primary", True),
        ("10", "work", True),
        ("11", "secondary", True),
        ("150", "work", True),
        ("999", "clone", True),
    ]


def test_a_stopped_user_is_listed_as_not_running() -> None:
    assert kinds("Users:\n\tUserInfo{0:Owner:13} running\n\tUserInfo{10:W:30}\n")[1] == ("10", "work", False)


def test_verbose_list_tells_the_type() -> None:
    output = cmd_users(
        [(0, "Owner", "full.SYSTEM"), (10, "a, type=full.GUEST, b", "profile.MANAGED"), (12, "P", "profile.PRIVATE")]
    )
    assert kinds(output) == [("0", "primary", True), ("10", "work", True), ("12", "private-space", True)]
    assert dumpsys_user.read(output).damage is None


def test_verbose_list_that_is_cut_off_is_damaged() -> None:
    output = cmd_users([(0, "Owner", "full.SYSTEM"), (10, "W", "profile.MANAGED")])
    cut = output[: output.index("1: id=10")]
    assert dumpsys_user.read(cut).damage == "2 users announced, 1 listed"


def test_dumpsys_user_tells_type_and_state() -> None:
    assert kinds(DUMPSYS) == [("0", "primary", True), ("11", "private-space", False)]


def test_a_broken_line_keeps_its_user_and_makes_the_list_doubtful() -> None:
    listed = dumpsys_user.read("Users:\n\tUserInfo{0:Owner:13} running\n\tUserInfo{10:line\nfeed:30} running\n")
    assert [user.id for user in listed.users] == ["0", "10"]
    assert listed.damage is not None


def test_an_error_within_the_list_makes_it_doubtful() -> None:
    output = "Users:\n  UserInfo{0:Owner:c13} serialNo=0\n\nException occurred while dumping:\njava.lang.Error\n"
    assert dumpsys_user.read(output).damage == BROKEN_OFF


def test_headings_of_the_account_dump_are_not_a_list_of_users() -> None:
    with pytest.raises(ParseError):
        dumpsys_user.read(dumpsys_account({(0, "Owner", OWNER): []}))


def test_a_user_that_an_account_name_invents_is_not_listed() -> None:
    output = pm_users([(0, "Owner", OWNER)]) + dumpsys_account(
        {(0, "Owner", OWNER): [("x\n  UserInfo{77:evil:13}", "t")]}
    )
    assert kinds(output) == [("0", "primary", True)]


@pytest.mark.parametrize(
    "output",
    [
        "",
        "\n",
        "Error: Unknown command: users\n",
        "java.lang.SecurityException: nope\n",
        "/system/bin/sh: pm: not found\n",
    ],
)
def test_refusals_are_errors_of_ours(output: str) -> None:
    with pytest.raises(ParseError):
        dumpsys_user.read(output)


def test_recognised_are_lists_but_not_whole_reports_or_account_dumps() -> None:
    assert dumpsys_user.recognise("", pm_users([(0, "Owner", OWNER)]).encode())
    assert dumpsys_user.recognise("", cmd_users([(0, "Owner", "full.SYSTEM")]).encode())
    assert not dumpsys_user.recognise("", dumpsys_account({(0, "Owner", OWNER): []}).encode())
    assert not dumpsys_user.recognise("", b"\xff\xfe\x00")


def test_parse_gives_profiles() -> None:
    profiles = dumpsys_user.parse(FileSet(files={"main": DUMPSYS.encode("utf-16")})).profiles
    assert [(profile.id, profile.kind, profile.name) for profile in profiles] == [
        ("0", "primary", None),
        ("11", "private-space", "Private space"),
    ]


def test_who_is_in_the_foreground() -> None:
    assert dumpsys_user.read(DUMPSYS).current == "0"
    assert dumpsys_user.read(DUMPSYS.replace("Current user: 0", "Current user: 11")).current == "11"
    assert dumpsys_user.read(pm_users([(0, "Owner", OWNER)])).current is None
    verbose = cmd_users([(0, "Owner", "full.SYSTEM"), (11, "B (current)", "full.SECONDARY")])
    assert dumpsys_user.read(verbose).current is None
    assert (
        dumpsys_user.read(verbose.replace("INITIALIZED (running)", "INITIALIZED (running) (current)")).current == "11"
    )
    assert dumpsys_user.read(DUMPSYS.replace("Private space", "x\nCurrent user: 11\n")).current == "0"
