"""The pack does not cover the holder."""

import pytest

from evidence_factory import TIKTOK, app, make_inventory, make_policy, make_registration
from judging import findings, judge, only
from setapart_auditor.policy.model import Covers

CONTROL = "person-not-covered"
PHONE = make_inventory(apps=[app(TIKTOK)])
PACK = make_policy(covers=Covers(persons=("minister", "adviser")))


def test_a_known_role_that_is_not_meant_is_not_judged_by_the_rule() -> None:
    verdict = judge(PHONE, registration=make_registration(role="staff"), policy=PACK)
    finding = only(verdict, CONTROL)
    assert (verdict.status, finding.severity, finding.evidence) == ("compliant", "info", "register:/role")
    assert "minister, adviser" in finding.message


@pytest.mark.parametrize("role", ["minister", "adviser", "", "Staff", "intern"])
def test_a_role_that_is_meant_or_unknown_is_covered(role: str) -> None:
    verdict = judge(PHONE, registration=make_registration(role=role), policy=PACK)
    assert (verdict.status, findings(verdict, CONTROL)) == ("violation", [])
