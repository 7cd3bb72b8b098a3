import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from android_transcripts import DENIED, pm_packages
from setapart_agent.collectors.android.parse import pm_list
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet


def read(output: str) -> list[tuple[str, str | None, str | None, int | None, tuple[str, ...]]]:
    return [(p.name, p.path, p.installer, p.version_code, p.users) for p in pm_list.read(output).packages]


def facts(output: str | bytes) -> Facts:
    return pm_list.parse(FileSet(files={"main": output if isinstance(output, bytes) else output.encode()}))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("package:com.a", ("com.a", None, None, None, ())),
        ("package:android", ("android", None, None, None, ())),
        ("package:/d/~~q==/com.a-x==/base.apk=com.a", ("com.a", "/d/~~q==/com.a-x==/base.apk", None, None, ())),
        ("package:/x/base.apk=com.a  installer=null uid:1000", ("com.a", "/x/base.apk", None, None, ("0",))),
        (
            "package:/x/base.apk=com.a versionCode:803709404  installer=com.android.vending uid:10131",
            ("com.a", "/x/base.apk", "com.android.vending", 803709404, ("0",)),
        ),
        ("package:com.a  installer=com.b", ("com.a", None, "com.b", None, ())),
        ("package:com.a uid:10123,1010123,1110123", ("com.a", None, None, None, ("0", "10", "11"))),
        ("package:/x/base.apk=com.a stopped=true uid:99910001", ("com.a", "/x/base.apk", None, None, ("999",))),
        ("package:/odd path/a=b/base.apk=com.a uid:10001", ("com.a", "/odd path/a=b/base.apk", None, None, ("0",))),
    ],
)
def test_line_shapes(line: str, expected: tuple[object, ...]) -> None:
    assert read(line + "\n") == [expected]
    assert read(line + "\r\n") == [expected] or "\r" in read(line + "\r\n")[0][0]


def test_apps_belong_to_the_users_of_their_uids() -> None:
    found = facts("package:com.a uid:10123,1010123\npackage:com.b uid:15010124\n")
    assert [(app.identifier, app.profile) for app in found.apps] == [("com.a", "0"), ("com.a", "10"), ("com.b", "150")]
    assert [(row.profile, row.status) for row in found.coverage] == [(user, "observed") for user in ("0", "10", "150")]


def test_a_list_that_ends_in_an_exception_is_not_whole() -> None:
    listed = pm_list.read(pm_packages(10, ["com.a", "com.b"]) + DENIED.format(user=10))
    assert len(listed.packages) == 2
    assert listed.damage == "the shell may not see this user"


def test_a_list_cut_within_a_line_is_not_whole() -> None:
    output = pm_packages(0, ["com.a", "com.example.long"])
    assert pm_list.read(output[: output.index("ample.long  installer")]).damage is not None


def test_a_list_without_its_last_line_end_is_not_whole() -> None:
    assert pm_list.read("package:com.a\npackage:com.exam").damage == "the list is cut off"


@pytest.mark.parametrize(
    "prompt",
    [
        "shell@phone:/ $ pm list packages -f",
        "TB320FC:/ $",
        "phone:/ # ",
        "jane@station:~$ adb shell pm list packages",
        r"C:\platform-tools>adb shell pm list packages",
        r"PS C:\Users\Jane Doe> .\adb shell pm list packages",
    ],
)
def test_the_prompts_of_a_session_are_no_damage(prompt: str) -> None:
    assert pm_list.read(f"{prompt}\npackage:com.a\n{prompt}\n").damage is None


@pytest.mark.parametrize("line", ["Error: no $", "# comment", "Failure calling service package: Broken pipe (32)"])
def test_a_line_that_only_looks_like_a_prompt_is_damage(line: str) -> None:
    assert pm_list.read(f"package:com.a\n{line}\n").damage is not None


@pytest.mark.parametrize(
    "line", ["package:", "package:/x/base.apk", "package:=com.a", "package:bad name", "what is this"]
)
def test_a_line_that_is_no_package_makes_the_list_doubtful(line: str) -> None:
    assert pm_list.read(f"package:com.a\n{line}\n").damage is not None


def test_prompts_and_linker_warnings_are_no_damage() -> None:
    output = "WARNING: linker: unused DT entry\ndev:/ $ pm list packages\npackage:com.a\ndev:/ $ exit\n"
    assert pm_list.read(output).damage is None


@pytest.mark.parametrize(
    "output",
    [
        "",
        "\n",
        DENIED.format(user=10),
        "Error: Unknown option: -U\n",
        "/system/bin/sh: pm: inaccessible or not found\n",
    ],
)
def test_refusals_are_errors_of_ours(output: str) -> None:
    with pytest.raises(ParseError):
        pm_list.read(output)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_any_line_ends_in_a_package_or_damage_or_an_error_of_ours(line: str) -> None:
    try:
        listed = pm_list.read("package:" + line)
    except ParseError:
        return
    assert all(pm_list.PACKAGE_NAME.fullmatch(package.name) for package in listed.packages)


def test_recognised_by_its_lines() -> None:
    assert pm_list.recognise("", b"package:com.a\n")
    assert not pm_list.recognise("", b"Package [com.a]\n")
