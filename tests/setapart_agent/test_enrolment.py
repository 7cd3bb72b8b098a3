"""Enrolment and changes of keys: whenever they are interrupted, a working agent is left."""

from pathlib import Path

import pytest

import setapart_agent.enrolment as tested
from evidence_factory import NOW
from programs import agent
from setapart_agent.errors import AgentError, NotEnrolledError
from setapart_agent.facts import DeviceFacts
from setapart_agent.http import Client
from setapart_agent.membership import Membership, enrolled
from setapart_agent.spool import Spool
from setapart_evidence.enrolment import read_enrolment
from setapart_evidence.keys import Ed25519Signer, PublicKey
from setapart_evidence.keystore import make_key, open_key
from small_auditor import SmallAuditor, refusal

BUGREPORT = f"bugreport:{Path(__file__).parents[2] / 'config' / 'demo' / 'work-profile-unread.txt'}"
LINUX = DeviceFacts(platform="linux", serial="S1")


class Died(BaseException):
    """The agent dies here."""


def keyid(home: Path) -> str:
    return open_key((home / "key.pem").read_bytes()).public.keyid


def connect(membership: Membership) -> Client:
    return Client(membership.url)


def begin_rotation(home: Path) -> None:
    tested.ask_to_rotate(home, open_key((home / "key.pem").read_bytes()), lambda: make_key("file"), NOW)


def test_the_request_names_the_auditor_and_is_signed_by_the_new_key(tmp_path: Path, known: SmallAuditor) -> None:
    signer = Ed25519Signer(bytes(32))
    found = tested.ask_to_enrol(tmp_path, known.token, signer, LINUX, name="n" * 999, ca=None, now=NOW)
    assert found.request is not None
    message, key = read_enrolment(found.request.encode())
    assert key == signer.public
    assert message.predicate.auditor == known.token.auditor
    assert (message.predicate.serial, message.predicate.platform, message.predicate.hardware) == ("S1", "linux", False)


def test_a_machine_of_no_known_platform_is_refused(tmp_path: Path, known: SmallAuditor) -> None:
    with pytest.raises(AgentError, match="platform"):
        tested.ask_to_enrol(tmp_path, known.token, Ed25519Signer(bytes(32)), DeviceFacts(), name="x", ca=None, now=NOW)


def test_nothing_that_waits_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotEnrolledError):
        tested.send_request(tmp_path, connect)


@pytest.mark.parametrize("where", ["sync_folder", "write_new", "write_membership"])
def test_an_agent_that_dies_while_its_key_changes_ends_it_the_next_time(
    home: Path, known: SmallAuditor, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    before = keyid(home)
    agent("report", "--dir", home)
    begin_rotation(home)

    def die(*_: object, **__: object) -> None:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(tested, where, die)
        with pytest.raises(Died):
            tested.send_rotation(home, connect)
    assert agent("deliver", "--dir", home).code == 0
    after = keyid(home)
    assert after != before
    assert PublicKey.from_pem((home / "key.pub").read_bytes()).keyid == after
    assert (enrolled(home).rotation, enrolled(home).device) == (None, before)
    assert agent("report", "--dir", home).code == 0
    assert open_key((home / "key.pem").read_bytes()).public.keyid == after


def test_a_new_key_that_was_lost_before_the_auditor_heard_of_it_is_made_again(home: Path, known: SmallAuditor) -> None:
    begin_rotation(home)
    first = enrolled(home).rotation
    begin_rotation(home)
    assert enrolled(home).rotation == first  # the same bytes are sent again
    (home / "key.pem.new").unlink()
    assert agent("report", "--dir", home).code == 0
    assert "/v1/rotate" not in known.asked
    begin_rotation(home)
    assert enrolled(home).rotation != first
    assert (home / "key.pem.new").exists()


def test_a_key_with_undelivered_reports_is_not_changed(home: Path) -> None:
    agent("report", "--dir", home, "--no-deliver")
    with pytest.raises(AgentError, match="not delivered"):
        begin_rotation(home)
    assert not (home / "key.pem.new").exists()


def test_a_stations_report_that_waits_for_its_phone_to_be_registered_stops_no_change_of_the_machines_key(
    home: Path, known: SmallAuditor
) -> None:
    before = keyid(home)
    assert agent("keygen", "--output", home / "station.pem").code == 0
    assert agent("report", "--source", BUGREPORT, "--dir", home, "--no-deliver").code == 0
    known.script.append(refusal(401, "unknown-key"))
    ran = agent("enrol", "--rotate", "--dir", home)
    assert ran.code == 0, ran.err
    assert keyid(home) != before
    (report,) = Spool(home).reports()
    assert agent("deliver", "--now", "--dir", home).code == 0
    assert known.taken == [report.digest]


def test_a_report_that_an_agent_that_died_had_begun_is_not_left_to_the_old_key(home: Path) -> None:
    agent("report", "--dir", home, "--no-deliver")
    (report,) = Spool(home).reports()
    report.path.rename(report.path.with_name(f".{report.name}"))  # as it lies before it is released
    with pytest.raises(AgentError, match="not delivered"):
        begin_rotation(home)


def test_a_damaged_report_stops_a_change_of_keys_until_it_is_put_aside(home: Path) -> None:
    agent("report", "--dir", home, "--no-deliver")
    Spool(home).reports()[0].path.write_bytes(b"damaged")
    with pytest.raises(AgentError, match="not delivered"):
        begin_rotation(home)
    agent("deliver", "--now", "--dir", home)
    begin_rotation(home)
    assert (home / "key.pem.new").exists()
