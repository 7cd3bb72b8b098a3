"""Threat 2: the device's clock is moved. Arrival time, nonce and epoch decide; skew is a finding."""

import datetime as dt
from typing import Any

import pytest

from evidence_factory import DAY, NOW, TIKTOK, app, make_inventory, make_received
from judging import ISSUED, NONCE, controls, judge, only
from setapart_auditor.appraisal.model import Context

EPOCH = "cd" * 32
MOVES = {"two years back": -730 * DAY, "ten years ahead": 3650 * DAY, "an hour back": -2 * dt.timedelta(hours=1)}
WORLDS = {
    "clean": make_inventory(),
    "restricted": make_inventory(apps=[app(TIKTOK)]),
    "silent": make_inventory(coverage=()),
}
PROOFS: dict[str, dict[str, Any]] = {"nonce": {"nonce": NONCE}, "epoch": {"epoch": EPOCH}}
CONTEXT = Context(nonces={NONCE: ISSUED}, epochs={EPOCH: ISSUED})


@pytest.mark.parametrize("proof", PROOFS)
@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("move", MOVES)
def test_with_proof_of_freshness_no_clock_changes_the_verdict(proof: str, world: str, move: str) -> None:
    right = judge(make_received(WORLDS[world], **PROOFS[proof]), context=CONTEXT)
    moved = judge(make_received(WORLDS[world], collected_at=NOW + MOVES[move], **PROOFS[proof]), context=CONTEXT)
    assert moved.status == right.status
    assert controls(moved) == controls(right) | {"clock-skew"}


@pytest.mark.parametrize("world", WORLDS)
def test_without_proof_a_clock_ahead_changes_nothing(world: str) -> None:
    right = judge(make_received(WORLDS[world]))
    ahead = judge(make_received(WORLDS[world], collected_at=NOW + 3650 * DAY))
    assert ahead.status == right.status
    assert controls(ahead) == controls(right) | {"clock-skew"}


@pytest.mark.parametrize("world", WORLDS)
def test_without_proof_a_clock_behind_never_improves_and_is_said(world: str) -> None:
    """It can't be told from a report that lay in a drawer for two years, which must not be green."""
    behind = judge(make_received(WORLDS[world], collected_at=NOW - 730 * DAY))
    assert behind.status == ("violation" if world == "restricted" else "stale")
    assert "device's own clock" in only(behind, "evidence-stale").message


def test_old_evidence_is_not_made_younger_by_a_clock_ahead() -> None:
    old = make_received(WORLDS["clean"], received_at=NOW - 31 * DAY, collected_at=NOW + 3650 * DAY)
    assert judge(old).status == "stale"


def test_an_old_nonce_ages_a_report_that_arrives_today() -> None:
    report = make_received(WORLDS["clean"], nonce=NONCE)
    assert judge(report, context=Context(nonces={NONCE: NOW - 31 * DAY})).status == "stale"
    assert judge(report, context=Context(nonces={NONCE: NOW - 29 * DAY})).status == "compliant"


def test_a_nonce_from_the_future_gives_no_time_after_the_arrival() -> None:
    old = make_received(WORLDS["clean"], received_at=NOW - 31 * DAY, nonce=NONCE)
    assert judge(old, context=Context(nonces={NONCE: NOW})).status == "stale"
