"""Nothing proves when the evidence was made."""

from typing import Any

import pytest

from evidence_factory import DAY, NOW, make_policy, make_received, make_station_report
from judging import ISSUED, NONCE, findings, judge, only
from setapart_auditor.appraisal.model import Context
from setapart_auditor.policy.model import Freshness

CONTROL = "freshness-unproven"
EPOCH = "cd" * 32
CONTEXT = Context(nonces={NONCE: ISSUED}, epochs={EPOCH: ISSUED})


@pytest.mark.parametrize(
    ("require", "proof", "severity"),
    [
        ("none", {}, "warning"), ("none", {"epoch": EPOCH}, None), ("none", {"nonce": NONCE}, None),
        ("epoch", {}, "inconclusive"), ("epoch", {"epoch": EPOCH}, None), ("epoch", {"nonce": NONCE}, None),
        ("nonce", {}, "inconclusive"), ("nonce", {"epoch": EPOCH}, "inconclusive"), ("nonce", {"nonce": NONCE}, None),
        ("none", {"nonce": "guessed"}, "warning"), ("nonce", {"nonce": "guessed"}, "inconclusive"),
    ],
)  # fmt: skip
def test_the_pack_says_what_must_prove_it(require: Any, proof: dict[str, str], severity: str | None) -> None:
    policy = make_policy(freshness=Freshness(require=require))
    verdict = judge(make_received(**proof), policy=policy, context=CONTEXT)
    assert [item.severity for item in findings(verdict, CONTROL)] == ([severity] if severity else [])
    assert verdict.status == ("inconclusive" if severity == "inconclusive" else "compliant")


def test_what_the_age_is_judged_by_instead_is_said() -> None:
    strict = make_policy(freshness=Freshness(require="nonce"))
    for report, words in (
        (make_received(collected_at=NOW - DAY), "collected_at, the device's own clock"),
        (make_received(collected_at=NOW + DAY), "its arrival"),
        (make_received(epoch=EPOCH), "its epoch"),
    ):
        finding = only(judge(report, policy=strict, context=CONTEXT), CONTROL)
        assert finding.message.startswith("no nonce of ours")
        assert finding.message.endswith(f"judged by {words}")
        assert finding.evidence == "/predicate/observation"
    assert only(judge(make_received()), CONTROL).message.startswith("no nonce or epoch of ours")


def test_a_harder_severity_of_the_pack_is_kept() -> None:
    hard = make_policy(severities={CONTROL: "violation"})
    assert judge(make_received(), policy=hard).status == "violation"


def test_a_source_that_proves_its_moment_proves_nothing_for_another() -> None:
    proven = make_received(nonce=NONCE, received_at=NOW)
    verdict = judge(proven, make_station_report(received_at=NOW - DAY))
    assert only(verdict, CONTROL).evidence == "#1/predicate/observation"
