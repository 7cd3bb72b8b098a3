import pytest

from android_transcripts import bugreport, dumpsys_wifi, wifi_network
from setapart_agent.collectors.android.parse import dumpsys_wifi as parser
from setapart_agent.errors import ParseError
from setapart_agent.facts import FileSet

HOME = wifi_network(0)
STAFF = wifi_network(1, keys="WPA_EAP IEEE8021X", identity="ann@agency.example", eap_method="PEAP")
MARIMBA = """ProviderId: 1
CreatorUID: 1000
HomeSP Begin ---
FQDN: roam.agency.example
FriendlyName: Roaming
HomeSP End ---
Credential Begin ---
Realm: agency.example
UserCredential Begin ---
Username: ann
EAPType: 21
UserCredential End ---
Credential End ---
"""
PHONE_COMPANY = MARIMBA.replace("UserCredential", "SIMCredential").replace("Username: ann", "IMSI: 242****")
OLD = """Wi-Fi is enabled
Stay-awake conditions: 0

Internal state:
mLastPriority 3
Configured networks
* ID: 0 SSID: "Home" BSSID: null PRIO: 1
 KeyMgmt: WPA_PSK Protocols: WPA RSN
 PSK: *
ID: 1 SSID: "Staff" BSSID: null PRIO: 2
 KeyMgmt: WPA_EAP IEEE8021X Protocols: WPA RSN
 PSK:
 eap: PEAP
 identity: "ann@agency.example"
IP config:

"""


def organisations(output: str) -> tuple[str | None, ...]:
    return parser.read(output).organisations


def test_home_networks_are_no_ties_and_an_observed_list() -> None:
    found = parser.read(dumpsys_wifi([HOME]))
    assert (found.organisations, found.current_user, found.damage) == ((), "0", None)


def test_a_network_with_an_identity_is_known_by_its_domain_and_by_no_name() -> None:
    links = parser.parse(FileSet(files={"main": dumpsys_wifi([HOME, STAFF]).encode()})).links
    assert [(link.kind, link.target, link.profile) for link in links] == [("wifi-enterprise", "agency.example", "0")]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"domain_suffix_match": "radius.agency.example;other.example"}, ("radius.agency.example", "other.example")),
        (
            {"altsubject_match": "DNS:radius.agency.example;EMAIL:x@mail.example"},
            ("radius.agency.example", "mail.example"),
        ),
        ({"anonymous_identity": "anonymous@agency.example"}, ("agency.example",)),
        ({"realm": "agency.example"}, ("agency.example",)),
        ({"identity": "ann", "anonymous_identity": "", "domain_suffix_match": "NULL"}, (None,)),
        ({"identity": "CORP\\ann"}, (None,)),
        ({"identity": "ann@@agency.example"}, ("agency.example",)),
    ],
)
def test_whose_a_network_is(fields: dict[str, str], expected: tuple[str | None, ...]) -> None:
    assert organisations(dumpsys_wifi([wifi_network(1, keys="WPA_EAP", **fields)])) == expected


@pytest.mark.parametrize("keys", ["WPA_EAP", "WPA_PSK FT_EAP", "IEEE8021X", "SUITE_B_192", "FILS_SHA256", "WAPI_CERT"])
def test_every_kind_of_identity_counts(keys: str) -> None:
    assert organisations(dumpsys_wifi([wifi_network(1, keys=keys)])) == (None,)


@pytest.mark.parametrize("keys", ["NONE", "WPA_PSK", "SAE", "OWE", "WPA2_PSK FT_PSK", "DPP", "WAPI_PSK"])
def test_shared_keys_are_nobodys_identity(keys: str) -> None:
    assert organisations(dumpsys_wifi([wifi_network(1, keys=keys)])) == ()


def test_the_network_of_the_phone_company_is_no_tie() -> None:
    sim = wifi_network(1, keys="WPA_EAP", identity="0242@wlan.mnc001.mcc242.3gppnetwork.org", eap_method="AKA'")
    assert organisations(dumpsys_wifi([sim])) == ()
    named = wifi_network(1, keys="WPA_EAP", realm="agency.example", eap_method="SIM")
    assert organisations(dumpsys_wifi([named])) == ("agency.example",)


