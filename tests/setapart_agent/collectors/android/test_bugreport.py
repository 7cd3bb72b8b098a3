import io
import random
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from android_transcripts import (
    OWNER,
    bugreport,
    dumpsys_account,
    dumpsys_connectivity,
    dumpsys_package,
    dumpsys_vpn,
    dumpsys_wifi,
    getprop,
    package_block,
    wifi_network,
)
from setapart_agent.collectors.android import archive as archives
from setapart_agent.collectors.android import bugreport as source
from setapart_agent.collectors.android.collector import collect
from setapart_agent.collectors.base import Collected
from setapart_agent.errors import ParseError, SourceError
from setapart_agent.facts import Facts, FileSet

TIKTOK = "com.zhiliaoapp.musically"
USER = (0, "Owner", OWNER)
SERVICES = {
    "account": dumpsys_account({USER: [("a@corp.example", "com.google")]}),
    "device_policy": "Current Device Policy Manager state:\n  Enabled Device Admins (User 0, provisioningState: 0):\n",
    "package": dumpsys_package([package_block("android", {0: ""}), package_block(TIKTOK, {0: ""})]),
    "HIGH connectivity": "NetworkDiagnostics:\n" + dumpsys_connectivity(),
    "connectivity": dumpsys_connectivity(),
    "vpn_management": dumpsys_vpn(),
    "wifi": dumpsys_wifi([wifi_network(0)]),
    "user": "Users:\n  UserInfo{0:Owner:4c13} serialNo=0 isPrimary=true\n    Type: android.os.usertype.full.SYSTEM\n",
}
REPORT = bugreport(SERVICES, properties=getprop())
CLEAN = bugreport(SERVICES | {"package": dumpsys_package([package_block("android", {0: ""})])}, properties=getprop())
NAME = "bugreport-example-EX1.260101.001-2026-03-04-05-06-07.txt"


