import pytest

from setapart_agent.collectors.windows.parse import wlan_profile
from setapart_agent.errors import ParseError
from setapart_agent.facts import FileSet
from setapart_evidence.model import Link

PROFILE = """<?xml version="1.0"{encoding}?>
<WLANProfile xmlns="http://www.microsoft.com/networking/WLAN/profile/v1"><name>Secret name</name>
<SSIDConfig><SSID><name>Secret name</name></SSID></SSIDConfig>
<MSM><security><authEncryption><authentication>{auth}</authentication><encryption>AES</encryption>
<useOneX>{onex}</useOneX></authEncryption>{eap}</security></MSM></WLANProfile>"""
EAP = """<OneX xmlns="http://www.microsoft.com/networking/OneX/v1"><EAPConfig><EapHostConfig
 xmlns="http://www.microsoft.com/provisioning/EapHostConfig"><Config><EapType
 xmlns="http://www.microsoft.com/provisioning/MsPeapConnectionPropertiesV1"><ServerValidation>
<ServerNames>{names}</ServerNames></ServerValidation></EapType></Config></EapHostConfig></EAPConfig></OneX>"""


def links(auth: str, onex: str, eap: str = "", encoding: str = "utf-8", declared: str = "") -> tuple[Link, ...]:
    raw = PROFILE.format(auth=auth, onex=onex, eap=eap, encoding=declared).encode(encoding)
    assert wlan_profile.recognise("{x}.xml", raw)
    return wlan_profile.parse(FileSet(files={"main": raw}, profile="system")).links


def wifi(target: str | None) -> Link:
    return Link(kind="wifi-enterprise", target=target, profile="system")


def test_a_network_with_a_shared_key_or_none_is_no_tie() -> None:
    assert links("WPA2PSK", "false") == links("open", "false") == links("WPA3SAE", "false") == ()


@pytest.mark.parametrize(("auth", "onex"), [("WPA2", "true"), ("WPA2", ""), ("open", "true"), ("WPA3ENT", "false")])
def test_a_network_that_asks_who_you_are_is_a_tie_to_somewhere(auth: str, onex: str) -> None:
    assert links(auth, onex) == (wifi(None),)


def test_the_servers_that_it_trusts_are_where_it_leads() -> None:
    eap = EAP.format(names="Radius1.agency.example; radius2.agency.example")
    assert links("WPA2", "true", eap) == (wifi("radius1.agency.example"), wifi("radius2.agency.example"))


def test_utf16_is_read() -> None:
    assert links("WPA2", "true", encoding="utf-16", declared=' encoding="utf-16"') == (wifi(None),)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<a/>",
        b"<WLANProfile>",
        b'<!DOCTYPE WLANProfile [<!ENTITY a "b">]><WLANProfile>&a;</WLANProfile>',
        b'<?xml version="1.0" encoding="nonsense"?><WLANProfile/>',
        b"<WLANProfile>" + b"<a>" * 5000,
        b"\xff\xfe<",
    ],
)
def test_another_document_or_one_with_entities_is_refused(raw: bytes) -> None:
    with pytest.raises(ParseError):
        wlan_profile.parse(FileSet(files={"main": raw}))


@pytest.mark.parametrize(("enabled", "expected"), [("true", (wifi("radius.agency.example"),)), ("false", ())])
def test_a_cable_that_asks_who_you_are_is_a_tie_too(enabled: str, expected: tuple[Link, ...]) -> None:
    eap = EAP.format(names="radius.agency.example")
    raw = f"""<?xml version="1.0"?><LANProfile xmlns="http://www.microsoft.com/networking/LAN/profile/v1"><MSM><security>
<OneXEnforced>false</OneXEnforced><OneXEnabled>{enabled}</OneXEnabled>{eap}</security></MSM></LANProfile>""".encode()
    assert wlan_profile.recognise("x", raw)
    assert wlan_profile.parse(FileSet(files={"main": raw}, profile="system")).links == expected
