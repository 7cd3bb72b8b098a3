"""`setapart-auditor verify` as typed: every file answered for, exit codes, and forgeries that move nobody."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from evidence_factory import NOW, account, app, make_inventory
from fleet_simulator import Fleet
from programs import Ran, auditor

AT = NOW.isoformat()
TIKTOK = make_inventory(apps=(app("com.zhiliaoapp.musically"),))
EXCEPTION = """
[[exception]]
id = "E-7"
device = "patrol"
app = "tiktok"
holder = "h1"
need = "prevention outreach"
ground = "communication"
requested_by = "o1"
approved_by = "o2"
from = 2026-11-01
until = 2027-04-30
"""


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path)


def verify(fleet: Fleet, *files: Path, options: tuple[str, ...] = ()) -> Ran:
    register, overlay = fleet.write()
    rule = ("--register", register, "--pack", "no-2023", "--overlay", overlay, "--dir", fleet.folder / "state")
    return auditor("verify", *files, *rule, "--at", AT, "--received", AT, *options)


def judged(fleet: Fleet, *files: Path, options: tuple[str, ...] = ()) -> tuple[int, dict[str, Any]]:
    ran = verify(fleet, *files, options=("--json", *options))
    assert ran.err == ""
    return ran.code, json.loads(ran.out)


def test_a_clean_ordinary_device_is_compliant_and_exits_0(fleet: Fleet) -> None:
    fleet.add("clean")
    code, found = judged(fleet, fleet.report("clean"))
    assert code == 0
    (device,) = found["devices"]
    assert (device["name"], device["class"], device["status"]) == ("clean", "ordinary", "compliant")
    assert set(device) >= {"name", "id", "class", "status", "findings", "evidence", "file"}
    assert set(device["evidence"]) == {"digest", "received_at", "grade"}


def test_tiktok_on_an_ordinary_device_is_a_violation_and_exits_1(fleet: Fleet) -> None:
    fleet.add("phone")
    code, found = judged(fleet, fleet.report("phone", TIKTOK))
    assert code == 1
    (device,) = found["devices"]
    assert device["status"] == "violation"
    finding = device["findings"][0]
    assert finding["control"] == "restricted-app-on-ordinary-device"
    assert finding["evidence"] == "/apps/0"
    assert finding["cure"]


def test_an_approved_need_on_a_dedicated_device_is_excepted_and_exits_0(fleet: Fleet) -> None:
    fleet.add("patrol", "social-dedicated")
    fleet.enter(EXCEPTION)
    code, found = judged(fleet, fleet.report("patrol", TIKTOK))
    assert (code, found["devices"][0]["status"], found["devices"][0]["exceptions"]) == (0, "excepted", ["E-7"])


def test_an_internal_calendar_beside_the_app_is_a_violation_for_each_service(fleet: Fleet) -> None:
    fleet.add("patrol", "social-dedicated")
    fleet.enter(EXCEPTION)
    inventory = make_inventory(
        apps=(app("com.zhiliaoapp.musically"),),
        accounts=(account(type="com.android.exchange", services=("calendar", "mail"), domain="agency.example"),),
    )
    code, found = judged(fleet, fleet.report("patrol", inventory))
    controls = [f["control"] for f in found["devices"][0]["findings"] if f["severity"] == "violation"]
    assert code == 1
    assert controls == ["internal-link-on-dedicated-device"] * 2


def test_what_could_not_be_seen_is_inconclusive_and_exits_3(fleet: Fleet) -> None:
    fleet.add("phone")
    code, found = judged(fleet, fleet.report("phone", make_inventory(coverage=())))
    assert (code, found["devices"][0]["status"]) == (3, "inconclusive")


def test_the_files_of_one_device_are_its_history_in_whatever_order_they_are_named(fleet: Fleet) -> None:
    fleet.add("phone")
    first = fleet.report("phone", TIKTOK)
    second = fleet.report("phone")
    for files in ((first, second), (second, first), (second, first, second)):
        code, found = judged(fleet, *files)
        assert (code, [d["status"] for d in found["devices"]]) == (0, ["compliant"])


def test_two_reports_with_one_sequence_are_a_fork_and_exit_1(fleet: Fleet) -> None:
    fleet.add("phone")
    one = fleet.report("phone", file="one", advance=False)
    two = fleet.report("phone", make_inventory(apps=(app("org.example.other"),)), file="two")
    code, found = judged(fleet, one, two)
    assert (code, found["devices"][0]["status"]) == (1, "invalid")


def test_a_rejected_file_is_a_row_of_its_own_and_moves_no_device(fleet: Fleet) -> None:
    fleet.add("phone")
    good = fleet.report("phone")
    forged = fleet.folder / "forged.evidence"
    forged.write_bytes(good.read_bytes()[:-1] + b" ")
    code, found = judged(fleet, good, forged)
    assert code == 1
    assert [d["status"] for d in found["devices"]] == ["compliant"]
    (row,) = found["rejected"]
    assert (row["file"], row["reason"]) == (str(forged), "wrong-digest")


def test_garbage_of_every_kind_is_rejected_and_the_batch_goes_on(fleet: Fleet) -> None:
    fleet.add("phone")
    good = fleet.report("phone")
    bad = []
    for name, content in {
        "empty": b"",
        "zeros": bytes(1000),
        "deep": b"[" * 100_000,
        "text": b"hello\nworld",
        "huge": b"{" + b" " * (9 * 1024 * 1024),
        "binary": bytes(range(256)) * 100,
    }.items():
        path = fleet.folder / name
        path.write_bytes(content)
        bad.append(path)
    code, found = judged(fleet, *bad, good)
    assert code == 1
    assert len(found["rejected"]) == len(bad)
    assert [d["status"] for d in found["devices"]] == ["compliant"]


def test_a_device_that_the_register_does_not_know_is_rejected(fleet: Fleet) -> None:
    stranger = Fleet(fleet.folder)
    stranger.add("stranger")
    path = stranger.report("stranger")
    fleet.add("phone")
    code, found = judged(fleet, path)
    assert (code, found["rejected"][0]["reason"]) == (1, "unknown-key")


def test_many_files_give_the_same_verdicts_with_one_process_and_with_two(fleet: Fleet) -> None:
    files = []
    for number in range(80):
        fleet.add(f"d{number:03}")
        files.append(fleet.report(f"d{number:03}", TIKTOK if number % 7 == 0 else None))
    files[5].write_bytes(b"broken\n")
    one = judged(fleet, *files, options=("--jobs", "1"))
    two = judged(fleet, *files, options=("--jobs", "2"))
    assert one == two
    assert len(one[1]["devices"]) == 79


def test_evidence_older_than_the_window_is_stale_and_exits_3(fleet: Fleet) -> None:
    fleet.add("phone", extra="since = 2026-01-01\n")
    path = fleet.report("phone")
    register, overlay = fleet.write()
    rule = ("--register", register, "--pack", "no-2023", "--overlay", overlay, "--dir", fleet.folder / "state")
    ran = auditor("verify", path, *rule, "--received", AT, "--at", "2027-06-01", "--json")
    assert (ran.code, json.loads(ran.out)["devices"][0]["status"]) == (3, "stale")


def test_the_results_name_register_pack_overlay_catalog_and_engine(fleet: Fleet) -> None:
    fleet.add("phone")
    _, found = judged(fleet, fleet.report("phone"))
    assert set(found["judged"]) == {"at", "policy", "pack", "overlay", "catalog", "register", "engine"}
    assert all(found["judged"][name].startswith("sha256:") for name in ("policy", "pack", "overlay", "register"))


def test_verbose_prints_each_finding_with_its_evidence_and_cure(fleet: Fleet) -> None:
    fleet.add("phone")
    ran = verify(fleet, fleet.report("phone", TIKTOK), options=("-v",))
    assert "restricted-app-on-ordinary-device" in ran.out
    assert "evidence /apps/0" in ran.out
    assert "cure" in ran.out


def test_hostile_names_cannot_steer_the_terminal(fleet: Fleet) -> None:
    fleet.add("phone")
    hostile = make_inventory(apps=(app("com.zhiliaoapp.musically", name="\x1b[2J\u202eevil", version="\x07"),))
    ran = verify(fleet, fleet.report("phone", hostile), options=("-v",))
    assert ran.code == 1
    assert "\x1b" not in ran.out
    assert "\u202e" not in ran.out


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"--register": "none.toml"}, "none.toml"),
        ({"--pack": "no-such-pack"}, "no-such-pack"),
        ({"--overlay": "none.toml"}, "none.toml"),
        ({"--at": "yesterday"}, "yesterday"),
        ({"--bundle": "register.toml"}, "bundle"),
    ],
)
def test_what_the_caller_owns_ends_in_exit_code_2_before_anything_is_judged(
    fleet: Fleet, change: dict[str, str], words: str
) -> None:
    fleet.add("phone")
    path = fleet.report("phone")
    register, overlay = fleet.write()
    options: dict[str, object] = {"--register": register, "--pack": "no-2023", "--overlay": overlay}
    options |= {name: fleet.folder / value if value.endswith(".toml") else value for name, value in change.items()}
    ran = auditor("verify", path, *(part for pair in options.items() for part in pair))
    assert ran.code == 2
    assert words in ran.err
    assert ran.out == ""


def test_a_file_that_is_not_there_is_exit_code_2(fleet: Fleet) -> None:
    fleet.add("phone")
    fleet.report("phone")
    ran = verify(fleet, fleet.folder / "none.evidence")
    assert (ran.code, ran.out) == (2, "")


def test_a_register_that_breaks_the_rule_of_two_people_judges_nothing(fleet: Fleet) -> None:
    fleet.add("patrol", "social-dedicated")
    fleet.enter(EXCEPTION.replace('approved_by = "o2"', 'approved_by = "o1"'))
    ran = verify(fleet, fleet.report("patrol", TIKTOK))
    assert (ran.code, ran.out) == (2, "")
    assert "register.toml" in ran.err


def test_evidence_that_arrives_now_was_not_there_in_the_past(fleet: Fleet) -> None:
    fleet.add("phone")
    path = fleet.report("phone")
    register, overlay = fleet.write()
    rule = ("--register", register, "--pack", "no-2023", "--overlay", overlay, "--dir", fleet.folder / "state")
    ran = auditor("verify", path, *rule, "--at", "2026-06-01", "--received", AT, "--json")
    assert (ran.code, json.loads(ran.out)["devices"][0]["status"]) == (3, "pending")


@pytest.mark.parametrize("option", ["--at", "--received"])
@pytest.mark.parametrize(
    "text", ["", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00", "9999-12-31T23:59:59Z", "0001-01-01"]
)
def test_a_time_that_nobody_means_is_the_caller_s_and_no_traceback(fleet: Fleet, option: str, text: str) -> None:
    fleet.add("phone")
    path = fleet.report("phone")
    register, overlay = fleet.write()
    ran = auditor("verify", path, "--register", register, "--pack", "no-2023", "--overlay", overlay, option, text)
    assert (ran.code, ran.out) == (2, "")
    assert f"{option} {text!r}" in ran.err


@pytest.mark.parametrize("options", [("--json",), ("-v",), ()])
def test_a_file_name_that_is_no_text_or_steers_a_terminal_is_shown_as_escapes(
    fleet: Fleet, options: tuple[str, ...]
) -> None:
    fleet.add("phone")
    good = fleet.report("phone")
    hostile = [fleet.folder / os.fsdecode(name) for name in (b"good\xff\x1b[2J", b"bad\xff\x1b[2J")]
    hostile[0].write_bytes(good.read_bytes())
    hostile[1].write_bytes(b"nothing")
    ran = verify(fleet, *hostile, options=options)
    assert (ran.code, ran.err) == (1, "")
    assert "\x1b" not in ran.out
    assert "phone" in ran.out
    if "--json" in options:
        found = json.loads(ran.out)
        assert [found["devices"][0]["file"], found["rejected"][0]["file"]] == [
            str(path).replace("\udcff", "\\udcff") for path in hostile
        ]


def test_a_system_that_does_not_tell_the_allowed_cores_still_verifies(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """macOS and Windows have no `sched_getaffinity`."""
    monkeypatch.delattr(os, "sched_getaffinity")
    fleet.add("phone")
    assert verify(fleet, fleet.report("phone")).code == 0


def test_a_registered_device_without_a_file_is_listed_where_all_are_asked_for(fleet: Fleet) -> None:
    fleet.add("phone")
    fleet.add("new", extra="since = 2026-11-20\n")
    fleet.add("silent", extra="since = 2026-01-01\n")
    path = fleet.report("phone")
    assert [device["name"] for device in judged(fleet, path)[1]["devices"]] == ["phone"]
    code, found = judged(fleet, path, options=("--all",))
    assert (code, {device["name"]: device["status"] for device in found["devices"]}) == (
        3,
        {"new": "pending", "phone": "compliant", "silent": "stale"},
    )
    assert "none" in verify(fleet, path, options=("--all", "-v")).out
