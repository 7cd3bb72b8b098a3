"""The shipped alerts: valid, raised when they should be and not otherwise, about figures that the auditor has."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from repository import REPOSITORY
from web_world import world

RULES = REPOSITORY / "packaging" / "auditor" / "prometheus" / "setapart-auditor.rules.yml"
WORLDS = Path(__file__).with_name("alerts.yml")
ALERTS = re.findall(r"- alert: (\w+)", RULES.read_text(encoding="utf-8"))


def promtool(*arguments: object, given: bytes | None = None) -> str:
    ran = subprocess.run(
        ["promtool", *map(str, arguments)], input=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    assert ran.returncode == 0, ran.stdout.decode()
    return ran.stdout.decode()


@pytest.mark.needs("promtool")
def test_prometheus_accepts_the_rules() -> None:
    assert f"{len(ALERTS)} rules found" in promtool("check", "rules", RULES)


@pytest.mark.needs("promtool")
def test_each_alert_is_raised_when_it_should_be_and_not_otherwise(tmp_path: Path) -> None:
    shutil.copy(RULES, tmp_path)
    shutil.copy(WORLDS, tmp_path)
    assert "SUCCESS" in promtool("test", "rules", tmp_path / WORLDS.name)


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_is_tried_in_a_world_where_it_is_raised_and_in_one_where_it_is_not(alert: str) -> None:
    tried = re.split(r"\n      - ", WORLDS.read_text(encoding="utf-8"))
    mine = [one for one in tried if re.search(rf"alertname: {alert}\b", one)]
    assert {"exp_alerts" in one for one in mine} == {True, False}


@pytest.mark.needs("promtool")
def test_the_figures_that_the_rules_ask_for_are_the_auditor_s(tmp_path: Path) -> None:
    with world(tmp_path / "a") as made:
        made.service.post("/v1/report", made.phones[0].report())
        made.service.post("/v1/report", b"x")
        shown = made.service.ask("/metrics").body
    figures = set(re.findall(r"^(setapart_\w+)", shown.decode(), re.MULTILINE))
    asked = set(re.findall(r"\bsetapart_(?!auditor)\w+", RULES.read_text(encoding="utf-8")))
    # The service signs its first checkpoint when ten minutes, or its time, are over.
    assert asked - {"setapart_checkpoint_age_seconds"} <= figures
    assert re.search(
        r'^setapart_http_request_seconds_count\{route="/v1/report",status="200"\}', shown.decode(), re.MULTILINE
    )
    assert re.search(r'^setapart_answered_total\{outcome="accepted"\}', shown.decode(), re.MULTILINE)
    promtool("check", "metrics", given=shown)
