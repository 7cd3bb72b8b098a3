"""A collector that was tried less than the pack asks for."""

from typing import Any

from evidence_factory import make_inventory, make_policy, make_received, rows
from judging import controls, findings, judge, only
from setapart_auditor.appraisal.model import Verdict
from setapart_auditor.policy.model import CoverageRule
from setapart_evidence.statement import CollectorRef

CONTROL = "maturity-too-low"
PACK = make_policy(coverage=CoverageRule(min_maturity="captures"))


def verdict_of(*maturities: Any, collector: str = "android.test") -> Verdict:
    collectors = [CollectorRef(name=collector, version=1, maturity=maturity) for maturity in maturities]
    return judge(make_received(make_inventory(coverage=rows("apps")), collectors=collectors), policy=PACK)


def test_a_collector_is_believed_from_the_packs_maturity_on() -> None:
    assert verdict_of("real-hardware").status == verdict_of("captures").status == "compliant"
    finding = only(verdict_of("untested"), CONTROL)
    assert (finding.severity, finding.evidence) == ("inconclusive", "/coverage/0")
    assert "android.test" in finding.message


def test_a_collector_that_is_not_listed_or_listed_twice_is_the_least_tried() -> None:
    assert verdict_of().status == "inconclusive"
    assert verdict_of("real-hardware", collector="another").status == "inconclusive"
    assert verdict_of("real-hardware", "untested").status == "inconclusive"


def test_a_refusal_says_more_than_immaturity() -> None:
    coverage = (*rows("apps"), *rows("apps", collector="snap", status="denied"))
    verdict = judge(make_inventory(coverage=coverage), policy=PACK)
    assert controls(verdict) == {"coverage-incomplete"}


def test_a_collector_that_met_an_own_store_client_must_be_tried_too() -> None:
    noted = rows("accounts", status="partial", reason="own-store:k-9")
    verdict = judge(
        make_inventory(coverage=(*rows("apps", "links"), *noted)), device_class="social-dedicated", policy=PACK
    )
    assert controls(verdict) == {CONTROL, "own-store-client"}
    assert len(findings(verdict, CONTROL)) == 3
