"""The agent worked by a policy bundle that had expired."""

from evidence_factory import DAY, NOW, make_policy, make_received
from judging import judge, only
from setapart_auditor.appraisal.model import Context, Disclosed
from setapart_evidence.statement import Disclosure

CONTROL = "bundle-expired"
BUNDLE = "sha256:" + "b0" * 32


def test_the_finding_names_the_day_and_points_to_the_bundle() -> None:
    policy = make_policy()
    old = Disclosed(identifiers=policy.needed_identifiers, internal=policy.internal, expires_at=NOW - DAY)
    report = make_received(disclosure=Disclosure(level="full", bundle=BUNDLE))
    verdict = judge(report, context=Context(bundles={BUNDLE: old}))
    finding = only(verdict, CONTROL)
    assert (verdict.status, finding.severity) == ("inconclusive", "inconclusive")
    assert finding.evidence == "/predicate/disclosure/bundle"
    assert "2026-11-22" in finding.message


def test_a_bundle_that_expired_after_the_arrival_was_good() -> None:
    policy = make_policy()
    since = Disclosed(identifiers=policy.needed_identifiers, internal=policy.internal, expires_at=NOW - DAY)
    report = make_received(disclosure=Disclosure(level="full", bundle=BUNDLE), received_at=NOW - 2 * DAY)
    assert judge(report, context=Context(bundles={BUNDLE: since})).status == "compliant"
