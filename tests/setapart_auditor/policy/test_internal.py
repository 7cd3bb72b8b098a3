"""What is the authority's own, folded."""

import pytest

from setapart_auditor.policy.internal import EXPECTED, internal_keys
from setapart_auditor.policy.model import Internal


@pytest.mark.parametrize(
    ("name", "value", "key"),
    [
        ("domains", "Agency.Example.", "domain:agency.example"),
        ("domains", "bücher.example", "domain:xn--bcher-kva.example"),
        ("domains", "@agency.example", None),
        ("domains", "*.agency.example", None),
        ("domains", "https://agency.example", None),
        ("domains", "agency..example", None),
        ("domains", "example", None),
        ("domains", "10.0.0.1", None),
        ("domains", "a" * 64 + ".example", None),
        ("domains", ".".join(["a" * 60] * 5), None),
        ("domains", "", None),
        ("hosts", "MAIL.agency.example", "host:mail.agency.example"),
        ("hosts", "mailserver", "host:mailserver"),
        ("hosts", "10.0.0.1", "host:10.0.0.1"),
        ("hosts", "10.0.0.999", None),
        ("hosts", "2001:DB8::0001", "host:2001:db8::1"),
        ("hosts", "mail.agency.example:993", None),
        ("tenants", "0F2A-77", "tenant:0f2a-77"),
        ("tenants", " ", None),
        ("tenants", "a\nb", None),
        ("directories", "AD.AGENCY.EXAMPLE", "domain:ad.agency.example"),
        ("directories", "AGENCY", "domain:agency"),
        ("vpns", "vpn.agency.example", "host:vpn.agency.example"),
        ("networks", "wifi.agency.example", "domain:wifi.agency.example"),
        ("networks", "Agency Staff", "tenant:agency staff"),
    ],
)
def test_a_value_folds_to_the_key_that_evidence_is_compared_with(name: str, value: str, key: str | None) -> None:
    assert list(internal_keys(Internal(**{name: (value,)}))) == [(name, value, key)]


def test_every_list_of_the_table_is_read() -> None:
    assert set(EXPECTED) == set(Internal.__struct_fields__)
