"""The pack was to be reviewed by now, or has lapsed."""

import datetime as dt

import pytest

from evidence_factory import DAY, NOW, TIKTOK, app, make_inventory, make_policy
from judging import findings, judge, only
from setapart_auditor.appraisal.model import Verdict
from setapart_auditor.policy.model import Effective
from setapart_evidence.model import App, Inventory

CONTROL = "policy-out-of-date"
TODAY = NOW.date()


def verdict_of(inventory: Inventory, **effective: dt.date) -> Verdict:
    return judge(inventory, policy=make_policy(effective=Effective(from_=dt.date(2023, 3, 10), **effective)))


def test_a_pack_past_its_review_still_rules() -> None:
    assert not findings(verdict_of(make_inventory(), review_by=TODAY), CONTROL)
    verdict = verdict_of(make_inventory(apps=[app(TIKTOK)]), review_by=TODAY - DAY)
    finding = only(verdict, CONTROL)
    assert (verdict.status, finding.severity) == ("violation", "warning")
    assert finding.evidence == "policy:/pack/effective/review_by"


@pytest.mark.parametrize("apps", [[], [app(TIKTOK)]])
def test_a_lapsed_pack_proves_nothing_neither_green_nor_red(apps: list[App]) -> None:
    verdict = verdict_of(make_inventory(apps=apps), sunset=TODAY, review_by=TODAY - DAY)
    finding = only(verdict, CONTROL)
    assert (verdict.status, finding.severity) == ("inconclusive", "inconclusive")
    assert finding.evidence == "policy:/pack/effective/sunset"


def test_a_pack_rules_until_the_day_before_its_sunset() -> None:
    assert verdict_of(make_inventory(apps=[app(TIKTOK)]), sunset=TODAY + DAY).status == "violation"
