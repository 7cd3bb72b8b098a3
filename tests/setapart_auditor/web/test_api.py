import http.client
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, text

from service import reason_of, serving
from setapart_auditor.authority import issue_epoch
from setapart_auditor.intake.epochs import keep_epoch
from setapart_auditor.log.checkpoint import make_checkpoint
from setapart_auditor.log.note import NoteKey
from setapart_auditor.log.verify import verify_log
from setapart_auditor.store.schema import chain
from setapart_evidence.epoch import read_epoch
from setapart_evidence.keys import Ed25519Signer
from setapart_evidence.receipt import read_receipt
from stores import KINDS
from web_world import Phone, World, digest_of, now, register, world


@pytest.fixture(scope="module", params=KINDS)
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    url = None if request.param == "sqlite" else request.getfixturevalue("postgres").new_database()
    with world(tmp_path_factory.mktemp("web") / "a", url, devices=0) as made:
        yield made


@pytest.fixture
def phone(served: World) -> Phone:
    return register(served.installation, 1)[0]


def test_a_report_is_answered_with_the_receipt_that_is_stored(served: World, phone: Phone) -> None:
    raw = phone.report()
    answered = served.service.ask("/v1/report", raw)
    assert (answered.status, answered.headers["content-type"]) == (200, "application/vnd.setapart+json")
    receipt = read_receipt(answered.body, served.installation.authority.signer.public, digest_of(raw))
    assert receipt.predicate.outcome == "accepted"
    digest = digest_of(raw).removeprefix("sha256:")
    place = f"{receipt.predicate.device}/{receipt.predicate.sequence}"
    assert served.service.ask(f"/v1/receipt/{place}/{digest}").body == answered.body


def test_a_report_that_is_sent_again_gets_the_same_receipt(served: World, phone: Phone) -> None:
    raw = phone.report()
    assert served.service.ask("/v1/report", raw).body == served.service.ask("/v1/report", raw).body


def test_a_challenge_is_for_who_signed_the_question(served: World, phone: Phone) -> None:
    asked = phone.request(served.installation)
    assert served.service.ask("/v1/request", asked).status == 200
    assert served.service.ask("/v1/request", phone.request(served.installation, "bundle")).status == 200
    stranger = Phone(Ed25519Signer(b"s" * 32))
    answered = served.service.ask("/v1/request", stranger.request(served.installation))
    assert (answered.status, answered.json["reason"]) == (401, "unknown-key")


