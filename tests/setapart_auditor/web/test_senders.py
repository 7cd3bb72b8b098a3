import pytest
from hypothesis import given
from hypothesis import strategies as st

from setapart_auditor.errors import AuditorError
from setapart_auditor.web.senders import Networks, counted_as, sender_of

PROXIES = Networks(["10.0.0.0/8", "::1"], "test")


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["198.51.100.9"], "192.0.2.1"),
        ("10.0.0.1", ["198.51.100.9"], "198.51.100.9"),
        ("10.0.0.1", ["6.6.6.6, 198.51.100.9"], "198.51.100.9"),
        ("10.0.0.1", ["6.6.6.6", "198.51.100.9, 10.2.3.4"], "198.51.100.9"),
        ("10.0.0.1", ["198.51.100.9, nonsense"], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("::1", ["::ffff:198.51.100.9"], "198.51.100.9"),
        ("::ffff:10.0.0.1", ["2001:db8::1"], "2001:db8::1"),
    ],
)
def test_only_what_trusted_proxies_wrote_is_believed(peer: str, forwarded: list[str], expected: str) -> None:
    assert str(sender_of(peer, forwarded, PROXIES)) == expected


@given(st.lists(st.text(max_size=60), max_size=4))
def test_a_client_can_not_choose_its_address(forwarded: list[str]) -> None:
    assert str(sender_of("192.0.2.1", forwarded, PROXIES)) == "192.0.2.1"
    assert str(sender_of("10.0.0.1", [*forwarded, "192.0.2.1"], PROXIES)) == "192.0.2.1"


def test_one_subscribers_many_addresses_count_as_one() -> None:
    first, second, other = (sender_of(one, (), PROXIES) for one in ("2001:db8::1", "2001:db8::2:3", "2001:db8:0:1::1"))
    assert counted_as(first) == counted_as(second) != counted_as(other)


def test_a_setting_that_is_no_address_is_refused_by_its_name() -> None:
    with pytest.raises(AuditorError, match="trusted_proxies"):
        Networks(["proxy.example"], "[serve] trusted_proxies")
