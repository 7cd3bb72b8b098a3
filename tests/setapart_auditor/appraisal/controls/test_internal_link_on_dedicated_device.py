"""The authority's data beside a restricted app."""

from evidence_factory import (
    DAY,
    NOW,
    SECTIONS,
    TIKTOK,
    account,
    app,
    link,
    make_exception,
    make_inventory,
    make_received,
    make_station_report,
    rows,
)
from judging import findings, judge, only

CONTROL = "internal-link-on-dedicated-device"


def test_an_account_that_an_older_report_shows_says_which_one() -> None:
    inventory = make_inventory(accounts=[account(domain="agency.example")])
    older = make_station_report(inventory, source="bugreport", received_at=NOW - 3 * DAY, collected_at=NOW - 4 * DAY)
    verdict = judge(make_received(make_inventory(apps=[app(TIKTOK)])), older, device_class="social-dedicated")
    finding = only(verdict, CONTROL)
    assert finding.message.endswith("(as bugreport saw it on 2026-11-19)")
    assert "read the device by bugreport again" in finding.cure


def test_every_service_is_a_finding_even_without_a_valid_exception() -> None:
    inventory = make_inventory(
        apps=[app(TIKTOK)], accounts=[account(domain="agency.example", services=("mail", "files"))]
    )
    for exceptions in ((), (make_exception(),)):
        found = findings(judge(inventory, device_class="social-dedicated", exceptions=exceptions), CONTROL)
        assert [(item.severity, item.evidence) for item in found] == [("violation", "/accounts/0")] * 2
        assert found[0].cure == "remove the account from this device"


def test_an_account_that_two_sources_saw_is_one_finding() -> None:
    for parts in ({"accounts": [account(domain="agency.example")]}, {"links": [link()]}):
        inventory = make_inventory(apps=[app(TIKTOK)], **parts)  # type: ignore[arg-type]
        verdict = judge(make_received(inventory), make_station_report(inventory), device_class="social-dedicated")
        assert only(verdict, CONTROL).evidence == f"#0/{next(iter(parts))}/0"


def test_an_internal_account_or_link_of_an_old_report_stays_until_its_place_was_seen_again() -> None:
    for section, parts in (
        ("accounts", {"accounts": [account(), account(domain="agency.example")]}),
        ("links", {"links": [link("mdm"), link("vpn", "vpn.provider.example"), link()]}),
    ):
        old = make_station_report(make_inventory(apps=[app(TIKTOK)], **parts), received_at=NOW - 40 * DAY)  # type: ignore[arg-type]
        others = tuple(other for other in SECTIONS if other != section)
        for coverage, expected in ((rows(), 0), (rows(*others), 1), (rows(profiles=["10"]), 1)):
            fresh = make_received(make_inventory(apps=[app(TIKTOK)], coverage=coverage))
            verdict = judge(old, fresh, device_class="social-dedicated")
            assert len(findings(verdict, CONTROL)) == expected


def test_what_an_old_report_and_a_fresh_one_both_saw_ends_no_list() -> None:
    inventory = make_inventory(
        apps=[app(TIKTOK)],
        accounts=[account(), account(domain="agency.example")],
        links=[link("vpn", "vpn.provider.example"), link()],
    )
    other = make_inventory(
        accounts=[account(), account(host="mail.agency.example")],
        links=[link("vpn", "vpn.provider.example"), link("sso", "login.agency.example")],
    )
    pair = (make_received(inventory, received_at=NOW), make_station_report(other, received_at=NOW - DAY))
    found = findings(judge(*pair, device_class="social-dedicated"), CONTROL)
    assert [item.evidence for item in found] == ["#0/accounts/1", "#0/links/1", "#1/accounts/1", "#1/links/1"]


def test_a_device_manager_is_no_link() -> None:
    inventory = make_inventory(apps=[app(TIKTOK)], links=[link("mdm", "mdm.agency.example")])
    verdict = judge(inventory, device_class="social-dedicated", exceptions=(make_exception(),))
    assert verdict.status == "excepted"
