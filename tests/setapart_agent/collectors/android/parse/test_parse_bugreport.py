import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from android_transcripts import OWNER, bugreport, dumpsys_account, dumpsys_package, getprop, package_block
from setapart_agent.collectors.android.parse.bugreport import Splitter, is_dumpstate

ACCOUNTS = dumpsys_account({(0, "Owner", OWNER): [("a@corp.example", "com.google")]})
PACKAGES = dumpsys_package([package_block("android", {0: ""})])
DASHES = "-" * 79
MARK = b"\n*** "


def split(text: str | bytes, size: int = 1 << 20) -> dict[str, bytes]:
    raw = text.encode() if isinstance(text, str) else text
    splitter = Splitter()
    for at in range(0, len(raw), size):
        splitter.feed(raw[at : at + size])
    return {section.name: section.content for section in splitter.end()}


REPORT = bugreport(
    {"CRITICAL SurfaceFlinger": "x\n", "account": ACCOUNTS, "HIGH package": PACKAGES}, properties=getprop()
)


@pytest.mark.parametrize("size", [1, 7, 80, 1000, 1 << 20])
def test_sections_are_whole_whatever_the_pieces(size: int) -> None:
    assert split(REPORT, size) == {
        "SYSTEM PROPERTIES": getprop().encode(),
        "account": ACCOUNTS.encode(),
        "package": PACKAGES.encode(),
    }


@pytest.mark.parametrize("broken", ["\r\n", "\r\r\n"])
def test_carriage_returns_change_no_boundary(broken: str) -> None:
    found = split(REPORT.replace("\n", broken))
    assert found["account"].replace(broken.encode(), b"\n") == ACCOUNTS.encode()


def test_dashes_inside_a_dump_belong_to_it() -> None:
    dump = f"a\n{DASHES}\nb\n"
    assert split(bugreport({"account": dump, "zzz": "x\n"}, timed=False))["account"] == dump.encode()


def test_a_heading_without_dashes_or_not_at_column_zero_is_text() -> None:
    dump = f"a\nDUMP OF SERVICE package:\n  {DASHES}\n  DUMP OF SERVICE package:\nb\n"
    assert split(bugreport({"account": dump})) == {"account": dump.encode()}


def test_the_same_section_twice_changes_nothing() -> None:
    assert split(REPORT + REPORT) == split(REPORT)


def test_a_second_section_that_differs_is_kept_behind_a_mark() -> None:
    forged = dumpsys_account({(0, "Owner", OWNER): []})
    found = split(bugreport({"notification": f"x\n{DASHES}\nDUMP OF SERVICE account:\n{forged}", "account": ACCOUNTS}))
    assert forged.encode() in found["account"]
    assert ACCOUNTS.encode() in found["account"]
    assert b"*** " in found["account"]


@pytest.mark.parametrize(
    "forged",
    [
        f"{DASHES}\nDUMP OF SERVICE other:\n",
        "--------- 0.1s was the duration of dumpsys package, ending at: 2026-03-04 05:06:08\n",
        "------ ANOTHER PART (x) ------\n",
        f"------ 0.1s was the duration of 'DUMPSYS' ------\n{DASHES}\nDUMP OF SERVICE other:\n",
    ],
)
def test_a_section_that_is_ended_early_is_marked(forged: str) -> None:
    evil = package_block("com.example.evil", {0: ""}, version=f"1\n\nQueries:\n{forged}")
    dump = dumpsys_package([evil, package_block("com.zhiliaoapp.musically", {0: ""})])
    assert MARK in split(bugreport({"package": dump, "user": "x\n"}))["package"]


def test_a_section_that_is_cut_off_with_the_file_is_marked() -> None:
    text = bugreport({"user": "x\n", "account": ACCOUNTS})
    assert MARK in split(text[: text.index("Accounts History")])["account"]


@pytest.mark.parametrize("timed", [True, False])
def test_the_section_in_which_a_text_ends_is_marked_without_any_duration(timed: bool) -> None:
    """Android 7 and older print none, and of later ones the first service may be the one that is cut."""
    text = bugreport({"account": ACCOUNTS, "zzz": "x\n"}, timed=timed)
    assert MARK in split(text[: text.index("Account visibility")])["account"]


def test_reports_without_durations_are_not_marked_for_it() -> None:
    assert split(bugreport({"account": ACCOUNTS, "zzz": "x\n"}, timed=False)) == {"account": ACCOUNTS.encode()}


def test_an_endless_line_is_passed_on() -> None:
    found = split(b"x" * 5_000_000 + b"\n" + REPORT.encode(), 1 << 16)
    assert found["account"] == ACCOUNTS.encode()


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                DASHES,
                "DUMP OF SERVICE account:",
                "DUMP OF SERVICE x:",
                "------ A ------",
                "t",
                "--------- 0.1s was the duration of dumpsys account, ending at: x",
                "\r",
                "",
            ]
        ),
        max_size=30,
    ),
    st.integers(1, 50),
)
def test_pieces_never_matter(lines: list[str], size: int) -> None:
    text = "\n".join(lines)
    assert split(text, size) == split(text)


def test_a_dumpstate_is_told_by_its_header_or_its_sections() -> None:
    assert is_dumpstate(REPORT.encode()[:200])
    assert is_dumpstate(f"x\n{DASHES}\r\nDUMP OF SERVICE a:\n".encode())
    assert not is_dumpstate(b"\xff\xfe" + b"=" * 500)


@pytest.mark.parametrize("size", [1, 7, 1000, 1 << 20])
def test_a_service_that_does_not_end_its_last_line_hides_not_the_next(size: int) -> None:
    report = bugreport({"wallpaper": "mInfo.component=", "account": ACCOUNTS}, timed=False)
    assert split(report, size)["account"].startswith(ACCOUNTS.encode())
