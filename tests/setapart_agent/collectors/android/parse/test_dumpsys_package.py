import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from android_transcripts import dumpsys_package, package_block
from setapart_agent.collectors.android.parse import dumpsys_package as parser
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet

TIKTOK = "com.zhiliaoapp.musically"
BARE = "installed=false ceDataInode=0"


def facts(output: str | bytes) -> Facts:
    return parser.parse(FileSet(files={"main": output if isinstance(output, bytes) else output.encode()}))


def states(output: str) -> set[tuple[str, str, str]]:
    return {(app.identifier, app.profile, app.state) for app in facts(output).apps}


def rows(output: str) -> list[tuple[str, str]]:
    return [(row.profile, row.status) for row in facts(output).coverage]


def test_each_user_has_its_own_apps() -> None:
    users = {0: "", 10: BARE, 11: "enabled=2", 150: "hidden=true", 999: "enabled=3"}
    output = dumpsys_package([package_block(TIKTOK, users), package_block("android", dict.fromkeys(users, ""))])
    assert {(user, state) for name, user, state in states(output) if name == TIKTOK} == {
        ("0", "installed"),
        ("11", "disabled"),
        ("150", "disabled"),
        ("999", "disabled"),
    }
    assert rows(output) == [(user, "observed") for user in ("0", "10", "11", "150", "999")]


def test_data_that_stayed_behind_is_a_trace() -> None:
    output = dumpsys_package([package_block(TIKTOK, {0: "installed=false ceDataInode=4711"})])
    assert states(output) == {(TIKTOK, "0", "removed-trace")}


def test_an_archived_app_is_archived() -> None:
    block = package_block(TIKTOK, {0: "installed=false"}) + "      archiveTime=2026-01-02 03:04:05\n"
    assert states(dumpsys_package([block])) == {(TIKTOK, "0", "archived")}


def test_version_hint_and_granted_permissions_are_read() -> None:
    block = package_block(
        TIKTOK, {0: "", 10: ""}, version="4.16.1 build 200147", hint="b378e9", permissions=["READ_CONTACTS"]
    )
    app = facts(dumpsys_package([block])).apps[0]
    assert (app.version, app.publisher_hint, app.permissions) == ("4.16.1 build 200147", "b378e9", ("contacts",))


def test_requested_or_denied_permissions_are_not_held() -> None:
    assert facts(dumpsys_package([package_block(TIKTOK, {0: ""})])).apps[0].permissions == ()


def test_install_permissions_count_for_every_user() -> None:
    block = package_block(TIKTOK, {0: "", 10: ""}).replace(
        "android.permission.INTERNET", "android.permission.GET_ACCOUNTS"
    )
    assert [app.permissions for app in facts(dumpsys_package([block])).apps] == [("accounts",), ("accounts",)]


def test_old_dump_without_user_lines_is_user_zero() -> None:
    output = (
        "Packages:\r\n  Package [com.example.old] (4077):\r\n    userId=10017 gids=[]\r\n    versionName=1.0\r\n"
        "    signatures=PackageSignatures{40685050 [406ea1d0]}\r\n    pkgFlags=0x1 installStatus=1 enabled=0\r\n"
        "    grantedPermissions:\r\n      android.permission.READ_CONTACTS\r\n"
        "  Package [com.example.off] (4078):\r\n    pkgFlags=0x0 installStatus=1 enabled=2\r\n\r\nShared users:\r\n"
    )
    found = facts(output)
    assert [(app.identifier, app.profile, app.state) for app in found.apps] == [
        ("com.example.old", "0", "installed"),
        ("com.example.off", "0", "disabled"),
    ]
    assert found.apps[0].permissions == ("contacts",)
    assert found.coverage[0].status == "observed"


def test_android_4_4_has_users_and_one_list_of_permissions_for_all() -> None:
    output = (
        "Packages:\n  Package [com.example.old] (41ec0490):\n    userId=10052 gids=[3003, 1028]\n"
        "    codePath=/data/app/com.example.old-1.apk\n    versionCode=19 targetSdk=19\n    versionName=4.4.2\n"
        "    signatures=PackageSignatures{418982a0 [419d7600]}\n"
        "    permissionsFixed=true haveGids=true installStatus=1\n    pkgFlags=[ HAS_CODE ALLOW_BACKUP ]\n"
        "    User 0:  installed=true blocked=false stopped=false notLaunched=false enabled=0\n"
        "    User 10:  installed=true blocked=false stopped=true notLaunched=true enabled=3\n"
        "      lastDisabledCaller: shell:0\n"
        "    grantedPermissions:\n      android.permission.READ_CONTACTS\n\nShared users:\n"
    )
    assert [(app.profile, app.state, app.permissions, app.publisher_hint) for app in facts(output).apps] == [
        ("0", "installed", ("contacts",), None),
        ("10", "disabled", ("contacts",), None),
    ]
    assert rows(output) == [("0", "observed"), ("10", "observed")]


@pytest.mark.parametrize(
    "text", ["      unarchiveInstallerTitle=Store\nof apps\n", "WARNING: linker: something else\n"]
)
def test_a_block_that_is_interrupted_between_two_users_makes_the_list_doubtful(text: str) -> None:
    """A title of an app may hold a line feed, and another program's line may stand between those of the dump."""
    block = package_block(TIKTOK, {0: "installed=false", 10: ""})
    output = dumpsys_package(
        [package_block("android", {0: "", 10: ""}), block.replace("    User 10:", f"{text}    User 10:")]
    )
    assert rows(output) == [("0", "partial"), ("10", "partial")]


