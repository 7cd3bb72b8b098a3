"""What a holder is shown: complete, in order, and nothing of a phone's own making among our sentences."""

import datetime as dt

import pytest

import small_auditor
from setapart_agent.cli.doctor import cure_of
from setapart_agent.collectors.android.adb_client import _STATES
from setapart_agent.facts import DeviceFacts
from setapart_agent.station import showing
from setapart_agent.station.phones import Sighting
from setapart_evidence.bundle import read_bundle
from setapart_evidence.model import Account, App, Coverage, Device, Inventory, Link, Withheld

EVIL = 'x" \x1b[2J\u202e' + "y" * 500


def row(section: str, status: str, reason: str | None, profile: str = "0", collector: str = "c.x") -> Coverage:
    return Coverage(section=section, profile=profile, collector=collector, status=status, reason=reason)


def test_a_text_of_a_phone_is_quoted_short_and_can_not_end_its_quotes() -> None:
    shown = showing.foreign(EVIL)
    assert shown.isprintable()
    assert len(shown) <= 66
    assert shown.count('"') == 2
    assert showing.foreign(None) == showing.foreign("") == "not told"


def test_a_phone_is_told_from_another_without_its_serial() -> None:
    shown = showing.phone_name(Sighting(kind="adb", key="RPLY00000001", model="Replay One"))
    assert shown == 'An Android phone, "Replay One" (serial ends in "0001")'
    assert showing.phone_name(Sighting(kind="ios-usb", key="\x1b" * 9)).isprintable()


@pytest.mark.parametrize("state", [state for state in _STATES if state != "device"] + ["\x1b[2J"])
def test_every_state_of_adb_says_what_to_do(state: str) -> None:
    told = showing.not_ready(Sighting(kind="adb", key="S", state=state))
    assert told.isprintable()
    assert any(word in told for word in ("Unlock", "Wait", "IT:", "Restart", "unlock"))


def test_a_phone_says_what_it_is() -> None:
    device = DeviceFacts(platform="android", os_version="14", manufacturer="Replay", model=None, serial="SECRET")
    shown = [one.text for one in showing.recognised(device, "hw-1", "patrol")]
    assert shown == [
        'Maker: "Replay"',
        "Model: not told",
        'System: Android "14"',
        'Name in the register: "patrol"',
        "Its id at the auditor: hw-1",
    ]


def test_what_would_leave_names_the_policy_its_end_and_who_gets_it() -> None:
    raw = small_auditor.bundle(7, expires_at=dt.datetime(2027, 1, 2, 3, 4, tzinfo=dt.UTC))
    shown = [one.text for one in showing.would_leave(read_bundle(raw).bundle, "scoped", "https://auditor.example")]
    assert shown[0] == "Policy bundle 7, valid until 2027-01-02 03:04:00 UTC. Disclosure: scoped."
    assert "Mail addresses: none, in no form." in shown
    assert "https://auditor.example" in shown[-1]
    full = [one.text for one in showing.would_leave(read_bundle(raw).bundle, "full", "https://auditor.example")]
    assert "Apps: all of them." in full


def test_coverage_is_told_with_what_would_help_alike_rows_together() -> None:
    shown = list(
        showing.not_seen(
            (
                row("apps", "observed", None),
                row("apps", "denied", "`x` was refused by the device", "10"),
                row("apps", "denied", "`x` was refused by the device", "11"),
                row("links", "partial", None),
            ),
            cure_of,
        )
    )
    assert [one.text for one in shown if not one.is_item] == [
        'apps of profile "10, 11": `x` was refused by the device.',
        'managers and networks of profile "0": partial.',
    ]
    assert "unlock it and read it again" in shown[1].text
    assert len(shown) == 4


def test_that_everything_was_seen_is_said() -> None:
    assert len(list(showing.not_seen((row("apps", "observed", None),), cure_of))) == 1


def test_everything_that_would_be_sent_is_shown() -> None:
    inventory = Inventory(
        device=Device(platform="android"),
        profiles=(),
        apps=(
            App(identifier="com.a", name=EVIL, version="1", profile="0", source="package-manager"),
            App(identifier="com.b", profile="10", source="package-manager", state="removed-trace"),
        ),
        accounts=(
            Account(profile="0", type="com.google", services=("mail",), withheld=("domain",)),
            Account(profile="10", type="exchange", domain="agency.example", host="mx.agency.example"),
        ),
        links=(Link(kind="vpn", target="vpn.agency.example", profile="0"),),
        enforcement=(),
        coverage=(),
        withheld=Withheld(apps=7, accounts=1),
    )
    shown = [one.text for one in showing.found(inventory)]
    assert shown[0] == "Apps: 2. Others that stay: 7."
    assert '"com.a"' in shown[1]
    assert shown[2] == '"com.b", removed-trace (profile "10")'
    assert shown[3] == "Accounts: 2. Of them cut to type and services: 1."
    assert shown[4] == '"com.google"; reaches mail; stays: domain (profile "0")'
    assert shown[5] == '"exchange"; "agency.example"; "mx.agency.example" (profile "10")'
    assert shown[6:] == ["Links: 1", 'vpn "vpn.agency.example" (profile "0")']
    assert all(text.isprintable() for text in shown)


def test_a_list_without_end_is_cut_and_says_so() -> None:
    apps = tuple(App(identifier=f"com.a{n}", profile="0", source="package-manager") for n in range(1000))
    inventory = Inventory(
        device=Device(platform="android"), profiles=(), apps=apps, accounts=(), links=(), coverage=(),
        withheld=Withheld(apps=0, accounts=0),
    )  # fmt: skip
    shown = [one.text for one in showing.found(inventory)]
    assert len(shown) < 50
    assert "and 960 more" in shown
