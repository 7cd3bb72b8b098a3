"""An account of which neither domain, host nor tenant is known."""

from evidence_factory import TELEGRAM, TIKTOK, account, app, make_exception, make_inventory, make_policy
from judging import findings, judge, only

CONTROL = "account-not-attributable"
NOBODYS = make_inventory(apps=[app(TIKTOK)], accounts=[account(), account(domain=None)])


def test_it_is_said_where_it_decides() -> None:
    finding = only(judge(NOBODYS, device_class="social-dedicated", exceptions=(make_exception(),)), CONTROL)
    assert (finding.severity, finding.evidence) == ("inconclusive", "/accounts/1")
    either = make_policy(personal="app-or-link")
    assert findings(judge(NOBODYS, device_class="personal", policy=either), CONTROL)


def test_it_is_not_said_where_it_decides_nothing() -> None:
    assert not findings(judge(NOBODYS), CONTROL)
    assert not findings(judge(NOBODYS, device_class="personal"), CONTROL)
    without = make_inventory(accounts=[account(domain=None)])
    either = make_policy(personal="app-or-link")
    assert judge(without, device_class="personal", policy=either).status == "compliant"


def test_a_short_server_name_leaves_it_open_and_the_cure_is_its_full_name() -> None:
    inventory = make_inventory(accounts=[account(domain="CORP", host="exchange01")])
    assert "full name" in only(judge(inventory, device_class="social-dedicated"), CONTROL).cure
    host_alone = make_inventory(accounts=[account(host="exchange01")])
    assert "full name" in only(judge(host_alone, device_class="social-dedicated"), CONTROL).cure
    assert "full name" not in only(judge(NOBODYS, device_class="social-dedicated"), CONTROL).cure


def test_the_restricted_apps_own_sign_in_is_the_app_that_the_device_is_for() -> None:
    own = account(type=TIKTOK, services=(), domain=None)
    for item, status in (
        (own, "excepted"),
        (account(type=TIKTOK, services=("contacts",), domain=None), "inconclusive"),
        (account(type="com.example.other", services=(), domain=None), "inconclusive"),
        (account(type=TIKTOK, services=(), domain="agency.example"), "violation"),
    ):
        inventory = make_inventory(apps=[app(TIKTOK)], accounts=[item])
        assert judge(inventory, device_class="social-dedicated", exceptions=(make_exception(),)).status == status
    mac = make_inventory(platform="macos", apps=[app(TELEGRAM)], accounts=[own])
    assert findings(judge(mac, device_class="social-dedicated"), CONTROL)  # the same name means nothing elsewhere
