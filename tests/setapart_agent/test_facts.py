import pytest

from setapart_agent.facts import domain_of, host_of


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("Jane@Agency.Example.", "agency.example"),
        ("a@b@agency.example", "agency.example"),
        ("jane@b\u00fccher.example", "b\u00fccher.example"),
        ("jane@\u0939\u093f\u0928\u094d\u0926\u0940.example", "\u0939\u093f\u0928\u094d\u0926\u0940.example"),
        ("j***@***.com", None),  # masked: it may be anybody's
        ("jane@agency.example)", None),
        ("jane@agency.example;x", None),
        ("jane@[192.0.2.1]", None),
        ("jane@", None),
        ("jane", None),
        (None, None),
    ],
)
def test_a_domain_that_can_be_none_is_not_taken_for_a_foreign_one(address: str | None, domain: str | None) -> None:
    assert domain_of(address) == domain


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("imaps://jane:p%40@Mail.Agency.Example:993/INBOX", "mail.agency.example"),
        ('"mail.agency.example"', "mail.agency.example"),
        ("mail.agency.example;", "mail.agency.example"),
        (r"\\files.agency.example\share", "files.agency.example"),
        ("b\u00fccher.example", "b\u00fccher.example"),
        ("[2001:db8::1]:993", "2001:db8::1"),
        ("192.0.2.1:143", "192.0.2.1"),
        ("%any", None),
        ("/var/mail/jane", None),
        ("", None),
    ],
)
def test_signs_around_a_host_do_not_make_it_foreign(url: str, host: str | None) -> None:
    assert host_of(url) == host


def test_letters_of_other_scripts_that_end_in_no_domain_cost_no_time() -> None:
    """Two ways to match one letter would be two to the power of their number."""
    assert domain_of("jane@" + "\u00e9" * 100_000 + "\x01") is None
    assert host_of("\u00e9" * 100_000 + "\x01") == "\u00e9" * 100_000
