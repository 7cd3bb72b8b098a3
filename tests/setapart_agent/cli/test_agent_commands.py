"""The agent's commands as typed: exit codes, files, and no traceback whatever is asked of them."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from programs import agent
from repository import REPOSITORY
from setapart_evidence.keys import PublicKey
from setapart_evidence.open import KeyBinding, VerifiedReport, open_report

DEMO = REPOSITORY / "config" / "demo"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small Linux installation with one user and one restricted package."""
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    (root / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/bash\nkari:x:1000:1000::/home/kari:/bin/bash\n")
    (root / "etc" / "machine-id").write_text("0123456789abcdef0123456789abcdef\n")
    (root / "root").mkdir()
    (root / "home" / "kari").mkdir(parents=True)
    status = root / "var" / "lib" / "dpkg" / "status"
    status.parent.mkdir(parents=True)
    status.write_text(
        "Package: telegram-desktop\nStatus: install ok installed\nVersion: 4.6.5\nArchitecture: amd64\n\n"
        "Package: bash\nStatus: install ok installed\nVersion: 5.2\nArchitecture: amd64\n\n"
    )
    return root


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "key.pem"
    assert agent("keygen", "--output", path).code == 0
    return path


def opened(path: Path, key: Path, device: str | None = None) -> VerifiedReport:
    public = PublicKey.from_pem(key.with_suffix(".pub").read_bytes())

    class Keys:
        def keys_for(self, claimed: str, station: str | None) -> tuple[KeyBinding, ...]:
            role = "station" if station else "device"
            return (KeyBinding(key=public, role=role, grade="station" if station else "agent-key"),)

    return open_report(path.read_bytes(), Keys())


def test_keygen_never_overwrites_a_key(key: Path) -> None:
    before = key.read_bytes()
    again = agent("keygen", "--output", key)
    assert again.code == 2
    assert "exists" in again.err
    assert key.read_bytes() == before


def test_keygen_is_private_under_any_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        agent("keygen", "--output", tmp_path / "k.pem")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "k.pem").stat().st_mode) == 0o600


def test_keygen_leaves_no_half_of_a_key_behind(tmp_path: Path) -> None:
    (tmp_path / "k.pub").write_text("somebody else's")
    assert agent("keygen", "--output", tmp_path / "k.pem").code == 2
    assert not (tmp_path / "k.pem").exists()


def test_a_report_opens_with_the_key_that_was_made(tree: Path, key: Path, tmp_path: Path) -> None:
    ran = agent("report", "--source", f"root:{tree}", "--key", key, "--output", tmp_path / "x.evidence")
    assert (ran.code, ran.err) == (0, "")
    report = opened(tmp_path / "x.evidence", key)
    assert report.grade == "station"
    assert [app.identifier for app in report.inventory.apps] == ["telegram-desktop"]
    assert report.inventory.withheld.apps == 1


def test_reports_of_one_device_are_one_chain(tree: Path, key: Path, tmp_path: Path) -> None:
    reports = []
    for number in (1, 2, 3):
        path = tmp_path / f"{number}.evidence"
        assert agent("report", "--source", f"root:{tree}", "--key", key, "--output", path).code == 0
        reports.append(opened(path, key))
    assert [one.predicate.observation.sequence for one in reports] == [1, 2, 3]
    assert reports[0].predicate.observation.previous is None
    assert reports[2].predicate.observation.previous == reports[1].statement_digest
    assert len({one.device for one in reports}) == 1


def test_inventory_prints_exactly_the_bytes_that_are_signed(tree: Path, key: Path, tmp_path: Path) -> None:
    source = ("--source", f"root:{tree}")
    shown = agent("inventory", *source, "--json")
    agent("report", *source, "--key", key, "--output", tmp_path / "x")
    assert shown.out.encode() == (tmp_path / "x").read_bytes().partition(b"\n")[2]