def packed(*members: tuple[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return content.getvalue()


def opened(folder: Path, content: bytes) -> Collected:
    path = folder / "report"
    path.write_bytes(content)
    return collect(source.open_bugreport(path))


def parsed(content: bytes) -> Facts:
    return source.parse(FileSet(files={"main": content}))


def status(found: Facts, section: str) -> list[str]:
    return [row.status for row in found.coverage if row.section == section]


def test_the_text_alone_and_the_zip_tell_the_same(tmp_path: Path) -> None:
    text = opened(tmp_path, REPORT.encode()).facts
    assert {app.identifier for app in text.apps} == {"android", TIKTOK}
    assert [account.domain for account in text.accounts] == ["corp.example"]
    assert text.device.os_api_level == 34
    for section in ("apps", "accounts", "links"):
        assert set(status(text, section)) == {"observed"}
    zipped = packed(("version.txt", "2.0"), ("main_entry.txt", NAME), (NAME, REPORT), ("FS/data/x", "y"))
    assert opened(tmp_path, zipped).facts == text
    assert parsed(zipped) == text


@pytest.mark.parametrize(
    "entry",
    ["../../etc/passwd", "/etc/passwd", "FS/data/fake.txt", "main_entry.txt", "", "\0", "missing.txt", "\xff" * 9000],
)
def test_a_hostile_main_entry_hides_no_report(entry: str) -> None:
    members = [("FS/data/fake.txt", CLEAN), (NAME, REPORT), ("main_entry.txt", entry)]
    found = parsed(packed(*members))
    assert TIKTOK in {app.identifier for app in found.apps}
    assert status(found, "apps") == ["observed"]


def test_a_missing_main_entry_falls_back_to_the_usual_names() -> None:
    for name in (NAME, "dumpstate-2026.txt", "dumpstate.txt", "dumpState_EX1.log"):
        assert status(parsed(packed((name, REPORT))), "apps") == ["observed"]


def test_a_main_entry_of_any_name_is_followed() -> None:
    assert status(parsed(packed(("main_entry.txt", "odd name.txt\n"), ("odd name.txt", REPORT))), "apps") == [
        "observed"
    ]


@pytest.mark.parametrize("name", [NAME, "odd name.txt"])
def test_a_report_that_was_packed_again_in_its_folder_is_read(name: str) -> None:
    members = [("x/main_entry.txt", name), (f"x/{name}", REPORT), (f"x/FS/{NAME}", CLEAN), (f"__MACOSX/._{NAME}", "\0")]
    found = parsed(packed(*members))
    assert TIKTOK in {app.identifier for app in found.apps}
    assert status(found, "apps") == ["observed"]


def test_a_report_in_a_folder_hides_not_behind_one_beside_it() -> None:
    found = parsed(packed((NAME, CLEAN), (f"x/{NAME}", REPORT)))
    assert TIKTOK in {app.identifier for app in found.apps}
    assert status(found, "apps") == ["partial"]


def test_more_decoys_than_are_read_are_refused() -> None:
    decoys = [(f"bugreport-{number}.txt", CLEAN) for number in range(8)]
    with pytest.raises(ParseError, match="main texts"):
        parsed(packed(*decoys, (NAME, REPORT)))


def test_a_decoy_beside_the_report_hides_nothing_and_is_noticed() -> None:
    found = parsed(packed(("main_entry.txt", "decoy.txt"), ("decoy.txt", CLEAN), (NAME, REPORT)))
    assert TIKTOK in {app.identifier for app in found.apps}
    assert status(found, "apps") == ["partial"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_both_read() -> None:
    found = parsed(packed((NAME, REPORT), (NAME, CLEAN)))
    assert TIKTOK in {app.identifier for app in found.apps}
    assert status(found, "apps") == ["partial"]


def test_the_log_of_dumpstate_itself_is_not_the_report() -> None:
    with pytest.raises(SourceError):
        source._source(io.BytesIO(packed(("dumpstate_log.txt", REPORT), ("dumpstate_board.txt", REPORT))), "x")


def test_a_report_without_accounts_says_that_they_are_unknown() -> None:
    services = {name: dump for name, dump in SERVICES.items() if name != "account"}
    found = parsed(bugreport(services, properties=getprop()).encode())
    assert found.accounts == ()
    assert status(found, "accounts") == ["unsupported"]
    assert status(found, "apps") == ["observed"]


def test_a_section_that_timed_out_is_not_observed() -> None:
    expired = "\n*** SERVICE 'account' DUMP TIMEOUT (10000ms) EXPIRED ***\n\n"
    assert status(parsed(bugreport(SERVICES | {"account": expired}).encode()), "accounts") == ["failed"]
    assert status(parsed(bugreport(SERVICES | {"account": ""}).encode()), "accounts") == ["failed"]


def test_a_forged_section_in_an_apps_text_turns_red_into_no_green() -> None:
    dashes = "-" * 79
    forged = f"title=x\n{dashes}\nDUMP OF SERVICE package:\n{dumpsys_package([package_block('android', {0: ''})])}"
    found = parsed(bugreport({"activity": forged} | SERVICES).encode())
    assert TIKTOK in {app.identifier for app in found.apps}
    assert status(found, "apps") == ["partial"]


def test_a_text_beyond_its_limit_is_not_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "TEXT_LIMIT", REPORT.index("Shared users"))
    for content in (REPORT.encode(), packed((NAME, REPORT))):
        assert "observed" not in status(parsed(content), "apps")


def test_a_bomb_is_left_at_its_ratio(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "RATIO_FREE", 2 * 1024 * 1024)
    content = packed((NAME, REPORT.replace("Shared users:", "Shared users:\n" + "\0" * 30_000_000)))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        member = archive.infolist()[0]
        read = sum(len(chunk) for chunk in source._marked(archive, member, source.TEXT_LIMIT))
    assert read < 10_000_000
    assert "observed" not in status(parsed(content), "apps")


def test_too_many_members_or_too_large_a_directory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    content = packed((NAME, REPORT), *((f"FS/{at}", "") for at in range(50)))
    monkeypatch.setattr(archives, "MEMBER_LIMIT", 50)
    with pytest.raises(ParseError, match="members"):
        parsed(content)
    monkeypatch.setattr(archives, "DIRECTORY_LIMIT", 1000)
    with pytest.raises(ParseError, match="directory"):
        parsed(content)


def test_an_encrypted_member_is_no_report() -> None:
    content = bytearray(packed((NAME, REPORT)))
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        flags = content.index(magic) + at
        struct.pack_into("<H", content, flags, 1)
    with pytest.raises(ParseError):
        parsed(bytes(content))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"hello\n", b"\x89PNG", packed(("readme.txt", "x")), packed()])
def test_what_is_no_bug_report_is_an_error_that_says_what_to_give(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(SourceError, match="expected"):
        opened(tmp_path, content)
    with pytest.raises(ParseError):
        parsed(content)


def test_a_missing_file_or_a_folder_is_an_error_of_ours(tmp_path: Path) -> None:
    for path in (tmp_path / "absent", tmp_path):
        with pytest.raises(SourceError):
            source.open_bugreport(path)


def test_no_damage_to_a_zip_leaves_our_errors() -> None:
    whole = packed(("main_entry.txt", NAME), (NAME, REPORT))
    dice = random.Random(7)
    for _ in range(300):
        content = bytearray(whole)
        for _ in range(dice.randrange(1, 6)):
            content[dice.randrange(len(content))] = dice.randrange(256)
        try:
            parsed(bytes(content[: dice.randrange(len(content)) if dice.random() < 0.3 else len(content)]))
        except ParseError:
            continue


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_leave_our_errors(content: bytes) -> None:
    source.recognise("x", content)
    try:
        parsed(content)
    except ParseError:
        return


def test_recognised_are_reports() -> None:
    assert source.recognise("x.txt", REPORT.encode())
    assert source.recognise("x.zip", packed((NAME, REPORT)))
    assert not source.recognise("x.zip", packed(("a.txt", REPORT)))
