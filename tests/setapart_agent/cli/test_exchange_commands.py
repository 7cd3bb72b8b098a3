"""enrol, report, deliver and status as typed, with an auditor on a real socket and with the real one."""

import io
import json
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

import small_auditor
from programs import agent, auditor
from service import free_port, start
from setapart_agent.membership import enrolled, read_membership
from setapart_agent.spool import Spool
from setapart_evidence.keystore import open_key
from setapart_evidence.words import words_of
from small_auditor import Scripted, SmallAuditor, opened, refusal


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "agent"


@pytest.fixture
def disk(tmp_path: Path) -> str:
    (tmp_path / "root" / "etc").mkdir(parents=True)
    (tmp_path / "root" / "etc" / "passwd").write_text("root:x:0:0::/root:/bin/sh\n")
    (tmp_path / "root" / "etc" / "machine-id").write_text("0" * 32)
    return f"root:{tmp_path / 'root'}"


def enrol(home: Path, known: SmallAuditor) -> None:
    """An agent that is a station as well: it reports the disk of another machine."""
    ran = agent("enrol", known.token.spelled(), "--dir", home)
    assert ran.code == 0, ran.err
    assert agent("keygen", "--output", home / "station.pem").code == 0


def keyid(home: Path) -> str:
    return open_key((home / "key.pem").read_bytes()).public.keyid


def test_enrol_makes_a_key_pins_the_policy_and_says_the_words(home: Path, known: SmallAuditor) -> None:
    known.bundle = small_auditor.bundle(3)
    ran = agent("enrol", known.token.spelled(), "--dir", home, "--name", "desk-17")
    assert ran.code == 0, ran.err
    assert "enrolled as desk-17" in ran.out
    assert words_of(keyid(home)) in ran.out
    assert (home / "bundle.json").read_bytes() == known.bundle
    assert small_auditor.SECRET.hex() not in (home / "auditor.json").read_text()
    for path in home.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == (0o644 if path.suffix == ".pub" else 0o600)
    again = agent("enrol", known.token.spelled(), "--dir", home)
    assert again.code == 2
    assert "enrolled already" in again.err