def test_inventory_writes_nothing(tree: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    assert agent("inventory", "--source", f"root:{tree}").code == 0
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_as_output_gets_one_file_named_by_the_device(key: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    source = f"bugreport:{DEMO / 'dedicated-excepted.txt'}"
    assert agent("report", "--source", source, "--key", key, "--output", out).code == 0
    (written,) = out.iterdir()
    assert written.name == f"{opened(written, key).device}.evidence"


def test_a_station_keeps_a_phones_id_without_an_authority_and_another_station_does_not(tmp_path: Path) -> None:
    ids = []
    for station in ("a", "b"):
        key = tmp_path / f"{station}.pem"
        agent("keygen", "--output", key)
        for turn in (1, 2):
            path = tmp_path / f"{station}{turn}"
            agent("report", "--source", f"bugreport:{DEMO / 'dedicated-excepted.txt'}", "--key", key, "--output", path)
            ids.append(opened(path, key).device)
    assert ids[0] == ids[1]
    assert ids[2] == ids[3]
    assert ids[0] != ids[2]
    assert all(one.startswith("local-") for one in ids)


def test_parse_shows_the_domain_and_never_the_address(tmp_path: Path) -> None:
    conf = tmp_path / "accounts.conf"
    conf.write_text(
        "[Account account_1_0]\nProvider=google\nIdentity=secret.person@agency.example\nMailEnabled=true\n"
        "CalendarEnabled=true\nContactsEnabled=true\nFilesEnabled=false\n"
    )
    ran = agent("parse", conf, "--json")
    found = json.loads(ran.out)
    assert found["kind"] == "linux.goa"
    assert found["accounts"][0]["domain"] == "agency.example"
    assert found["accounts"][0]["services"] == ["mail", "calendar", "contacts"]
    assert "secret.person" not in ran.out
    assert set(found) == {"kind", "device", "profiles", "apps", "accounts", "links", "coverage"}


def test_parse_list_names_every_kind_with_its_maturity() -> None:
    kinds = {row["kind"] for row in json.loads(agent("parse", "--list", "--json").out)}
    assert {"android.bugreport", "android.dumpsys-account", "linux.dpkg-status", "browser.firefox-extensions"} <= kinds


def test_doctor_says_what_could_not_be_seen_and_what_to_do(tmp_path: Path) -> None:
    ran = agent("doctor", "--source", f"bugreport:{DEMO / 'work-profile-unread.txt'}", "--dir", tmp_path, "--json")
    assert ran.code == 3
    found = json.loads(ran.out)
    assert {"10"} <= {profile for row in found["unseen"] for profile in row["profiles"]}
    assert all(row["cure"] for row in found["unseen"])
    assert {info["maturity"] for info in found["collectors"]} <= {"real-hardware", "captures", "untested"}


def test_reset_identity_removes_key_and_chain(key: Path, tree: Path, tmp_path: Path) -> None:
    agent("report", "--source", f"root:{tree}", "--key", key, "--output", tmp_path / "x")
    assert agent("reset-identity", "--key", key, "--yes").code == 0
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("key")] == []
    assert agent("reset-identity", "--key", key, "--yes").code == 2
    assert agent("reset-identity", "--key", key, "--for-imaging", "--yes").code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("report",),
        ("report", "--output", "x", "--key", "/does/not/exist"),
        ("report", "--output", "x", "--source", "telepathy"),
        ("inventory", "--source", "root:/does/not/exist"),
        ("inventory", "--source", "bugreport:/does/not/exist"),
        ("inventory", "--source", "androidqf:/etc"),
        ("inventory", "--bundle", "/does/not/exist"),
        ("inventory", "--bundle", "/etc/passwd"),
        ("parse",),
        ("parse", "/does/not/exist"),
        ("parse", "/etc"),
        ("parse", "/etc/passwd", "--kind", "linux.nonsense"),
        ("parse", "/etc/hostname", "--kind", "android.bugreport"),
        ("keygen", "--output", "/does/not/exist/key.pem"),
        ("keygen", "--output", "x.pub"),
        ("nonsense",),
        ("report", "--nonsense"),
    ],
    ids=" ".join,
)
def test_what_the_caller_owns_ends_in_exit_code_2_and_one_clear_message(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = agent(*arguments)
    assert ran.code == 2
    assert ran.err.strip()
    assert "Traceback" not in ran.err
    assert list(tmp_path.iterdir()) == []


def test_a_report_that_cannot_advance_the_chain_is_not_released(tree: Path, key: Path, tmp_path: Path) -> None:
    chain = tmp_path / "key.pem.chain"
    chain.write_text("not a chain")
    ran = agent("report", "--source", f"root:{tree}", "--key", key, "--output", tmp_path / "x")
    assert ran.code == 2
    assert not (tmp_path / "x").exists()


def test_a_list_of_reports_that_nobody_reads_keeps_no_device_from_being_reported(key: Path, tmp_path: Path) -> None:
    """As in `setapart-agent report … | head -1`."""
    devices = [
        {
            "name": f"enterprises/E/devices/{number}",
            "managementMode": "DEVICE_OWNER",
            "hardwareInfo": {"serialNumber": f"SERIAL{number}"},
        }
        for number in range(3)
    ]
    (tmp_path / "devices.json").write_text(json.dumps(devices))
    program = [sys.executable, "-c", "from setapart_agent.cli import main; main()"]
    options = ["--source", f"mdm:{tmp_path / 'devices.json'}", "--key", str(key), "--output", str(tmp_path / "out")]
    reader, writer = os.pipe()
    os.close(reader)
    ran = subprocess.run([*program, "report", *options], stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert len(list((tmp_path / "out").iterdir())) == 3


def test_a_part_that_is_gone_is_told_in_words_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when the package is removed or exchanged below a run."""
    monkeypatch.setitem(sys.modules, "setapart_agent.cli.doctor", None)
    ran = agent("doctor")
    assert ran.code == 2
    assert ran.err.startswith("setapart-agent: ")
    assert "setapart_agent.cli.doctor" in ran.err


def test_a_key_that_is_named_by_a_link_has_the_chain_of_the_key(tree: Path, key: Path, tmp_path: Path) -> None:
    """Two chains of one key would be two devices that pose as one."""
    link = tmp_path / "link.pem"
    link.symlink_to(key)
    sequences = []
    for number, name in enumerate((key, link)):
        path = tmp_path / str(number)
        assert agent("report", "--source", f"root:{tree}", "--key", name, "--output", path).code == 0
        sequences.append(opened(path, key).predicate.observation.sequence)
    assert sequences == [1, 2]
    assert agent("reset-identity", "--key", link, "--yes").code == 0
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("key")] == []


def test_a_folder_that_does_not_exist_as_output_is_said_and_nothing_is_lost(
    tree: Path, key: Path, tmp_path: Path
) -> None:
    ran = agent("report", "--source", f"root:{tree}", "--key", key, "--output", tmp_path / "none" / "x")
    assert ran.code == 2
    assert "can't be written" in ran.err


def test_an_old_bug_report_is_as_old_as_it_says_whenever_it_is_signed(key: Path, tmp_path: Path) -> None:
    old = tmp_path / "old.txt"
    text = (DEMO / "dedicated-excepted.txt").read_text()
    old.write_text(text.replace("2026-11-20 09:00:00", "2021-03-04 05:06:07"))
    assert agent("report", "--source", f"bugreport:{old}", "--key", key, "--output", tmp_path / "x").code == 0
    collected = opened(tmp_path / "x", key).predicate.observation.collected_at
    assert collected.strftime("%Y-%m-%d") in {"2021-03-03", "2021-03-04"}


def test_a_bug_report_that_names_no_time_is_as_old_as_its_file(key: Path, tmp_path: Path) -> None:
    undated = tmp_path / "undated.txt"
    lines = (DEMO / "dedicated-excepted.txt").read_text().splitlines()
    undated.write_text(
        "\n".join(line.partition(", ending at:")[0].replace("2026-11-20 09:00:00", "") for line in lines)
    )
    os.utime(undated, (1_600_000_000, 1_600_000_000))
    assert agent("report", "--source", f"bugreport:{undated}", "--key", key, "--output", tmp_path / "x").code == 0
    assert opened(tmp_path / "x", key).predicate.observation.collected_at.year == 2020
