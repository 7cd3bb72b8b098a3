"""The intake, message by message, on both databases."""

import base64
import json

import pytest
from sqlalchemy import select

import intakes
from evidence_factory import DEVICE_ID, DEVICE_SIGNER, NOW, STATION_SIGNER, make_evidence
from intakes import SECONDS, chain_of, digest_of, is_irregular, register, running, set_state, stored, take
from setapart_auditor.errors import NotAllowedError
from setapart_auditor.installation import Installation
from setapart_auditor.intake.peek import claim_of
from setapart_auditor.intake.service import IntakeFull, TooManyError
from setapart_auditor.register.database import bind_key
from setapart_auditor.store.schema import current, device, evidence, inventory, rejection
from setapart_evidence.bundle import read_bundle
from setapart_evidence.envelope import PAYLOAD_TYPE, parse
from setapart_evidence.errors import EnvelopeError, EvidenceError, SignatureError, SizeError, UnknownKeyError
from setapart_evidence.keys import generate
from setapart_evidence.receipt import Request, make_request, read_challenge, read_receipt
from setapart_evidence.statement import EVIDENCE, digest


@pytest.fixture(autouse=True, params=[0, 1], ids=["alone", "verifier"])
def verifiers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever verifies, an intake does the same."""
    monkeypatch.setattr(intakes, "VERIFIERS", request.param)


def test_a_report_is_stored_and_its_receipt_is_the_auditors(installation: Installation) -> None:
    register(installation)
    first, second = chain_of(2)
    with running(installation) as intake:
        answer = take(intake, first)
        receipt = read_receipt(answer.body, installation.authority.signer.public, digest_of(first)).predicate
        assert (receipt.device, receipt.sequence, receipt.outcome) == (DEVICE_ID, 1, "accepted")
        bundle = intake.bundles.of("", NOW)
        assert receipt.bundle == bundle.signed.digest
        again = make_evidence(sequence=2, previous=digest_of(first), nonce=receipt.nonce)
        take(intake, again)
    with installation.store.read() as connection:
        rows = connection.execute(select(evidence).order_by(evidence.c.sequence)).all()
        assert [row.nonce_issued_at for row in rows] == [None, NOW]
        assert rows[0].log_index == receipt.log_index
        assert connection.execute(select(current.c.evidence_no)).scalars().all() == [rows[1].no]
        assert len(connection.execute(select(inventory)).all()) == 2
    assert not is_irregular(installation)
    assert second != again


def test_sent_again_it_gets_the_same_receipt(installation: Installation) -> None:
    register(installation)
    (raw,) = chain_of(1)
    with running(installation) as intake:
        together = [intake.submit(raw, address="a", now=NOW) for _ in range(20)]
        bodies = {one.result(SECONDS).body for one in together}
        assert bodies == {take(intake, raw).body}
    assert stored(installation) == [(1, 0, "accepted")]


def test_late_gap_and_fork(installation: Installation) -> None:
    register(installation)
    one, two, three = chain_of(3)
    clone = make_evidence(sequence=2, previous=digest_of(one), source="adb")
    with running(installation) as intake:
        assert [take(intake, raw).outcome for raw in (one, three, two, clone)] == [
            "accepted", "accepted", "late", "forked",
        ]  # fmt: skip
    assert stored(installation) == [(1, 0, "accepted"), (2, 0, "late"), (2, 1, "forked"), (3, 0, "accepted")]
    assert is_irregular(installation)


def test_what_is_refused_is_counted_and_moves_nobody(installation: Installation) -> None:
    register(installation)
    refused: list[tuple[bytes, type[EvidenceError]]] = [
        (b"nonsense", EnvelopeError),
        (make_evidence(signer=STATION_SIGNER), SignatureError),
        (make_evidence(signer=STATION_SIGNER, device="stranger"), UnknownKeyError),
        (b"x" * (9 * 1024 * 1024), SizeError),
    ]
    with running(installation) as intake:
        for raw, error in refused:
            with pytest.raises(error):
                take(intake, raw)
    assert stored(installation) == []
    with installation.store.read() as connection:
        counts = {(row.reason, row.claimed): row.times for row in connection.execute(select(rejection))}
    assert counts == {
        ("bad-envelope", ""): 1, ("bad-signature", DEVICE_ID): 1, ("unknown-key", ""): 1, ("too-large", ""): 1,
    }  # fmt: skip


def test_a_device_that_is_registered_later_is_known_at_once(installation: Installation) -> None:
    with running(installation) as intake:
        with pytest.raises(UnknownKeyError):
            take(intake, make_evidence())
        register(installation)
        assert take(intake, make_evidence()).outcome == "accepted"


@pytest.mark.parametrize("state", ["revoked", "retired", "replaced"])
def test_what_comes_from_a_device_that_is_not_active_is_kept_apart(installation: Installation, state: str) -> None:
    register(installation)
    one, two = chain_of(2)
    with running(installation) as intake:
        take(intake, one)
        set_state(installation, state)
        assert take(intake, two).outcome == "quarantined"
    with installation.store.read() as connection:
        (number,) = connection.execute(select(current.c.evidence_no)).scalars()
        assert connection.execute(select(evidence.c.sequence).where(evidence.c.no == number)).scalar_one() == 1


def test_a_request_is_answered_with_challenge_or_bundle(installation: Installation) -> None:
    register(installation)

    def ask(what: str, auditor: str = installation.keyid) -> bytes:
        request = Request(device=DEVICE_ID, auditor=auditor, ask=what, asked_at=NOW)  # type: ignore[arg-type]
        return make_request(request, DEVICE_SIGNER)

    with running(installation) as intake:
        asked = ask("challenge")
        answer = take(intake, asked)
        challenge = read_challenge(
            answer.body, installation.authority.signer.public, digest(parse(asked.strip()).payload_bytes())
        )
        bundle = read_bundle(take(intake, ask("bundle")).body, installation.keyid)
        assert challenge.predicate.bundle == bundle.digest
        with pytest.raises(NotAllowedError):
            take(intake, ask("challenge", "00" * 32))
        set_state(installation, "revoked")
        with pytest.raises(NotAllowedError):
            take(intake, ask("challenge"))


def test_more_than_there_is_room_for_is_refused_at_once(installation: Installation) -> None:
    register(installation)
    (raw,) = chain_of(1)
    with running(installation) as intake, installation.store.write():
        room = intake.figures.room
        waiting = [intake.submit(raw, address="a", now=NOW) for _ in range(room)]
        with pytest.raises(IntakeFull) as full:
            intake.submit(raw, address="a", now=NOW)
        assert full.value.retry_after > 0
        assert intake.figures.pending == room
    assert {one.result(SECONDS).outcome for one in waiting} == {"accepted"}
    assert intake.figures.pending == 0


def test_a_forger_can_not_use_up_a_devices_share(installation: Installation) -> None:
    register(installation)
    forged = make_evidence(signer=STATION_SIGNER)
    with running(installation, limited=True) as intake:
        for _ in range(100):
            with pytest.raises(SignatureError):
                take(intake, forged)
        reports = [*chain_of(60)] * 2
        errors = [intake.submit(raw, address="a", now=NOW).exception(SECONDS) for raw in reports]
    assert errors[:60] == [None] * 60
    assert any(isinstance(one, TooManyError) for one in errors[60:])


def test_files_keep_their_order(installation: Installation) -> None:
    register(installation)
    with running(installation) as intake:
        answers = list(intake.receive_all(chain_of(300), NOW))
    assert [getattr(one, "sequence", one) for one in answers] == list(range(1, 301))
    assert not is_irregular(installation)


def test_a_key_that_was_replaced_elsewhere_gets_no_bundle(installation: Installation) -> None:
    """Another process changed the key: what this one remembers of it must not let the old key ask."""
    register(installation)
    request = make_request(
        Request(device=DEVICE_ID, auditor=installation.keyid, ask="bundle", asked_at=NOW), DEVICE_SIGNER
    )
    with running(installation) as intake:
        assert take(intake, request).kind == "bundle"
        with installation.store.write() as connection:
            number = connection.execute(select(device.c.no).where(device.c.id == DEVICE_ID)).scalar_one()
            bind_key(connection, number, generate().public, hardware=False, origin="rotated", now=NOW)
        with pytest.raises(UnknownKeyError):
            take(intake, request)


def test_a_claim_that_is_no_device_id_goes_no_further(installation: Installation) -> None:
    """A database's text can hold no NUL: one unsigned message must not stop the counting of all others."""
    raw = make_evidence(device="victim")
    payload = base64.b64decode(json.loads(raw.partition(b"\n")[0])["payload"]).replace(b"victim", b"vic\\u0000tim")
    forged = json.dumps({"payload": base64.b64encode(payload).decode(), "payloadType": PAYLOAD_TYPE,
                         "signatures": [{"keyid": "", "sig": "AAAA"}]}).encode()  # fmt: skip
    assert claim_of(forged + b"\n{}") == (EVIDENCE, "", None)
    with running(installation) as intake:
        for _ in range(2):
            with pytest.raises(EvidenceError):
                take(intake, forged + b"\n{}")
    with installation.store.read() as connection:
        assert sum(connection.execute(select(rejection.c.times)).scalars()) == 2
