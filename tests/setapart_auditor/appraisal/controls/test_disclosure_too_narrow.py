"""The agent's filter kept back what this policy asks for."""

from evidence_factory import make_inventory, make_received, make_station_report
from judging import findings, judge, only
from setapart_auditor.appraisal.model import Context, Disclosed
from setapart_evidence.statement import Disclosure

CONTROL = "disclosure-too-narrow"
UNKNOWN = Disclosure(level="scoped", bundle="sha256:" + "b0" * 32)


def test_one_finding_per_section_that_is_missed() -> None:
    inventory = make_inventory(profiles=["0", "10"])
    ordinary = judge(make_received(inventory, disclosure=UNKNOWN))
    finding = only(ordinary, CONTROL)
    assert (finding.severity, finding.evidence) == ("inconclusive", "/predicate/disclosure")
    assert finding.message == "the device filtered its apps by bundle sha256:b0b0b0b0b0b0…, which is not known here"
    assert "`--bundle FILE`" in finding.cure
    assert finding.cure.endswith("report again with a bundle of this policy (test-pack)")
    dedicated = judge(make_received(inventory, disclosure=UNKNOWN), device_class="social-dedicated")
    assert [item.message.split()[4] for item in findings(dedicated, CONTROL)] == ["accounts", "apps"]


def test_a_bundle_that_is_known_and_too_narrow_is_not_asked_for_again() -> None:
    known = Context(bundles={UNKNOWN.bundle or "": Disclosed(identifiers=frozenset(), internal=frozenset())})
    finding = only(judge(make_received(disclosure=UNKNOWN), context=known), CONTROL)
    assert finding.message == "the device filtered its apps by another list than this policy's"
    assert finding.cure == "report again with a bundle of this policy (test-pack)"


def test_what_another_source_saw_unfiltered_is_not_missed() -> None:
    filtered = make_received(make_inventory(), disclosure=UNKNOWN)
    assert judge(filtered, make_station_report(make_inventory())).status == "compliant"


def test_what_was_not_seen_at_all_is_no_matter_of_disclosure() -> None:
    verdict = judge(make_received(make_inventory(coverage=()), disclosure=UNKNOWN))
    assert (verdict.status, findings(verdict, CONTROL)) == ("inconclusive", [])