def test_a_message_on_another_types_path_is_refused(served: World, phone: Phone) -> None:
    raw = phone.report()
    for path in ("/v1/enrol", "/v1/rotate", "/v1/request"):
        answered = served.service.ask(path, raw)
        assert (answered.status, answered.json["reason"]) == (400, "bad-route"), path
    assert served.service.ask("/v1/report", raw).status == 200


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff" * 100, b"[" * 60_000, b'{"payload":"' + b"A" * 70_000])
def test_what_is_no_message_is_refused_by_its_reason(served: World, body: bytes) -> None:
    answered = served.service.ask("/v1/report", body, method="POST")
    assert answered.status in {400, 413}
    assert answered.json.keys() == {"reason", "got", "expected", "cure"}


def test_another_devices_signature_is_no_key_of_ours(served: World, phone: Phone) -> None:
    other = Phone(Ed25519Signer(b"o" * 32))
    raw = other.report()
    assert served.service.ask("/v1/report", raw).json["reason"] == "unknown-key"
    good = phone.report()
    envelope, _, rest = good.partition(b"\n")
    cut = envelope.rindex(b'"sig":"') + 7
    forged = envelope[:cut] + (b"A" if envelope[cut : cut + 1] != b"A" else b"B") + envelope[cut + 1 :]
    answered = served.service.ask("/v1/report", forged + b"\n" + rest)
    assert (answered.status, answered.json["reason"]) == (401, "bad-signature")


def test_the_newest_usable_epoch_is_handed_out(served: World) -> None:
    assert served.service.ask("/v1/epoch").status in {200, 404}
    epoch, raw = issue_epoch(served.installation.authority, now(), 7)
    with served.installation.store.write() as connection:
        keep_epoch(connection, epoch, raw)
    answered = served.service.ask("/v1/epoch")
    assert answered.body == raw
    assert read_epoch(answered.body, [served.installation.authority.signer.public]).predicate.value == epoch.value


def test_the_newest_checkpoint_is_handed_out(served: World) -> None:
    installation = served.installation
    with installation.store.write() as connection:
        note = make_checkpoint(connection, installation.authority.signer, installation.settings.log.origin, now())
    answered = served.service.ask("/v1/checkpoint")
    assert (answered.status, answered.body.decode()) == (200, note)


def test_figures_count_what_was_answered_and_rejected(served: World, phone: Phone) -> None:
    served.service.ask("/v1/report", phone.report())
    served.service.ask("/v1/report", b"nothing")
    figures = served.service.ask("/metrics").body.decode()
    assert 'setapart_answered_total{outcome="accepted"}' in figures
    assert 'setapart_rejected_total{reason="bad-envelope"}' in figures
    assert "setapart_up 1.0" in figures
    assert "setapart_log_entries" in figures


def test_figures_are_not_there_for_others(served: World) -> None:
    """A proxy that is not trusted makes everybody local."""
    answered = served.service.ask("/metrics", headers={"X-Forwarded-For": "192.0.2.1"})
    assert answered.status == 404
    assert served.service.ask("/metrics", headers={"Via": "1.1 proxy"}).status == 404


def test_another_method_is_told_which_one(served: World) -> None:
    answered = served.service.ask("/v1/report")
    assert (answered.status, answered.headers["allow"]) == (405, "POST")


def test_a_store_that_is_held_up_delays_reports_and_nothing_else(served: World, phone: Phone) -> None:
    """A look-up on the event loop would make one slow statement everybody's."""
    done = threading.Event()
    raw = phone.report()

    def send() -> None:
        assert served.service.ask("/v1/report", raw).status == 200
        done.set()

    sender = threading.Thread(target=send)
    with served.installation.store.write() as connection:
        if served.installation.store.is_postgresql:
            connection.execute(text("LOCK TABLE evidence IN ACCESS EXCLUSIVE MODE"))
        sender.start()
        time.sleep(0.3)
        for _ in range(20):
            assert served.service.ask("/v1/health").status == 200
        assert not done.is_set()
    sender.join(30)
    assert done.is_set()


def test_many_requests_share_a_connection(served: World, phone: Phone) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served.service.port, timeout=30)
    for _ in range(5):
        connection.request("POST", "/v1/report", phone.report())
        response = connection.getresponse()
        assert response.status == 200
        response.read()
    connection.close()


def test_too_many_of_one_device_are_told_when_to_come_back(tmp_path: Path) -> None:
    with world(tmp_path / "a", devices=1, settings="\n[serve]\nper_device = 2\n") as made:
        statuses = [made.service.ask("/v1/report", made.phones[0].report()) for _ in range(3)]
        assert [one.status for one in statuses] == [200, 200, 429]
        assert int(statuses[2].headers["retry-after"]) > 0
        assert reason_of(statuses[2].body) == "too-many"


@pytest.mark.needs("postgresql")
def test_two_services_share_one_postgresql(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """One device, whose reports go to either in turn: one chain without a break, and one log."""
    url = request.getfixturevalue("postgres").new_database()
    with world(tmp_path / "a", url, devices=1) as made, serving(tmp_path / "a") as other:
        phone = made.phones[0]
        services = [made.service, other] * 4
        receipts = [
            read_receipt(one.ask("/v1/report", raw).body, made.installation.authority.signer.public, digest_of(raw))
            for one, raw in [(one, phone.report()) for one in services]
        ]
        assert [one.predicate.outcome for one in receipts] == ["accepted"] * 8
        assert len({one.predicate.log_index for one in receipts}) == 8
        with made.installation.store.read() as connection:
            assert not any(connection.execute(select(chain.c.irregular)).scalars())
            key = NoteKey(name=made.installation.settings.log.origin, key=made.installation.authority.signer.public)
            assert verify_log(connection, key).defects == ()
