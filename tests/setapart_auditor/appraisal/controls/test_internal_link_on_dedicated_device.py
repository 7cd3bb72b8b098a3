"""The authority's data beside a restricted app."""

from evidence_factory import (
    TIKTOK,
    account,
    app,
    link,
    make_exception,
    make_inventory,
    make_received,
    make_station_report,
)
from judging import findings, judge, only

CONTROL = "internal-link-on-dedicated-device"


def test_every_service_is_a_finding_even_without_a_valid_exception() -> None:
    inventory = make_inventory(
        apps=[app(TIKTOK)], accounts=[account(domain="agency.example", services=("mail", "files"))]
    )
    for exceptions in ((), (make_exception(),)):
        found = findings(judge(inventory, device_class="social-dedicated", exceptions=exceptions), CONTROL)
        assert [(item.severity, item.evidence) for item in found] == [("violation", "/accounts/0")] * 2
        assert found[0].cure == "remove the account from this device"


def test_an_account_that_two_sources_saw_is_one_finding() -> None:
    inventory = make_inventory(apps=[app(TIKTOK)], accounts=[account(domain="agency.example")])
    verdict = judge(make_received(inventory), make_station_report(inventory), device_class="social-dedicated")
    assert only(verdict, CONTROL).evidence == "#0/accounts/0"


def test_a_device_manager_is_no_link() -> None:
    inventory = make_inventory(apps=[app(TIKTOK)], links=[link("mdm", "mdm.agency.example")])
    verdict = judge(inventory, device_class="social-dedicated", exceptions=(make_exception(),))
    assert verdict.status == "excepted"