def test_android_7_prints_no_method_and_the_realm_tells_of_the_sim() -> None:
    sim = wifi_network(1, keys="WPA_EAP", identity="0242@wlan.mnc001.mcc242.3gppnetwork.org")
    assert organisations(dumpsys_wifi([sim])) == ()
    assert organisations(dumpsys_wifi([wifi_network(1, keys="WPA_EAP", identity="x@3gppnetwork.org.example")])) == (
        "3gppnetwork.org.example",
    )


def test_a_password_method_with_a_realm_of_phone_companies_stays_unknown() -> None:
    odd = wifi_network(1, keys="WPA_EAP", realm="3gppnetwork.org", eap_method="TTLS")
    assert organisations(dumpsys_wifi([odd])) == (None,)


def test_a_method_of_another_network_does_not_excuse_this_one() -> None:
    networks = [wifi_network(1, keys="WPA_EAP"), wifi_network(2, keys="WPA_EAP", eap_method="SIM")]
    assert organisations(dumpsys_wifi(networks)) == (None,)


def test_passpoint_providers_are_ties_but_those_of_the_sim() -> None:
    assert organisations(dumpsys_wifi(providers=MARIMBA)) == ("roam.agency.example", "agency.example")
    assert organisations(dumpsys_wifi(providers=PHONE_COMPANY)) == ()
    passpoint = wifi_network(1, keys="WPA_EAP", fqdn="roam.agency.example")
    assert organisations(dumpsys_wifi([passpoint])) == ("roam.agency.example",)


@pytest.mark.parametrize(
    ("approved", "carrier", "expected"), [("true", "false", 1), ("false", "false", 0), ("true", "true", 0)]
)
def test_a_suggestion_counts_where_the_user_approved_an_app_that_is_not_the_phone_companys(
    approved: str, carrier: str, expected: int
) -> None:
    suggested = (
        "WifiNetworkSuggestionsManager - Networks Begin ----\nPackage Name: com.example.it\n"
        f"Has user approved: {approved}\nHas carrier privileges: {carrier}\nNetwork: WifiNetworkSuggestion[ "
        'SSID="Staff", BSSID=null, FQDN=null, SecurityParams= wpa2-enterprise wpa3 enterprise^, priority=0 ]\n'
        "WifiNetworkSuggestionsManager - Networks End ----\n"
    )
    assert organisations(dumpsys_wifi() + suggested) == (None,) * expected


def test_a_suggested_network_with_a_shared_key_is_no_tie_whatever_its_name() -> None:
    suggested = (
        "WifiNetworkSuggestionsManager - Networks Begin ----\nPackage Name: com.example.cafe\n"
        "Has user approved: true\nHas carrier privileges: false\nNetwork: WifiNetworkSuggestion[ "
        'SSID="CheapEnterprise", BSSID=null, FQDN=null, SecurityParams= wpa2-psk wpa3-sae^, priority=0 ]\n'
        "WifiNetworkSuggestionsManager - Networks End ----\n"
    )
    assert organisations(dumpsys_wifi() + suggested) == ()


def test_the_log_of_the_service_is_no_list() -> None:
    assert organisations(dumpsys_wifi()) == ()


def test_android_4_lists_networks_without_an_end() -> None:
    assert parser.read(OLD).organisations == ("agency.example",)
    assert parser.read(OLD).damage is None


def test_a_network_in_the_middle_of_a_cut_list_makes_it_doubtful() -> None:
    whole = dumpsys_wifi([HOME, STAFF])
    found = parser.read(whole[: whole.index("WifiConfigManager - Configured networks End")])
    assert found.organisations == ("agency.example",)
    assert found.damage is not None


