"""The bundle that a unit's agents should have: none is issued without need, none is older than what an agent has."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from evidence_factory import DEVICE_ID, DEVICE_SIGNER
from intakes import SECONDS, register
from setapart_auditor.installation import Installation, Policies, load_policies
from setapart_auditor.intake.bundles import Bundles
from setapart_auditor.intake.service import Intake
from setapart_auditor.register.database import change_device, find_device
from setapart_evidence.bundle import read_bundle
from setapart_evidence.receipt import Request, make_request
from stores import make_installation

NOW = dt.datetime(2026, 11, 2, 8, 0, 0, 500_000, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = make_installation(tmp_path / "auditor")
    yield made
    made.store.close()


@pytest.fixture
def policies(installation: Installation) -> Policies:
    """Unit `north` has a rule of its own."""
    other = load_policies(installation, "eu-commission-2023").default
    return replace(load_policies(installation), units={"north": other})


def version(bundles: Bundles, unit: str, hours: int, moved: int | None = None) -> int:
    when = None if moved is None else NOW + moved * HOUR
    return bundles.of(unit, NOW + hours * HOUR, moved=when).signed.bundle.version


def test_a_bundle_is_issued_once_for_a_rule_and_again_at_half_of_its_time(
    installation: Installation, policies: Policies
) -> None:
    bundles = Bundles(installation, policies)
    found = [version(bundles, unit, 0) for unit in ("", "south", "NORTH", "north", "")]
    assert found == [1, 1, 2, 2, 1]
    assert version(Bundles(installation, policies), "", 1) == 1
    half = installation.settings.policy.bundle_days * 12
    assert [version(bundles, "", half - 1), version(bundles, "", half), version(bundles, "", half)] == [1, 3, 3]


@pytest.mark.parametrize("restart", [False, True])
def test_a_device_from_another_unit_gets_a_bundle_after_the_one_that_it_has(
    installation: Installation, policies: Policies, restart: bool
) -> None:
    bundles = Bundles(installation, policies)
    assert (version(bundles, "", 0), version(bundles, "north", 0)) == (1, 2)
    if restart:
        bundles = Bundles(installation, policies)
    assert version(bundles, "", 2, moved=1) == 3
    assert [version(bundles, "", 3, moved=1), version(bundles, "", 3), version(bundles, "north", 3)] == [3, 3, 2]
    assert version(bundles, "north", 5, moved=4) == 4
    assert [version(bundles, "north", 6, moved=4), version(bundles, "", 6, moved=1)] == [4, 3]
    assert version(bundles, "north", 7, moved=5) == 4  # it is the newest already


def test_a_rule_that_comes_back_gets_a_bundle_after_that_of_the_rule_between(installation: Installation) -> None:
    first, between = load_policies(installation), load_policies(installation, "eu-commission-2023")
    assert version(Bundles(installation, first), "", 0) == 1
    assert version(Bundles(installation, between), "", 1) == 2
    again = Bundles(installation, first)
    assert [version(again, "", 2), version(again, "", 3), version(Bundles(installation, first), "", 4)] == [3, 3, 3]


def test_a_moved_device_that_asks_is_given_a_bundle_that_its_agent_takes(
    installation: Installation, policies: Policies
) -> None:
    register(installation)
    ask = make_request(Request(device=DEVICE_ID, auditor=installation.keyid, ask="bundle", asked_at=NOW), DEVICE_SIGNER)
    intake, versions = Intake(installation, policies, limited=False), []
    intake.start()
    try:
        for hour, unit in enumerate(("", "north", "", "NORTH", "south")):
            when = NOW + hour * HOUR
            with installation.store.write() as connection:
                change_device(connection, find_device(connection, DEVICE_ID), {"unit": unit}, "o1", when)
            answer = intake.submit(ask, address="192.0.2.1", now=when + HOUR / 2).result(SECONDS)
            versions.append(read_bundle(answer.body, installation.keyid).bundle.version)
    finally:
        intake.close()
    assert versions == [1, 2, 3, 4, 5]
