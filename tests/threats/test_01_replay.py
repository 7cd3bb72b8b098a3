"""Threat 1: an old clean report is replayed."""

import itertools

import msgspec
import pytest

from evidence_factory import (
    DAY,
    DEVICE_SIGNER,
    MINUTE,
    NOW,
    TIKTOK,
    Keys,
    app,
    make_chain,
    make_evidence,
    make_inventory,
    make_received,
)
from intakes import chain_of, register, running, stored, take
from judging import judge
from setapart_auditor.appraisal.model import Received
from setapart_auditor.installation import Installation
from setapart_auditor.intake.nonce import NonceKey
from setapart_evidence.open import open_report

CLEAN, DIRTY = make_inventory(), make_inventory(apps=[app(TIKTOK)])


def test_every_order_and_repetition_of_a_history_ends_in_the_same_verdict() -> None:
    history = make_chain(CLEAN, DIRTY, CLEAN, DIRTY)
    expected = msgspec.json.encode(judge(*history))
    for order in itertools.permutations(history):
        for again in history:
            assert msgspec.json.encode(judge(*order, again)) == expected


def test_a_clean_report_sent_again_after_the_finding_hides_nothing() -> None:
    clean, dirty = make_chain(CLEAN, DIRTY)
    replayed = Received(report=clean.report, received_at=NOW)
    assert judge(clean, dirty, replayed).status == "violation"


def test_a_report_sent_again_grows_no_younger() -> None:
    old = make_received(CLEAN, received_at=NOW - 40 * DAY)
    again = Received(report=old.report, received_at=NOW - MINUTE)
    assert judge(old, again).status == "stale"


def test_another_envelope_around_the_same_statement_is_the_same_report() -> None:
    raw = make_evidence(CLEAN)
    first, second = raw.split(b"\n", 1)
    envelope = msgspec.json.decode(first)
    envelope["signatures"][0]["keyid"] = "ff" * 32
    other = msgspec.json.encode(envelope) + b"\n" + second
    reports = [Received(report=open_report(item, Keys(DEVICE_SIGNER)), received_at=NOW) for item in (raw, other)]
    assert judge(*reports).status == judge(reports[0]).status == "compliant"


def test_a_kept_back_clean_report_never_becomes_current_when_it_comes_late() -> None:
    clean, dirty = make_chain(CLEAN, DIRTY)
    late = Received(report=clean.report, received_at=NOW)
    assert judge(dirty, late).status == "violation"


def test_an_old_report_that_is_carried_in_for_the_first_time_is_stale() -> None:
    """Without nonce or epoch only its own words say how old it is; they are enough to refuse it."""
    assert judge(make_received(CLEAN, collected_at=NOW - 60 * DAY)).status == "stale"


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 1, 0, 2, 2, 0), (2, 0, 2, 1, 0)])
def test_no_order_or_repetition_changes_what_the_intake_keeps(
    installation: Installation, order: tuple[int, ...]
) -> None:
    register(installation)
    reports = chain_of(3)
    receipts: dict[int, set[bytes]] = {}
    with running(installation) as intake:
        for at in order:
            receipts.setdefault(at, set()).add(take(intake, reports[at]).body)
    assert {(sequence, branch) for sequence, branch, _ in stored(installation)} == {(1, 0), (2, 0), (3, 0)}
    assert all(len(one) == 1 for one in receipts.values())


def test_a_hundred_thousand_nonces_are_all_different() -> None:
    """16 bytes of each are random: 128 bits."""
    key = NonceKey(secret=bytes(32))
    assert len({key.issue("device", NOW)[11:32] for _ in range(100_000)}) == 100_000