def test_an_end_that_an_identity_pretends_hides_no_network() -> None:
    forged = wifi_network(0, keys="WPA_EAP", identity="x\nWifiConfigManager - Configured networks End ----")
    assert "agency.example" in organisations(dumpsys_wifi([forged, STAFF]))


def test_a_block_that_an_identity_pretends_to_end_hides_no_domain() -> None:
    forged = wifi_network(
        0, keys="WPA_EAP", identity="a@harmless.example\nIP config:", domain_suffix_match="agency.example"
    )
    assert "agency.example" in organisations(dumpsys_wifi([forged, HOME]))


def test_more_networks_than_are_read_are_no_whole_list() -> None:
    many = [wifi_network(at, keys="WPA_EAP", realm=f"d{at}.example") for at in range(1200)]
    found = parser.read(dumpsys_wifi(many))
    assert len(found.organisations) == 1000
    assert found.damage is not None


def test_a_time_out_on_the_device_makes_the_list_doubtful() -> None:
    assert parser.read(dumpsys_wifi([HOME]) + "*** SERVICE 'wifi' DUMP TIMEOUT (10000ms) EXPIRED ***\n").damage


@pytest.mark.parametrize(("count", "expected"), [(0, ()), (2, (None,))])
def test_android_8_0_counts_enterprise_networks_and_lists_none(count: int, expected: tuple[str | None, ...]) -> None:
    dump = f"Wi-Fi is enabled\nmWifiLogProto.numSavedNetworks=3\nmWifiLogProto.numEnterpriseNetworks={count}\n"
    assert organisations(dump) == expected


@pytest.mark.parametrize(
    "output",
    ["", "Wi-Fi is disabled\nLatest scan results:\n", "Wifi Service is not started. no dump available\n",
     "Can't find service: wifi\n", "Permission Denial: can't dump WifiService\n"],
)  # fmt: skip
def test_no_list_is_no_empty_list(output: str) -> None:
    with pytest.raises(ParseError):
        parser.read(output)


def test_it_is_recognised_and_a_bug_report_is_not() -> None:
    assert parser.recognise("wifi.txt", dumpsys_wifi([HOME]).encode())
    assert parser.recognise("wifi.txt", OLD.replace("Internal state", "Latest scan results").encode())
    assert not parser.recognise("report.txt", bugreport({"wifi": dumpsys_wifi([HOME])}).encode())
    assert not parser.recognise("x", b"\x00\xff")


def test_carriage_returns_are_no_part_of_a_domain() -> None:
    raw = dumpsys_wifi([STAFF]).replace("\n", "\r\n").encode()
    assert [link.target for link in parser.parse(FileSet(files={"main": raw})).links] == ["agency.example"]


@pytest.mark.parametrize(
    ("field", "value", "organisations"),
    [
        ("identity", "ann.example", (None,)),
        ("identity", "192.0.2.7", (None,)),
        ("identity", "AGENCY\\ann.example", (None,)),
        ("identity", "ann@AGENCY", ("agency", None)),
        ("identity", "host/pc1.agency.example", ("pc1.agency.example",)),
        ("subject_match", "CN=radius.agency.example", ("radius.agency.example",)),
        ("subject_match", "/C=NO/O=The.Agency/CN=radius.agency.example", ("radius.agency.example",)),
        ("subject_match", "/CN=x/emailAddress=it@agency.example", ("agency.example",)),
        ("altsubject_match", "IP:192.0.2.7", (None,)),
        ("altsubject_match", "DNS:*.agency.example;EMAIL:it@b.example", ("agency.example", "b.example")),
        ("realm", "agency", (None,)),
    ],
)
def test_the_name_of_a_user_or_a_part_of_a_subject_is_no_organisation(
    field: str, value: str, organisations: tuple[str | None, ...]
) -> None:
    """`ann.example` is how many organisations name their people: taken for a domain, it would be a foreign one."""
    network = wifi_network(1, keys="WPA_EAP IEEE8021X", eap_method="PEAP", **{field: value})
    assert parser.read(dumpsys_wifi([network])).organisations == organisations
