"""Delivery: a report is let go for its own receipt alone, and nothing that comes back changes who the auditor is."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import small_auditor
from evidence_factory import DEVICE_ID, DEVICE_SIGNER, NOW, make_evidence
from setapart_agent.deliver import Courier
from setapart_agent.delivery_record import read_record
from setapart_agent.errors import KeyFileError, NetworkError, RefusedError, TrustError
from setapart_agent.http import Client
from setapart_agent.membership import BUNDLE_FILE, LEFT_FILE, Membership, enrolled, write_membership
from setapart_agent.questions import keep_question, make_question
from setapart_agent.receipts import last_receipt, nonce_for
from setapart_agent.spool import Spool
from setapart_evidence.enrolment import encoded_key
from setapart_evidence.envelope import parse, split
from setapart_evidence.errors import EvidenceError
from setapart_evidence.keys import Ed25519Signer
from setapart_evidence.receipt import Receipt, make_receipt
from setapart_evidence.statement import digest
from small_auditor import SIGNER, Scripted, SmallAuditor, nonce, refusal

OTHER = Ed25519Signer(bytes(range(9, 41)))


@dataclass
class World:
    """A state folder, the auditor that it belongs to, and the time."""

    folder: Path
    auditor: SmallAuditor
    now: dt.datetime = NOW
    key_is_closed: bool = False

    def signer(self) -> Ed25519Signer:
        if self.key_is_closed:
            raise KeyFileError("key.pem can't be read: Permission denied")
        return DEVICE_SIGNER

    def courier(self) -> Courier:
        return Courier(
            self.folder,
            enrolled(self.folder),
            connect=lambda: Client(self.auditor.url, seconds=5),
            signer=self.signer,
            clock=lambda: self.now,
            draw=lambda: 1.0,
        )

    def run(self, call: Callable[[Courier], object]) -> object:
        courier = self.courier()
        try:
            return call(courier)
        finally:
            courier.close()

    def deliver(self) -> object:
        return self.run(Courier.deliver)

    @property
    def kept(self) -> list[int]:
        return [report.sequence for report in Spool(self.folder).reports()]

    def keep(self, *sequences: int, **fields: object) -> list[bytes]:
        spool, made = Spool(self.folder), []
        for sequence in sequences:
            raw = make_evidence(sequence=sequence, **fields)
            statement = digest(parse(split(raw)[0]).payload_bytes())
            spool.release(spool.stage(raw, statement, sequence, NOW), NOW)
            made.append(raw)
        return made


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with small_auditor.small_auditor() as auditor:
        known = Membership(
            state="enrolled",
            url=auditor.url,
            auditor=SIGNER.public.keyid,
            authority=encoded_key(SIGNER.public),
            device=DEVICE_ID,
            name="desk",
            nonce=nonce("first"),
            nonce_at=NOW,
        )
        write_membership(tmp_path, known)
        yield World(tmp_path, auditor)


def test_reports_go_out_oldest_first_and_the_receipt_brings_the_next_nonce(world: World) -> None:
    world.keep(1, 2, 3)
    outcome = world.deliver()
    assert [report.sequence for report in outcome.delivered] == [1, 2, 3]  # type: ignore[attr-defined]
    assert world.kept == []
    assert enrolled(world.folder).nonce == nonce("r3")
    receipt = last_receipt(world.folder, DEVICE_ID, SIGNER.public)
    assert receipt is not None
    assert receipt.sequence == 3


def made_for(device: str, raw: bytes) -> bytes:
    """A receipt over a report that names another device than that."""
    statement = digest(parse(split(raw)[0]).payload_bytes())
    receipt = Receipt(device=device, sequence=1, received_at=NOW, outcome="accepted", nonce=nonce("x"), log_index=0)
    return make_receipt(receipt, statement, "sha256:" + "1" * 64, SIGNER)


@pytest.mark.parametrize(
    "what", ["altered", "of-another-auditor", "of-another-report", "of-another-device", "html", "the-report-itself"]
)
def test_a_report_is_kept_for_anything_but_its_own_receipt(world: World, what: str) -> None:
    (raw,) = world.keep(1)
    good = world.auditor.receipt_of(raw)
    body = {
        "altered": good.replace(b'"payload":"ey', b'"payload":"eY'),
        "of-another-auditor": world.auditor.receipt_of(raw, OTHER),
        "of-another-report": world.auditor.receipt_of(make_evidence(sequence=9)),
        "of-another-device": made_for("hw-another", raw),
        "html": b"<html>received, thank you</html>",
        "the-report-itself": raw,
    }[what]
    world.auditor.script.append(Scripted(body=body))
    outcome = world.deliver()
    assert isinstance(outcome.trouble, TrustError)  # type: ignore[attr-defined]
    assert world.kept == [1]
    assert last_receipt(world.folder, DEVICE_ID, SIGNER.public) is None
    assert enrolled(world.folder).nonce == nonce("first")
    world.deliver()
    assert world.kept == []


@pytest.mark.parametrize(
    "scripted",
    [
        refusal(401, "unknown-key"),
        refusal(401, "bad-signature"),
        refusal(403, "not-allowed"),
        refusal(404, "not-found"),
        refusal(409, "conflict"),
        refusal(400, "bad-request"),
        refusal(408, "too-slow"),
        refusal(429, "too-many", Retry_After="60"),
        refusal(503, "full", Retry_After="60"),
        refusal(500, "internal"),
        Scripted(400, b"<html>a proxy's own page</html>"),
        Scripted(413, b"<html>a proxy's own page</html>"),
        Scripted(204),
        Scripted(302, headers={"Location": "https://elsewhere.example/"}),
    ],
    ids=lambda one: f"{one.status}-{len(one.body)}",
)
def test_no_status_loses_a_report_or_makes_an_agent_enrol(world: World, scripted: Scripted) -> None:
    before = (world.folder / "auditor.json").read_bytes()
    world.keep(1)
    world.auditor.script.append(scripted)
    outcome = world.deliver()
    assert isinstance(outcome.trouble, RefusedError | NetworkError)  # type: ignore[attr-defined]
    assert world.kept == [1]
    assert (world.folder / "auditor.json").read_bytes() == before
    assert world.auditor.asked == ["/v1/report"]


def test_an_auditor_that_is_away_is_waited_for_longer_each_time(world: World) -> None:
    world.keep(1)
    waits = []
    for _ in range(3):
        world.auditor.script.append(refusal(503, "full"))
        outcome = world.deliver()
        waits.append((outcome.next_at - world.now).total_seconds())  # type: ignore[attr-defined]
    assert waits == [30, 60, 120]
    assert not world.courier().is_due()
    world.now += dt.timedelta(seconds=121)
    assert world.courier().is_due()
    world.deliver()
    assert (world.kept, read_record(world.folder).failures, read_record(world.folder).trouble) == ([], 0, None)


def test_retry_after_is_waited_for(world: World) -> None:
    world.keep(1)
    world.auditor.script.append(refusal(429, "too-many", Retry_After="600"))
    outcome = world.deliver()
    assert outcome.next_at == world.now + dt.timedelta(seconds=630)  # type: ignore[attr-defined]


def test_what_the_auditor_will_never_take_is_put_aside_with_its_reason_and_holds_up_nothing(world: World) -> None:
    world.keep(1, 2)
    world.auditor.script.append(refusal(400, "bad-statement"))
    world.deliver()
    spool = Spool(world.folder)
    assert (world.kept, [one.sequence for one in spool.rejected()]) == ([], [1])
    why = spool.rejection(spool.rejected()[0])
    assert why is not None
    assert why.reason == "bad-statement"


def test_one_report_that_the_auditor_fails_at_holds_up_no_other(world: World) -> None:
    world.keep(1, 2, 3)
    world.auditor.script.append(refusal(500, "internal"))
    world.deliver()
    assert world.kept == [1]


def test_a_stations_unknown_phone_holds_up_no_other_device(world: World) -> None:
    world.keep(1, 2, device="hw-unknown", station=DEVICE_ID, grade="station")
    world.keep(3)
    world.auditor.script.append(refusal(401, "unknown-key"))
    world.deliver()
    assert world.kept == [1, 2]
    assert len(world.auditor.asked) == 2


def test_what_a_station_signed_is_never_taken_for_a_former_key_of_this_machine(world: World) -> None:
    """Not even about this machine itself: a station may have read its disk."""
    world.keep(1, device="hw-keyed", station=OTHER.public.keyid, grade="station", signer=OTHER)
    world.keep(2, station=OTHER.public.keyid, grade="station", signer=OTHER)
    world.auditor.script.extend([refusal(401, "bad-signature")] * 2)
    world.deliver()
    assert (world.kept, Spool(world.folder).rejected()) == ([1, 2], ())
    world.deliver()
    assert world.kept == []


def test_a_stations_reports_that_are_not_taken_yet_hold_up_no_other_device(world: World) -> None:
    world.keep(*range(1, 9), device="hw-keyed", station=OTHER.public.keyid, grade="station", signer=OTHER)
    world.keep(9)
    world.auditor.script.extend([refusal(401, "bad-signature")] * 3)
    world.deliver()
    assert world.kept == [1, 2, 3, 4, 5, 6, 7, 8]
    assert len(world.auditor.asked) == 4, "a device that is refused thrice is not asked for again in this delivery"


def test_one_damaged_signature_of_a_stations_report_holds_up_none_of_the_device(world: World) -> None:
    world.keep(1, 2, device="hw-1", station=OTHER.public.keyid, grade="station", signer=OTHER)
    world.auditor.script.append(refusal(401, "bad-signature"))
    world.deliver()
    assert world.kept == [1]


def test_a_file_that_was_damaged_is_put_aside_and_never_sent(world: World) -> None:
    world.keep(1, 2)
    Spool(world.folder).reports()[0].path.write_bytes(b"\0" * 500)
    world.deliver()
    assert (world.kept, len(world.auditor.asked), len(Spool(world.folder).rejected())) == ([], 1, 1)


def test_a_report_of_a_key_that_was_changed_is_put_aside_when_the_auditor_refuses_it(world: World) -> None:
    world.keep(1, signer=OTHER)
    world.auditor.script.append(refusal(401, "bad-signature"))
    world.deliver()
    assert (world.kept, len(Spool(world.folder).rejected())) == ([], 1)


def test_an_older_receipt_never_brings_an_older_nonce_back(world: World) -> None:
    world.keep(1, 2)
    world.deliver()
    world.keep(3)
    world.auditor.now = NOW - dt.timedelta(hours=1)
    world.deliver()
    assert enrolled(world.folder).nonce == nonce("r2")


def test_a_nonce_is_used_for_the_device_alone_that_it_was_issued_to(world: World) -> None:
    world.keep(1, device="hw-phone", station=DEVICE_ID, grade="station")
    world.deliver()
    known = enrolled(world.folder)
    assert nonce_for(world.folder, known, "hw-phone") == nonce("r1")
    assert nonce_for(world.folder, known, DEVICE_ID) == nonce("first")
    assert nonce_for(world.folder, known, "hw-another") is None


def test_a_challenge_brings_a_fresh_nonce_and_one_of_somebody_else_does_not(world: World) -> None:
    world.auditor.script.append(Scripted(body=b"{}"))
    assert isinstance(world.run(Courier.refresh), TrustError)
    assert enrolled(world.folder).nonce == nonce("first")
    assert world.run(Courier.refresh) is None
    assert enrolled(world.folder).nonce == nonce("n2")


def test_a_receipt_that_was_carried_here_lets_go_of_its_report_alone(world: World) -> None:
    first, second = world.keep(1, 2)
    with pytest.raises(EvidenceError):
        world.run(lambda courier: courier.take_receipt(world.auditor.receipt_of(first, OTHER)))
    assert world.run(lambda courier: courier.take_receipt(world.auditor.receipt_of(make_evidence(sequence=9)))) is None
    assert world.kept == [1, 2]
    world.run(lambda courier: courier.take_receipt(world.auditor.receipt_of(second)))
    assert world.kept == [1]


def test_a_new_policy_bundle_is_fetched_after_the_reports(world: World) -> None:
    world.auditor.bundle = small_auditor.bundle(2)
    world.keep(1)
    world.deliver()
    assert (world.folder / BUNDLE_FILE).read_bytes() == world.auditor.bundle
    assert world.auditor.asked == ["/v1/report", "/v1/request"]


def test_what_is_kept_from_the_key_delivers_and_fetches_the_bundle_by_a_question_of_before(world: World) -> None:
    world.auditor.bundle = small_auditor.bundle(2)
    world.key_is_closed = True
    world.keep(1)
    world.deliver()
    trouble = read_record(world.folder).bundle_trouble
    assert world.kept == []
    assert trouble is not None
    assert "Permission denied" in trouble.got
    keep_question(world.folder, make_question(enrolled(world.folder), DEVICE_SIGNER, NOW))
    world.deliver()
    assert (world.folder / LEFT_FILE).read_bytes() == world.auditor.bundle
    assert not (world.folder / BUNDLE_FILE).exists(), "what is kept from the key pins no policy"
    assert read_record(world.folder).bundle_trouble is None
    asked = len(world.auditor.asked)
    world.deliver()
    assert len(world.auditor.asked) == asked, "a bundle that waits to be pinned would be fetched again and again"


def test_what_is_kept_from_the_key_changes_nothing_but_the_spool_and_what_came_back(world: World) -> None:
    keep_question(world.folder, make_question(enrolled(world.folder), DEVICE_SIGNER, NOW))
    world.auditor.bundle = small_auditor.bundle(2)
    world.key_is_closed = True
    world.keep(1, 2)
    before = {path.name: path.read_bytes() for path in world.folder.iterdir() if path.is_file()}
    world.auditor.script.append(refusal(400, "bad-statement"))
    world.deliver()
    after = {path.name: path.read_bytes() for path in world.folder.iterdir() if path.is_file()}
    assert after == before
    assert enrolled(world.folder).nonce == nonce("r1")


def test_what_is_kept_from_the_key_puts_nothing_aside_that_it_can_not_judge(world: World) -> None:
    world.key_is_closed = True
    world.keep(1, signer=OTHER)
    world.auditor.script.append(refusal(401, "bad-signature"))
    world.deliver()
    assert (world.kept, Spool(world.folder).rejected()) == ([1], ())
    keep_question(world.folder, make_question(enrolled(world.folder), DEVICE_SIGNER, NOW))
    world.auditor.script.append(refusal(401, "bad-signature"))
    world.deliver()
    assert (world.kept, len(Spool(world.folder).rejected())) == ([], 1)


def test_a_carried_receipt_is_not_blamed_for_a_report_that_was_damaged_here(world: World) -> None:
    (raw,) = world.keep(1)
    Spool(world.folder).reports()[0].path.write_bytes(b"x")
    receipt = world.auditor.receipt_of(raw)
    assert world.run(lambda courier: courier.take_receipt(receipt)) is None
    assert world.kept == [1]
