"""Nobody said what is internal."""

import pytest

from evidence_factory import TIKTOK, account, app, link, make_inventory, make_policy
from judging import findings, judge, only
from setapart_evidence.model import Inventory

CONTROL = "internal-not-configured"
NOBODY = make_policy(internal=())
EITHER = make_policy(internal=(), personal="app-or-link")


@pytest.mark.parametrize(
    ("inventory", "evidence"),
    [
        (make_inventory(accounts=[account()]), "/accounts/0"),
        (make_inventory(links=[link("mdm", "m.example"), link("vpn", "vpn.provider.example")]), "/links/1"),
    ],
)
def test_nothing_is_foreign_while_nothing_is_internal(inventory: Inventory, evidence: str) -> None:
    verdict = judge(inventory, device_class="social-dedicated", policy=NOBODY)
    finding = only(verdict, CONTROL)
    assert (verdict.status, finding.severity, finding.evidence) == ("inconclusive", "inconclusive", evidence)
    assert "[internal]" in finding.cure


def test_a_dedicated_device_without_accounts_and_links_is_green_all_the_same() -> None:
    inventory = make_inventory(links=[link("mdm", "mdm.agency.example"), link("certificate", None)])
    assert judge(inventory, device_class="social-dedicated", policy=NOBODY).status == "compliant"


def test_a_personal_device_is_asked_only_beside_an_app() -> None:
    beside = make_inventory(apps=[app(TIKTOK)], accounts=[account()])
    assert judge(beside, device_class="personal", policy=EITHER).status == "inconclusive"
    assert judge(make_inventory(accounts=[account()]), device_class="personal", policy=EITHER).status == "compliant"


def test_an_ordinary_device_is_not_asked() -> None:
    assert not findings(judge(make_inventory(accounts=[account()]), policy=NOBODY), CONTROL)
