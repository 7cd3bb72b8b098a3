"""`setapart-agent report` of a device that is not this machine: the station's key signs, and the auditor takes it."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import small_auditor
from programs import Ran, agent
from replay_adbd import ReplayAdbd
from setapart_agent.chain import locked_chain
from setapart_agent.cli.exchange import utc_now
from setapart_agent.spool import Spool
from setapart_evidence.keys import PublicKey
from setapart_evidence.keystore import open_key
from small_auditor import SmallAuditor, opened
from station_world import World, phone_with, world

DEMO = Path(__file__).parents[3] / "config" / "demo"
BUGREPORT = f"bugreport:{DEMO / 'work-profile-unread.txt'}"
SERIAL = "DEMO3FIELD"


@pytest.fixture
def home(tmp_path: Path, known: SmallAuditor) -> Path:
    known.bundle = small_auditor.bundle(1)
    folder = tmp_path / "G"
    assert agent("enrol", known.token.spelled(), "--dir", folder).code == 0
    return folder


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A station that is registered."""
    with world(tmp_path_factory.mktemp("report")) as made:
        made.add_station()
        yield made


def typed(made: World, *words: object) -> Ran:
    """The agent in a process of its own, with the station's adb and temporary files."""
    done = subprocess.run(
        [sys.executable, "-m", "setapart_agent", *map(str, words), "--dir", str(made.home)],
        env=made.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return Ran(done.returncode, done.stdout, done.stderr)


def public(home: Path, name: str) -> PublicKey:
    return open_key((home / name).read_bytes()).public


def test_a_bug_report_is_delivered_by_the_stations_key(station: World) -> None:
    station.add_phone("by-bugreport", SERIAL)
    ran = typed(station, "report", "--source", BUGREPORT)
    assert ran.code == 0, ran.out + ran.err
    (report,) = station.reports("by-bugreport")
    assert (report["source"], report["grade"], report["outcome"]) == ("bugreport", "imported", "accepted")
    assert station.spool == []


@pytest.mark.needs("adb")
def test_a_phone_by_adb_is_delivered_and_goes_on_with_the_chain_of_the_guided_station(station: World) -> None:
    station.add_phone("by-adb", "BYADB001")
    with ReplayAdbd(shell=phone_with(serialno="BYADB001")) as device:
        with station.station("--once", "--yes", "--source", f"adb:{device.address}") as terminal:
            terminal.expect("Read this phone?")
            terminal.type("yes\n")
            assert terminal.end() == 0
        ran = typed(station, "report", "--source", f"adb:{device.address}")
    assert ran.code == 0, ran.out + ran.err
    found = [(one["sequence"], one["grade"], one["outcome"]) for one in station.reports("by-adb")]
    assert found == [(1, "station", "accepted"), (2, "station", "accepted")]


def test_this_machine_goes_on_signing_with_its_own_key(station: World) -> None:
    assert typed(station, "report").code == 0
    assert station.reports("helpdesk")[0]["grade"] == "agent-key"


@pytest.mark.needs("adb")
def test_without_a_stations_key_nothing_is_read_or_asked_and_the_cure_is_said(home: Path, known: SmallAuditor) -> None:
    asked = len(known.asked)
    with ReplayAdbd(shell=phone_with(serialno="NOKEY001")) as device:
        ran = agent("report", "--source", f"adb:{device.address}", "--dir", home)
        assert device.ran == []
    assert (ran.code, ran.out, len(known.asked)) == (2, "", asked)
    assert f"setapart-agent keygen --output {home / 'station.pem'}" in ran.err
    assert "setapart-auditor device station add" in ran.err


def test_the_key_of_the_machine_itself_signs_for_no_other_device(home: Path) -> None:
    (home / "station.pem").write_bytes((home / "key.pem").read_bytes())
    ran = agent("report", "--source", BUGREPORT, "--dir", home)
    assert ran.code == 2
    assert "key of this machine itself" in ran.err


def test_what_is_carried_by_hand_from_an_enrolled_folder_is_the_stations_as_well(home: Path, tmp_path: Path) -> None:
    assert agent("keygen", "--output", home / "station.pem").code == 0
    ran = agent("report", "--source", BUGREPORT, "--dir", home, "--output", tmp_path / "x.evidence")
    assert ran.code == 0, ran.err
    report = opened((tmp_path / "x.evidence").read_bytes(), public(home, "station.pem"))
    assert report.predicate.origin.station == public(home, "station.pem").keyid
    assert report.device.startswith("hw-")


def test_while_a_change_of_keys_waits_it_does_not_sign_for_phones(home: Path, known: SmallAuditor) -> None:
    from setapart_evidence.envelope import parse, split

    assert agent("keygen", "--output", home / "station.pem").code == 0
    known.script.append(small_auditor.refusal(503, "full"))
    assert agent("enrol", "--rotate", "--dir", home).code == 2
    assert agent("report", "--source", BUGREPORT, "--dir", home, "--no-deliver").code == 0
    (report,) = Spool(home).reports()
    signed_by = {one.keyid for one in parse(split(report.path.read_bytes())[0]).signatures}
    assert signed_by == {public(home, "station.pem").keyid}


@pytest.mark.parametrize("source", ["local", BUGREPORT], ids=["this-machine", "a-phone"])
@pytest.mark.parametrize("key", ["key.pem", "station.pem"])
def test_what_an_agent_or_a_station_that_died_had_on_its_chain_is_kept_by_the_next_report(
    home: Path, source: str, key: str
) -> None:
    assert agent("keygen", "--output", home / "station.pem").code == 0
    digest = "sha256:" + "a" * 64
    with locked_chain(home / key) as chain:
        Spool(home).stage(b"x", digest, 1, utc_now())
        chain.advance("hw-1", 1, digest)
    ran = agent("report", "--source", source, "--dir", home, "--no-deliver")
    assert ran.code == 0, ran.err
    assert digest in {report.digest for report in Spool(home).reports()}


def test_a_device_with_a_key_of_its_own_costs_a_station_that_is_not_registered_yet_no_report(tmp_path: Path) -> None:
    """The auditor then knows a key for the device, and says that the signature is bad, not that the key is unknown."""
    (tmp_path / "disk" / "etc").mkdir(parents=True)
    (tmp_path / "disk" / "etc" / "passwd").write_text("root:x:0:0::/root:/bin/sh\n")
    (tmp_path / "disk" / "etc" / "machine-id").write_text("7" * 32)
    with world(tmp_path) as made:
        made.add_phone("keyed", "7" * 32, "linux")
        token = made.auditor("device", "token", "keyed", "--url", made.service.url).strip()
        enrolled = agent("enrol", token, "--dir", tmp_path / "laptop")
        assert enrolled.code == 0, enrolled.err
        ran = typed(made, "report", "--source", f"root:{tmp_path / 'disk'}")
        assert "no signature verifies" in ran.out
        assert (ran.code, len(Spool(made.home).reports()), Spool(made.home).rejected()) == (3, 1, ()), ran.out
        assert len(made.reports("helpdesk")) == 0
        assert typed(made, "report", "--no-deliver").code == 0
        assert typed(made, "deliver", "--now").code == 3
        assert len(made.reports("helpdesk")) == 1, "what waits holds up no report of the machine itself"
        made.add_station()
        ran = typed(made, "deliver", "--now")
        assert (ran.code, Spool(made.home).reports()) == (0, ()), ran.out + ran.err
        assert [report["source"] for report in made.reports("keyed")] == ["root"]