def test_a_token_may_come_by_standard_input_or_file(home: Path, known: SmallAuditor, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(known.token.spelled() + "\n")
    assert agent("enrol", "--token-file", tmp_path / "token", "--dir", home).code == 0


def test_an_agent_that_waits_for_an_officer_says_the_words_and_asks_again_with_the_same_request(
    home: Path, known: SmallAuditor
) -> None:
    known.state = "waiting"
    ran = agent("enrol", known.token.spelled(), "--dir", home)
    assert ran.code == 3
    assert words_of(keyid(home)) in ran.out
    assert agent("report", "--dir", home).code == 2
    assert agent("status", "--dir", home).code == 3
    known.state = "accepted"
    assert agent("enrol", "--dir", home).code == 0
    assert enrolled(home).request is None


def test_a_line_that_breaks_off_costs_no_token(home: Path, known: SmallAuditor) -> None:
    known.script.append(refusal(503, "full"))
    assert agent("enrol", known.token.spelled(), "--dir", home).code == 2
    first = read_membership(home)
    assert first is not None
    assert agent("enrol", "--dir", home).code == 0
    assert keyid(home) == enrolled(home).device


def test_a_token_that_is_refused_leaves_an_agent_that_can_take_another(home: Path, known: SmallAuditor) -> None:
    known.script.append(refusal(403, "token-refused"))
    assert agent("enrol", known.token.spelled(), "--dir", home).code == 2
    assert read_membership(home) is None
    enrol(home, known)


def test_an_answer_of_another_auditor_enrols_nobody(home: Path, known: SmallAuditor) -> None:
    with small_auditor.small_auditor() as other:
        token = small_auditor.Token(secret=small_auditor.SECRET, auditor="0" * 64, url=other.url)
        ran = agent("enrol", token.spelled(), "--dir", home)
    assert ran.code == 2
    assert "as the token says" in ran.err
    found = read_membership(home)
    assert found is not None
    assert not found.is_enrolled


def test_a_report_is_delivered_with_a_fresh_nonce_under_the_pinned_policy(
    home: Path, known: SmallAuditor, disk: str
) -> None:
    known.bundle = small_auditor.bundle(1)
    enrol(home, known)
    ran = agent("report", "--dir", home)
    assert (ran.code, ran.err) == (0, "")
    assert "delivered" in ran.out
    assert len(known.taken) == 1
    out = home / "x.evidence"
    assert agent("report", "--dir", home, "--output", out).code == 0
    report = opened(out.read_bytes(), open_key((home / "key.pem").read_bytes()).public)
    assert report.predicate.observation.nonce == enrolled(home).nonce
    assert report.predicate.disclosure.bundle == small_auditor.bundle_digest(known.bundle)
    assert report.predicate.observation.sequence == 2


def test_an_auditor_that_is_away_costs_nothing(home: Path, known: SmallAuditor, disk: str) -> None:
    enrol(home, known)
    known.script.extend([refusal(503, "full"), refusal(503, "full")])
    ran = agent("report", "--dir", home, "--source", disk)
    assert ran.code == 3
    assert "next attempt after" in ran.out
    asked = len(known.asked)
    assert agent("report", "--dir", home, "--source", disk).code == 3
    assert agent("deliver", "--dir", home).code == 3
    assert len(known.asked) == asked  # nobody asks before it is time
    assert json.loads(agent("status", "--dir", home, "--json").out)["kept"] == 2
    known.script.clear()
    ran = agent("deliver", "--dir", home, "--now", "--json")
    assert (ran.code, json.loads(ran.out)["waiting"]) == (0, 0)
    assert agent("status", "--dir", home).code == 0


def test_without_delivery_nothing_is_asked(home: Path, known: SmallAuditor, disk: str) -> None:
    enrol(home, known)
    asked = len(known.asked)
    assert agent("report", "--dir", home, "--source", disk, "--no-deliver").code == 0
    assert len(known.asked) == asked
    assert agent("deliver", "--dir", home).code == 0


def test_a_key_changes_and_the_device_stays(home: Path, known: SmallAuditor) -> None:
    enrol(home, known)
    before = keyid(home)
    agent("report", "--dir", home)
    ran = agent("enrol", "--rotate", "--dir", home)
    assert ran.code == 0, ran.err
    assert keyid(home) != before
    assert enrolled(home).device == before
    assert not (home / "key.pem.new").exists()
    out = home / "x.evidence"
    agent("report", "--dir", home, "--output", out)
    report = opened(out.read_bytes(), open_key((home / "key.pem").read_bytes()).public)
    # The sequence goes on: the auditor files by key, and may have a report of the old sequence under the new one.
    assert (report.device, report.predicate.observation.sequence) == (before, 2)


@pytest.mark.parametrize("answer", [refusal(503, "full"), Scripted(body=b"{}")], ids=["away", "nonsense"])
def test_a_change_of_keys_that_is_not_answered_keeps_both_and_is_finished_later(
    home: Path, known: SmallAuditor, answer: Scripted
) -> None:
    enrol(home, known)
    before = keyid(home)
    known.script.append(answer)
    assert agent("enrol", "--rotate", "--dir", home).code == 2
    assert keyid(home) == before
    assert (home / "key.pem.new").exists()
    assert agent("report", "--dir", home).code == 0  # finishes it first
    assert keyid(home) != before
    assert enrolled(home).rotation is None


def test_a_refused_change_of_keys_leaves_the_old_key(home: Path, known: SmallAuditor) -> None:
    enrol(home, known)
    before = keyid(home)
    known.script.append(refusal(409, "conflict"))
    assert agent("enrol", "--rotate", "--dir", home).code == 2
    assert (keyid(home), (home / "key.pem.new").exists(), enrolled(home).rotation) == (before, False, None)


def test_everything_by_files_alone(home: Path, known: SmallAuditor, tmp_path: Path, disk: str) -> None:
    token = small_auditor.Token(secret=small_auditor.SECRET, auditor=small_auditor.SIGNER.public.keyid, url="")
    known.bundle = small_auditor.bundle(1)
    (tmp_path / "policy").write_bytes(known.bundle)
    assert agent("enrol", token.spelled(), "--dir", home).code == 2  # it says how
    assert agent("enrol", token.spelled(), "--dir", home, "--output", tmp_path / "request").code == 3
    (tmp_path / "answer").write_bytes(known.on_enrol((tmp_path / "request").read_bytes()))
    ran = agent("enrol", "--answer", tmp_path / "answer", "--bundle", tmp_path / "policy", "--dir", home)
    assert ran.code == 0, ran.err
    assert agent("keygen", "--output", home / "station.pem").code == 0
    assert agent("report", "--dir", home, "--source", disk, "--no-deliver").code == 0
    assert agent("deliver", "--dir", home, "--output", tmp_path / "out").code == 0
    (carried,) = (tmp_path / "out").iterdir()
    (tmp_path / "out" / "x.receipt").write_bytes(known.receipt_of(carried.read_bytes()))
    known.bundle = small_auditor.bundle(2)
    (tmp_path / "out" / "policy").write_bytes(known.bundle)
    assert len(Spool(home).reports()) == 1
    ran = agent("deliver", "--dir", home, "--receipts", tmp_path / "out")
    assert (ran.code, len(Spool(home).reports())) == (0, 0), ran.err
    assert (home / "bundle.json").read_bytes() == known.bundle


def test_what_status_prints_begins_with_what_it_found(home: Path, known: SmallAuditor) -> None:
    enrol(home, known)
    assert agent("status", "--dir", home).out.splitlines()[0].split() == ["state", "enrolled"]


def test_reset_identity_forgets_the_enrolment_as_well(home: Path, known: SmallAuditor, disk: str) -> None:
    enrol(home, known)
    agent("report", "--dir", home, "--source", disk, "--no-deliver")
    assert agent("reset-identity", "--for-imaging", "--yes", "--dir", home).code == 0
    assert list(home.iterdir()) == []


def test_an_image_of_a_station_holds_no_key_of_it(
    home: Path, known: SmallAuditor, disk: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrol(home, known)
    assert agent("report", "--dir", home, "--source", disk, "--no-deliver").code == 0
    for name in ("station.log", "station.log.1", "station.lock"):  # what the guided station leaves
        (home / name).write_text("")
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    refused = agent("reset-identity", "--dir", home)
    assert refused.code == 1
    assert "station.pem, station.pub, station.pem.chain" in refused.out
    assert (home / "station.pem").exists()
    (home / "key.pem").unlink()  # half of it was done before
    ran = agent("reset-identity", "--for-imaging", "--yes", "--dir", home)
    assert (ran.code, list(home.iterdir())) == (0, [])
    assert "station.log.1" in ran.out


def test_a_stations_key_that_is_a_link_is_removed_where_it_is_and_named(home: Path, known: SmallAuditor) -> None:
    enrol(home, known)
    elsewhere = home.parent / "keys"
    elsewhere.mkdir()
    (home / "station.pem").rename(elsewhere / "station.pem")
    (home / "station.pem").symlink_to(elsewhere / "station.pem")
    ran = agent("reset-identity", "--yes", "--dir", home)
    assert (ran.code, list(elsewhere.iterdir())) == (0, [])
    assert str(elsewhere / "station.pem") in ran.out


def test_two_agents_at_once_make_one_chain_and_deliver_each_report_once(
    home: Path, known: SmallAuditor, disk: str
) -> None:
    enrol(home, known)
    command = [sys.executable, "-m", "setapart_agent", "report", "--dir", str(home), "--source", disk]
    running = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(4)]
    assert [process.wait(60) for process in running] == [0, 0, 0, 0]
    assert len(known.taken) == known.asked.count("/v1/report") == 4


def test_killed_while_it_delivers_nothing_is_lost(home: Path, known: SmallAuditor, disk: str) -> None:
    enrol(home, known)
    for _ in range(3):
        agent("report", "--dir", home, "--source", disk, "--no-deliver", "--quiet")
    for turn in range(4):
        process = subprocess.Popen([sys.executable, "-m", "setapart_agent", "deliver", "--dir", str(home)],
                                   stdout=subprocess.DEVNULL)  # fmt: skip
        before = len(known.asked)
        until = time.monotonic() + 20
        while len(known.asked) == before and process.poll() is None and time.monotonic() < until:
            time.sleep(0.001)
        time.sleep(0.002 * turn)
        process.kill()
        process.wait()
    agent("deliver", "--dir", home, "--now")
    assert Spool(home).reports() == ()
    assert len(known.taken) == 3


def test_the_real_auditor_takes_what_the_agent_kept_while_it_was_away(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "auditor"
    assert auditor("init", "--dir", folder).code == 0
    assert auditor("device", "add", "desk-17", "--class", "ordinary", "--holder", "h1", "--dir", folder).code == 0
    port = free_port()
    ran = auditor("device", "token", "desk-17", "--url", f"http://127.0.0.1:{port}", "--dir", folder)
    assert ran.code == 0, ran.err
    token = next(word for word in ran.out.split() if word.startswith("spt1."))
    service = start(folder, port=port)
    try:
        ran = agent("enrol", token, "--dir", home)
        assert ran.code == 0, ran.err
        assert "policy bundle" in ran.out
        assert agent("report", "--dir", home).code == 0
        service.kill()
        ran = agent("report", "--dir", home)
        assert ran.code == 3
        assert len(Spool(home).reports()) == 1
        service = start(folder, port=port)
        ran = agent("deliver", "--dir", home, "--now")
        assert ran.code == 0, ran.err
        ran = agent("enrol", "--rotate", "--dir", home)
        assert ran.code == 0, ran.err
        ran = agent("report", "--dir", home)
        assert ran.code == 0, ran.out + ran.err
        assert agent("status", "--dir", home).code == 0
    finally:
        service.stop()


def test_an_expired_bundle_among_carried_receipts_keeps_no_receipt_from_being_taken(
    home: Path, known: SmallAuditor, tmp_path: Path, disk: str
) -> None:
    enrol(home, known)
    assert agent("report", "--dir", home, "--source", disk, "--no-deliver").code == 0
    (report,) = Spool(home).reports()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a-bundle").write_bytes(small_auditor.bundle(1, expires_at=small_auditor.NOW))
    (tmp_path / "in" / "b-receipt").write_bytes(known.receipt_of(report.path.read_bytes()))
    ran = agent("deliver", "--dir", home, "--receipts", tmp_path / "in")
    assert (ran.code, Spool(home).reports()) == (0, ())
    assert "a-bundle: a policy bundle that expired" in ran.err
