"""Signing and sending for a station: under a valid policy, with a key of its own, and nothing lost on the way."""

import datetime as dt
import resource
from pathlib import Path

import pytest

import small_auditor
from programs import agent
from setapart_agent.chain import locked_chain
from setapart_agent.cli.exchange import courier_of, utc_now
from setapart_agent.cli.options import read_key
from setapart_agent.collectors.base import Collected
from setapart_agent.errors import KeyFileError, NotEnrolledError, PolicyError, SpoolError
from setapart_agent.facts import DeviceFacts, Facts
from setapart_agent.sources import SourceSpec
from setapart_agent.spool import Spool
from setapart_agent.state import BusyError
from setapart_agent.station.sender import Sender, only_station
from setapart_evidence.identity import hardware_id
from small_auditor import SmallAuditor, opened, refusal

DEVICE = DeviceFacts(platform="android", serial="S1", model="One")
COLLECTED = Collected(facts=Facts(device=DEVICE), collectors=())
SOURCE = SourceSpec(kind="adb", argument="S1")


def sender(station_home: Path, key: str = "station.pem") -> Sender:
    return Sender(
        station_home, station_home / key, read_key=read_key, courier=lambda: courier_of(station_home), clock=utc_now
    )


def test_a_report_is_signed_by_the_station_named_in_it_and_let_go_for_its_receipt(
    station_home: Path, known: SmallAuditor
) -> None:
    one = sender(station_home)
    assert one.refresh() is None
    terms = one.terms()
    kept = one.keep(COLLECTED, SOURCE, terms)
    report = opened(kept.report.raw, terms.signer.public)
    assert report.predicate.origin.station == terms.signer.public.keyid
    assert report.predicate.origin.grade == "station"
    assert kept.report.device == terms.id_of(DEVICE) == hardware_id(bytes(32), "android", "S1")
    fate = one.deliver(kept.report)
    assert fate.receipt is not None
    assert (fate.receipt.outcome, fate.receipt.sequence) == ("accepted", 1)
    assert known.taken == [kept.report.digest]
    assert Spool(station_home).reports() == ()


def test_a_phone_keeps_its_chain_and_gets_the_nonce_of_its_last_receipt(
    station_home: Path, known: SmallAuditor
) -> None:
    one = sender(station_home)
    first = one.keep(COLLECTED, SOURCE, one.terms()).report
    one.deliver(first)
    second = one.keep(COLLECTED, SOURCE, one.terms()).report
    seen = opened(second.raw, one.terms().signer.public).predicate.observation
    assert (seen.sequence, seen.previous) == (2, first.digest)
    assert seen.nonce == small_auditor.nonce("r1")


def test_a_phone_without_a_serial_has_no_id(station_home: Path) -> None:
    assert sender(station_home).terms().id_of(DeviceFacts(platform="android")) is None


def test_the_key_of_the_machine_itself_is_no_stations(station_home: Path) -> None:
    with pytest.raises(KeyFileError, match="key of this machine itself"):
        sender(station_home, "key.pem").terms()
    with pytest.raises(KeyFileError, match="no key at"):
        sender(station_home, "none.pem").terms()


def test_nobody_is_read_for_without_a_valid_policy(station_home: Path, known: SmallAuditor) -> None:
    (station_home / "bundle.json").write_bytes(
        small_auditor.bundle(1, expires_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    )
    with pytest.raises(PolicyError, match="expired on 2026-01-01"):
        sender(station_home).terms()


def test_an_auditor_without_a_policy_is_told(tmp_path: Path) -> None:
    with small_auditor.small_auditor() as bare:
        assert agent("enrol", bare.token.spelled(), "--dir", tmp_path / "G").code == 0
        with pytest.raises(PolicyError, match="no policy bundle"):
            sender(tmp_path / "G").terms()


def test_who_is_not_enrolled_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotEnrolledError):
        sender(tmp_path).terms()


def test_an_auditor_that_is_away_keeps_nobody_from_reading_and_the_report_waits(
    station_home: Path, known: SmallAuditor
) -> None:
    one = sender(station_home)
    known.script.extend([refusal(503, "full")] * 2)
    assert one.refresh() is not None
    kept = one.keep(COLLECTED, SOURCE, one.terms())
    fate = one.deliver(kept.report)
    assert fate.receipt is None
    assert fate.trouble is not None
    assert not fate.is_unknown
    assert [report.digest for report in Spool(station_home).reports()] == [kept.report.digest]
    later = one.keep(COLLECTED, SOURCE, one.terms())
    assert one.deliver(later.report).receipt is not None
    assert known.taken == [kept.report.digest, later.report.digest]


@pytest.mark.parametrize("reason", ["unknown-key", "bad-signature"])
def test_an_auditor_that_does_not_know_the_phone_or_the_station_says_so_and_the_report_waits(
    station_home: Path, known: SmallAuditor, reason: str
) -> None:
    one = sender(station_home)
    kept = one.keep(COLLECTED, SOURCE, one.terms())
    known.script.append(refusal(403, reason))
    fate = one.deliver(kept.report)
    assert fate.is_unknown
    assert len(Spool(station_home).reports()) == 1


def test_a_report_that_is_never_taken_is_put_aside_with_its_reason(station_home: Path, known: SmallAuditor) -> None:
    one = sender(station_home)
    kept = one.keep(COLLECTED, SOURCE, one.terms())
    known.script.append(refusal(400, "bad-inventory"))
    fate = one.deliver(kept.report)
    assert fate.rejection is not None
    assert fate.rejection.got == "because of bad-inventory"
    assert Spool(station_home).reports() == ()


def test_a_full_disk_keeps_nothing_and_uses_no_number(station_home: Path) -> None:
    one = sender(station_home)
    terms = one.terms()
    one.keep(COLLECTED, SOURCE, terms)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (700, before[1]))
    try:
        with pytest.raises(SpoolError, match="can't be kept"):
            one.keep(COLLECTED, SOURCE, terms)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert len(Spool(station_home).reports()) == 1
    assert one.keep(COLLECTED, SOURCE, terms).report.sequence == 2


def test_what_the_machines_own_agent_had_staged_is_not_taken_away(station_home: Path) -> None:
    """Both keep their reports in one spool; each recovers what the other's chain names."""
    one = sender(station_home)
    with locked_chain(station_home / "key.pem") as chain:
        digest = "sha256:" + "a" * 64
        Spool(station_home).stage(b"x", digest, 1, utc_now())
        chain.advance("own", 1, digest)
    one.keep(COLLECTED, SOURCE, one.terms())
    assert digest in {report.digest for report in Spool(station_home).reports()}


def test_there_is_one_station_for_a_folder(tmp_path: Path) -> None:
    with only_station(tmp_path), pytest.raises(BusyError, match="another station"), only_station(tmp_path):
        pass
    with only_station(tmp_path):
        pass
