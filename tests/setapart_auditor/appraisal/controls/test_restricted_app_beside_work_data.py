"""A restricted app on a personal device that reaches the authority's data."""

from typing import Any

import pytest

from evidence_factory import TIKTOK, account, app, link, make_inventory, make_policy
from judging import findings, judge, only

CONTROL = "restricted-app-beside-work-data"


@pytest.mark.parametrize("rule", ["as-ordinary", "app-or-link"])
def test_the_app_and_the_data_never_go_together(rule: Any) -> None:
    inventory = make_inventory(apps=[app(TIKTOK)], accounts=[account(domain="agency.example")], links=[link()])
    verdict = judge(inventory, device_class="personal", policy=make_policy(personal=rule))
    finding = only(verdict, CONTROL)
    assert (verdict.status, finding.severity, finding.evidence) == ("violation", "violation", "/apps/0")
    assert "account of type imap at agency.example in profile 0 and 1 more" in finding.message
    assert finding.cure == "remove the app or the work data"


def test_data_in_another_profile_of_the_device_counts() -> None:
    inventory = make_inventory(
        profiles=["0", "10"], apps=[app(TIKTOK)], accounts=[account(profile="10", domain="agency.example")]
    )
    finding = only(judge(inventory, device_class="personal"), CONTROL)
    assert finding.message.endswith("account of type imap at agency.example in profile 10")


@pytest.mark.parametrize("device_class", ["ordinary", "social-dedicated"])
def test_other_classes_have_controls_of_their_own(device_class: str) -> None:
    inventory = make_inventory(apps=[app(TIKTOK)], accounts=[account(domain="agency.example")])
    assert not findings(judge(inventory, device_class=device_class), CONTROL)
