"""Two histories of one device."""

import re
import shlex
import tomllib

import pytest

from evidence_factory import TIKTOK, app, make_inventory, make_received, make_registration, make_station_report
from judging import findings, judge, only

CONTROL = "chain-forked"
ONE, OTHER = make_received(), make_received(make_inventory(apps=[app(TIKTOK)]))
DIGESTS = (ONE.report.statement_digest, OTHER.report.statement_digest)


def test_a_fork_makes_the_device_invalid_and_hides_no_finding() -> None:
    verdict = judge(ONE, OTHER)
    assert verdict.status == "invalid"
    assert only(verdict, "restricted-app-on-ordinary-device").severity == "violation"
    assert only(verdict, CONTROL).evidence.endswith("/predicate/observation/sequence")
    assert all(digest in only(verdict, CONTROL).cure for digest in DIGESTS)


@pytest.mark.parametrize("settled", [(), DIGESTS[:1], DIGESTS[1:], ("sha256:" + "00" * 32,)])
def test_a_fork_is_open_until_every_payload_in_it_is_settled(settled: tuple[str, ...]) -> None:
    assert judge(ONE, OTHER, registration=make_registration(settled=settled)).status == "invalid"


def test_a_settled_fork_is_judged_by_both_sides() -> None:
    verdict = judge(ONE, OTHER, registration=make_registration(settled=DIGESTS))
    assert verdict.status == "violation"
    assert not findings(verdict, CONTROL)


def test_a_new_payload_opens_a_settled_fork_again() -> None:
    third = make_received(make_inventory(apps=[app()]))
    assert judge(ONE, OTHER, third, registration=make_registration(settled=DIGESTS)).status == "invalid"


def test_of_two_forks_the_settled_one_does_not_hide_the_other() -> None:
    later = [make_received(inventory, sequence=5) for inventory in (make_inventory(), make_inventory(apps=[app()]))]
    for settled in (DIGESTS, tuple(item.report.statement_digest for item in later)):
        verdict = judge(ONE, OTHER, *later, registration=make_registration(settled=settled))
        assert (verdict.status, len(findings(verdict, CONTROL))) == ("invalid", 1)


def test_a_fork_is_shown_in_a_report_of_the_key_that_signed_both() -> None:
    station = [
        make_station_report(inventory, sequence=3) for inventory in (make_inventory(), make_inventory(apps=[app()]))
    ]
    verdict = judge(make_received(), *station)
    assert only(verdict, CONTROL).evidence in ("#1/predicate/observation/sequence", "#0/predicate/observation/sequence")
    assert verdict.status == "invalid"


def test_the_cure_holds_the_line_for_the_register() -> None:
    line = re.search(r"settled = \[.*\]", only(judge(ONE, OTHER), CONTROL).cure)
    assert line is not None
    assert sorted(tomllib.loads(line[0])["settled"]) == sorted(DIGESTS)


def test_the_cure_names_the_command_that_settles_it_in_the_store() -> None:
    cure = only(judge(ONE, OTHER, registration=make_registration(name="ada's phone")), CONTROL).cure
    (command,) = re.findall(r"`(.*?)`", cure)
    assert shlex.split(command) == ["setapart-auditor", "device", "settle", "ada's phone", *sorted(DIGESTS)]
