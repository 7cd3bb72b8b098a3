"""Verifying a report, and what goes between the intake and the processes that do so."""

import mmap
import os
import subprocess
import sys
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_factory import DEVICE_ID, DEVICE_SIGNER, Keys, make_evidence
from setapart_auditor.frames import Frames, frame
from setapart_auditor.intake.verifying import Entry, Key, Order, Rejected, Verified, verify
from setapart_auditor.store.bodies import deflate, inflate
from setapart_evidence import errors
from setapart_evidence.envelope import split
from setapart_evidence.errors import EvidenceError
from setapart_evidence.open import open_report
from setapart_evidence.statement import digest_text

KEYS = Keys(DEVICE_SIGNER)
KINDS = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, EvidenceError)]
ENTRY = Entry(
    offset=0,
    size=0,
    device=DEVICE_ID,
    station=None,
    keys=(Key(spki=DEVICE_SIGNER.public.spki, role="device", grade="agent-key"),),
)


def in_a_process(raws: Sequence[bytes], entry: Entry = ENTRY) -> list[tuple[Verified | Rejected, bytes]]:
    """What the process answers to each, and what then lies where the report lay."""
    handle = os.memfd_create("test")
    os.ftruncate(handle, sum(map(len, raws)))
    entries, at = [], 0
    with mmap.mmap(handle, 0) as memory:
        for raw in raws:
            memory[at : at + len(raw)] = raw
            entries.append(msgspec.structs.replace(entry, offset=at, size=len(raw)))
            at += len(raw)
        command = [sys.executable, "-m", "setapart_auditor.intake.verifying", str(handle)]
        done = subprocess.run(
            command, input=frame(Order(entries=tuple(entries))), stdout=subprocess.PIPE, pass_fds=(handle,), check=True
        )
        read, write = os.pipe()
        os.write(write, done.stdout)
        os.close(write)
        frames, found = Frames(read), []
        while frames.wait():
            found += [msgspec.msgpack.decode(one, type=Verified | Rejected) for one in frames.take(1)]
        os.close(read)
        bodies = [memory[one.offset : one.offset + one.size] for one in entries]
    os.close(handle)
    return list(zip(found, bodies, strict=True))


def test_what_is_kept_of_a_report_is_what_it_says() -> None:
    raw = make_evidence(sequence=7, previous="sha256:" + "ab" * 32, nonce="n" * 54)
    report = open_report(raw, KEYS)
    found, body = verify(raw, KEYS)
    envelope, inventory = split(raw)
    assert (found.device, found.keyid, found.role) == (DEVICE_ID, DEVICE_SIGNER.public.keyid, "device")
    assert (found.sequence, found.previous, found.nonce) == (7, b"\xab" * 32, "n" * 54)
    assert digest_text(found.digest) == report.statement_digest
    assert digest_text(found.inventory_digest) == report.inventory_digest
    assert found.collected_at == report.predicate.observation.collected_at
    assert raw[: found.envelope] == envelope
    assert (inflate(body), found.size, found.body) == (inventory, len(inventory), len(body))


def test_the_process_answers_what_verifying_here_does() -> None:
    good, other = make_evidence(sequence=1), make_evidence(sequence=2)
    forged = good.replace(b'"sig":"', b'"sig":"AAAA', 1)
    answers = in_a_process([good, forged, good[:-40], other, b"{}\n{}"])
    for raw, (found, body) in zip([good, other], [answers[0], answers[3]], strict=True):
        expected, compressed = verify(raw, KEYS)
        assert found == expected
        assert body[: expected.body] == compressed
    for raw, (found, _) in zip([forged, good[:-40], b"{}\n{}"], [answers[1], answers[2], answers[4]], strict=True):
        with pytest.raises(EvidenceError) as caught:
            verify(raw, KEYS)
        assert isinstance(found, Rejected)
        assert (type(found.error()), str(found.error())) == (type(caught.value), str(caught.value))


def test_keys_that_were_looked_up_for_another_device_or_station_do_not_speak() -> None:
    for entry in (
        msgspec.structs.replace(ENTRY, device="another"),
        msgspec.structs.replace(ENTRY, station=DEVICE_SIGNER.public.keyid),
        msgspec.structs.replace(ENTRY, keys=()),
    ):
        ((found, _),) = in_a_process([make_evidence()], entry)
        assert isinstance(found, Rejected)
        assert found.reason == "unknown-key"


def test_an_inventory_that_can_not_be_shortened_fits_where_its_report_lay() -> None:
    raw = make_evidence()
    assert verify(raw, KEYS)[0].body < len(raw)
    noise = os.urandom(8 * 1024 * 1024)
    assert len(deflate(noise)) - len(noise) < len(split(raw)[0])


@pytest.mark.parametrize("kind", KINDS)
@given(texts=st.lists(st.text(max_size=50), min_size=4, max_size=4))
def test_an_error_arrives_as_it_was_raised(kind: type[EvidenceError], texts: list[str]) -> None:
    got, expected, cure, where = texts
    raised = kind(got, expected=expected, cure=cure, where=where)
    sent = msgspec.msgpack.decode(msgspec.msgpack.encode(Rejected.of(raised)), type=Verified | Rejected)
    assert isinstance(sent, Rejected)
    assert (type(sent.error()), str(sent.error())) == (kind, str(raised))


def test_every_kind_of_error_has_a_reason_of_its_own() -> None:
    assert len({kind.reason for kind in KINDS}) == len(KINDS)
