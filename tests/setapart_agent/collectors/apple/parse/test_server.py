import pytest

from setapart_agent.collectors.apple.parse.server import organisations, server


@pytest.mark.parametrize(
    ("named", "host"),
    [
        ("vpn.corp.example", "vpn.corp.example"),
        (" https://VPN.corp.example:8443/x ", "vpn.corp.example"),
        ("192.0.2.7", "192.0.2.7"),
        ("[2001:db8::1]:500", "2001:db8::1"),
        ("Our VPN", None),
        ("Tailscale", None),
        ("", None),
        (None, None),
    ],
)
def test_only_what_can_be_a_server_is_one(named: str | None, host: str | None) -> None:
    assert server(named) == host


def test_of_each_organisation_the_first_host_is_told() -> None:
    hosts = ["imap.a.example", "smtp.a.example", "a.example", "mail.b.example", "int.local", "x.com", "y.com"]
    assert organisations(hosts) == ("imap.a.example", "mail.b.example", "int.local", "x.com", "y.com")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("imap.a.example", "smtp.a.example", True),
        ("a.example", "x.y.a.example", True),
        ("x.y.a.example", "a.example", True),
        ("x.y.a.example", "y.a.example", True),
        ("a.example", "b.example", False),
        ("mail.a.co.example", "mail.b.co.example", False),
        ("a.co.example", "b.co.example", False),
        ("xa.example", "a.example", False),
    ],
)
def test_hosts_of_one_organisation(one: str, other: str, same: bool) -> None:
    assert organisations([one, other]) == ((one,) if same else (one, other))


def test_a_hundred_thousand_hosts_are_told_apart_in_linear_time() -> None:
    hosts = [f"h.x{number}.example" for number in range(100_000)]
    assert organisations([*hosts, "." * 250_000, *hosts]) == (*hosts, "." * 250_000)
