import hashlib
import tarfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from android_backup_maker import CERTIFICATE, backup, manifest, phone, tar
from setapart_agent.collectors.android.parse import backup as parser
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet

DIGEST = f"sha256:{hashlib.sha256(CERTIFICATE).hexdigest()}"
TIKTOK = "com.zhiliaoapp.musically"


def parsed(content: bytes) -> Facts:
    return parser.parse(FileSet(files={"main": content}))


def names(content: bytes) -> list[str]:
    return [app.identifier for app in parsed(content).apps]


def rows(content: bytes) -> list[tuple[str, str, str | None]]:
    return [(row.section, row.status, row.reason) for row in parsed(content).coverage]


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("version", [1, 2, 5])
def test_apps_and_their_certificates(version: int, packed: bool) -> None:
    found = parsed(backup(phone(TIKTOK, "org.example.camera"), version=version, packed=packed))
    assert [(app.identifier, app.source, app.profile, app.publisher) for app in found.apps] == [
        (TIKTOK, "backup", "0", DIGEST),
        ("org.example.camera", "backup", "0", DIGEST),
    ]


def test_a_backup_is_never_a_whole_list() -> None:
    assert rows(backup(phone(TIKTOK))) == [("apps", "partial", parser.NOT_ALL)]
    assert rows(backup(tar({}))) == [("apps", "partial", parser.NOT_ALL)]


def test_the_folder_of_all_apps_in_a_repacked_backup_is_no_broken_entry() -> None:
    entries = {"apps/": b"", f"apps/{TIKTOK}/": b"", f"apps/{TIKTOK}/f/x": b"1"}
    assert rows(backup(tar(entries))) == [("apps", "partial", parser.NOT_ALL)]
    assert names(backup(tar(entries))) == [TIKTOK]


def test_nothing_that_an_app_has_saved_is_a_fact() -> None:
    assert "private" not in repr(parsed(backup(phone(TIKTOK))))


def test_an_encrypted_backup_says_that_it_can_not_be_read() -> None:
    assert rows(backup(b"x" * 99, packed=False, encryption="AES-256")) == [("apps", "unsupported", parser.ENCRYPTED)]


def test_a_backup_of_xiaomi_has_lines_of_its_own_before_it() -> None:
    content = b"MIUI BACKUP\n2\ncom.example.app Example\n-1\n0\n" + backup(phone("com.example.app"))
    assert parser.recognise("x.bak", content)
    assert names(content) == ["com.example.app"]


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.PAX_FORMAT])
def test_long_paths_stay_with_their_app(form: int) -> None:
    deep = "/".join(["d" * 40] * 3)
    entries = {
        f"apps/{TIKTOK}/{deep}/x": b"1",
        "shared/0/apps/com.example.decoy/x": b"2",
        "apps/org.example/_manifest": b"",
    }
    assert names(backup(tar(entries, form))) == [TIKTOK, "org.example"]
    longest = f"apps/org.example.long/{'d' * 200}"
    assert names(backup(tar({longest: b"1"}, tarfile.PAX_FORMAT))) == ["org.example.long"]


@pytest.mark.parametrize(
    "lines",
    [
        manifest("com.example.other"),
        manifest(TIKTOK, ()),
        manifest(TIKTOK, (CERTIFICATE, CERTIFICATE)),
        b"1\n" + TIKTOK.encode() + b"\n1\n1\n\n0\n1\nnot hexadecimal\n",
        b"\xff\n" * 20,
    ],
)
def test_a_manifest_that_names_no_single_certificate_of_this_app_gives_none(lines: bytes) -> None:
    (app,) = parsed(backup(tar({f"apps/{TIKTOK}/_manifest": lines}))).apps
    assert (app.identifier, app.publisher) == (TIKTOK, None)


@pytest.mark.parametrize("packed", [True, False])
def test_a_backup_that_breaks_off_says_so(packed: bool) -> None:
    whole = backup(phone(TIKTOK, "org.example.camera"), packed=packed)
    ((_, status, reason),) = rows(whole[: len(whole) // 4])
    assert (status, reason) == ("partial", "the backup breaks off")


def test_a_bomb_is_left_at_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parser, "SIZE_LIMIT", 4 * 1024 * 1024)
    bomb = backup(tar({f"apps/{TIKTOK}/f/x": b"\0" * 20_000_000, "apps/org.example/_manifest": b""}))
    assert names(bomb) == [TIKTOK]
    assert rows(bomb) == [("apps", "partial", "the backup is longer than what is read")]


@pytest.mark.parametrize(
    "entry",
    [b"apps/../../etc", b"apps/", b"apps//x", b"apps/a b/x", b"\xff\xfe"],
)
def test_names_that_no_package_has_are_left_out(entry: bytes) -> None:
    block = bytearray(tar({"apps/org.example/x": b""}))
    block[:100] = entry.ljust(100, b"\0")
    assert names(backup(bytes(block))) == []


@pytest.mark.parametrize("content", [b"", b"ANDROID BACKUP\n", b"ANDROID BACKUP\nx\n1\nnone\n", b"PK\x03\x04"])
def test_what_is_no_backup_is_an_error_of_ours(content: bytes) -> None:
    with pytest.raises(ParseError):
        parsed(content)


def test_rubbish_behind_the_heading_is_no_list() -> None:
    for content in (b"ANDROID BACKUP\n5\n1\nnone\nrubbish", b"ANDROID BACKUP\n5\n0\nnone\n" + b"x" * 2000):
        assert names(content) == []
        assert rows(content)[0][1] == "partial"


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=3000))
def test_no_bytes_leave_our_errors(content: bytes) -> None:
    for packed in (content, zlib.compress(content)):
        parsed(b"ANDROID BACKUP\n5\n1\nnone\n" + packed)
        parsed(b"ANDROID BACKUP\n5\n0\nnone\n" + packed)
