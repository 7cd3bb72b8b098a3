import pytest

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.linux.parse import wpa

CONFIG = """ctrl_interface=/run/wpa_supplicant
network={
    ssid="home"
    psk="secret"
}
network={
    ssid="work"
    key_mgmt=WPA-EAP
    identity="ada@corp.example"
    domain_suffix_match="radius.corp.example;r2.partner.example"
    # identity="old@old.example"
}
"""


def targets(content: str) -> list[str | None]:
    return [link.target for link in parsed(wpa, content).links]


def test_only_networks_with_an_identity_are_ties() -> None:
    assert targets(CONFIG) == ["corp.example", "radius.corp.example", "r2.partner.example"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("[Security]\nEAP-Method=PEAP\nEAP-Identity=anonymous@corp.example\n", ["corp.example"]),
        ("TYPE=Wireless\nKEY_MGMT=WPA-EAP\nIEEE_8021X_EAP_METHODS=TTLS\nIEEE_8021X_IDENTITY=ada\n", [None]),
        ("TYPE=Ethernet\nBOOTPROTO=dhcp\n", []),
        ('network={\nkey_mgmt=WPA-PSK\npsk="x"\n}\n', []),
    ],
)
def test_iwd_and_ifcfg(content: str, expected: list[str | None]) -> None:
    assert targets(content) == expected


def test_broken_files_survive() -> None:
    assert_survives(wpa, "wpa_supplicant.conf", CONFIG.encode())


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('identity="ann.example"', [None]),
        ('identity="ann@CORP"', ["corp", None]),
        ('identity="ann.example"\ndomain_match="*.corp.example"', ["corp.example"]),
        ('altsubject_match="IP:192.0.2.7"', [None]),
    ],
)
def test_the_name_of_a_user_is_no_organisation(line: str, expected: list[str | None]) -> None:
    """Taken for a domain it would be a foreign one, and leave the machine."""
    assert targets(f"network={{\nkey_mgmt=WPA-EAP\n{line}\n}}\n") == expected
