"""A device that the register does not name."""

from evidence_factory import TIKTOK, app, make_exception, make_inventory, make_policy, make_registration
from judging import judge, only

CONTROL = "unregistered-device"
STRANGER = make_registration("social-dedicated", registered=False)


def test_it_is_judged_as_an_ordinary_one_and_said_so() -> None:
    verdict = judge(make_inventory(apps=[app(TIKTOK)]), registration=STRANGER, exceptions=(make_exception(),))
    assert (verdict.status, verdict.class_) == ("violation", "ordinary")
    finding = only(verdict, CONTROL)
    assert (finding.severity, finding.evidence) == ("warning", "/predicate/device/id")


def test_the_pack_sets_its_severity() -> None:
    strict = make_policy(severities={CONTROL: "violation"})
    assert judge(make_inventory(), registration=STRANGER).status == "compliant"
    assert judge(make_inventory(), registration=STRANGER, policy=strict).status == "violation"


def test_without_evidence_the_register_is_what_is_pointed_to() -> None:
    assert only(judge(registration=STRANGER), CONTROL).evidence == "register:/device"