@pytest.mark.parametrize(
    "words", ["suspended=true", "quarantined=true", "stopped=true notLaunched=true", "instant=true"]
)
def test_an_app_that_must_not_run_now_is_still_installed(words: str) -> None:
    assert states(dumpsys_package([package_block(TIKTOK, {0: words})])) == {(TIKTOK, "0", "installed")}


def test_the_address_of_an_object_in_old_dumps_is_no_signature_hash() -> None:
    block = package_block(TIKTOK, {0: ""}).replace("version:2, signatures:[b378e95c], past signatures:[]", "[406ea1d0]")
    assert facts(dumpsys_package([block])).apps[0].publisher_hint is None


def test_factory_copies_are_not_counted_again_and_say_nothing_of_users() -> None:
    updated = package_block("com.example.player", {0: BARE}, version="2")
    factory = package_block("com.example.player", {0: ""}, version="1", code="/product/app/Player")
    output = dumpsys_package([updated, package_block("android", {0: ""})], hidden=[factory])
    assert states(output) == {("android", "0", "installed")}
    assert rows(output) == [("0", "observed")]


@pytest.mark.parametrize("cut", ["    versionName", "    User 0", "      gids", "\nQueries"])
def test_a_list_cut_anywhere_is_not_observed(cut: str) -> None:
    output = dumpsys_package([package_block("android", {0: ""}), package_block(TIKTOK, {0: ""})])
    assert rows(output[: output.rindex(cut)]) == [("0", "partial")]


def test_a_time_out_is_not_the_end_of_the_list() -> None:
    output = dumpsys_package([package_block("android", {0: ""})])
    output = output[: output.index("\nQueries")] + "\n*** SERVICE 'package' DUMP TIMEOUT (60000ms) EXPIRED ***\n\n"
    assert rows(output) == [("0", "partial")]


@pytest.mark.parametrize(
    "end",
    [
        "\nException occurred while dumping:\njava.util.ConcurrentModificationException\n\tat a.B.c(D.java:1)\n",
        "Error with service 'package' while dumping: DEAD_OBJECT\n",
        "Error dumping service info: (Broken pipe) package\n",
        "Security exception: no\n",
    ],
)
def test_an_error_in_the_middle_is_not_the_end_of_the_list(end: str) -> None:
    output = dumpsys_package([package_block("android", {0: ""}), package_block(TIKTOK, {0: ""})])
    assert rows(output[: output.index(f"  Package [{TIKTOK}]")] + end) == [("0", "partial")]


FORGED = [
    "1\n\nQueries:\n",
    "1\n\nHidden system packages:\n",
    "1\n\nPackages:\n",
    "1\n  Package [com.example.harmless] (1):",
    f"1\n  Package [{TIKTOK}] (1):\n    codePath=/product/x\n    User 0: ceDataInode=0 installed=false enabled=0",
    f"1\n  Package [{TIKTOK}] (1):\n    User 0: ceDataInode=0 installed=false\n\nHidden system packages:",
    "1\n    User 0: ceDataInode=0 installed=false hidden=false",
    "1\nHidden system packages:\n  Package [com.example.evil] (1):\n    codePath=/system/x",
]


@pytest.mark.parametrize("version", FORGED)
def test_a_version_name_that_forges_lines_hides_no_app(version: str) -> None:
    evil = package_block("com.example.evil", {0: ""}, version=version)
    output = dumpsys_package([package_block("android", {0: ""}), evil, package_block(TIKTOK, {0: ""})])
    assert {("com.example.evil", "0", "installed"), (TIKTOK, "0", "installed")} <= states(output)


@pytest.mark.parametrize("version", FORGED)
def test_a_version_name_does_not_hide_the_app_itself(version: str) -> None:
    output = dumpsys_package([package_block(TIKTOK, {0: ""}, version=version), package_block("android", {0: ""})])
    assert (TIKTOK, "0", "installed") in states(output)


def test_a_modern_dump_that_names_no_user_is_doubtful_and_hides_nothing() -> None:
    output = dumpsys_package([package_block(TIKTOK, {})])
    assert states(output) == {(TIKTOK, "0", "installed")}
    assert rows(output) == [("0", "partial")]


@pytest.mark.parametrize(
    "output",
    ["", "Can't find service: package\n", "Packages:\n\nQueries:\n", "Permission Denial: can't dump\n", "\x00\x01"],
)
def test_what_is_no_list_of_packages_is_an_error_of_ours(output: str) -> None:
    with pytest.raises(ParseError):
        facts(output)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_end_in_facts_or_an_error_of_ours(raw: bytes) -> None:
    for content in (raw, b"Packages:\n  Package [a] (1):\n    User 0: installed=" + raw):
        try:
            found = facts(content)
        except ParseError:
            continue
        assert found.coverage


def test_recognised_is_the_dump_alone() -> None:
    output = dumpsys_package([package_block(TIKTOK, {0: ""})])
    assert parser.recognise("x.txt", output.encode())
    assert not parser.recognise("x.txt", b"DUMP OF SERVICE package:\n" + output.encode())
