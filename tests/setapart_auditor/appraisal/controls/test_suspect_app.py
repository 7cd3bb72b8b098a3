"""An app that looks like a restricted one."""

from evidence_factory import DAY, NOW, app, make_inventory, make_policy
from judging import findings, judge, only
from setapart_auditor.policy.model import Effective

CONTROL = "suspect-app"
COPY = make_inventory(apps=[app(), app("com.example.videos", name="T1kTok")])


def test_it_is_shown_with_what_it_looks_like() -> None:
    finding = only(judge(COPY), CONTROL)
    assert (finding.severity, finding.evidence) == ("warning", "/apps/1")
    assert finding.message == "T1kTok (com.example.videos) in profile 0 looks like tiktok"


def test_it_is_not_said_before_the_first_day() -> None:
    later = make_policy(effective=Effective(from_=NOW.date() + DAY))
    assert not findings(judge(COPY, policy=later), CONTROL)
