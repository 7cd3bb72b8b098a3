"""The account that Firefox is signed in to."""

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.browser.parse import firefox_account

SAMPLE = b'{"version": 1, "accountData": {"email": "Ann@Agency.example", "uid": "0123"}}'


def test_survives_hostile_files() -> None:
    assert_survives(firefox_account, "signedInUser.json", SAMPLE)


def test_the_account_has_a_domain_and_no_services() -> None:
    (found,) = parsed(firefox_account, SAMPLE).accounts
    assert (found.type, found.domain, found.services, found.profile) == (
        "firefox:account",
        "agency.example",
        (),
        "1000",
    )


def test_nobody_signed_in() -> None:
    assert parsed(firefox_account, b'{"version": 1, "accountData": null}').accounts == ()
