"""What no pack may say: each row would quietly switch a part of the rule off."""

from pathlib import Path

import pytest

from config_factory import PACK, make_config, with_lines
from setapart_auditor.errors import PolicyError
from setapart_auditor.policy.load import load_policy

EMPTY = {"restricted__apps": "[]"}


@pytest.mark.parametrize(
    ("changes", "extra", "where", "got"),
    [
        (EMPTY, "", "[restricted]", "no app is restricted"),
        ({"restricted__apps": '["tik-tok"]'}, "", "[restricted] apps", "`tik-tok` is no app of the catalog"),
        ({"restricted__apps": '["telegram-news"]'}, "", "[restricted] apps", "has no identifier"),
        ({"effective__from": "2023-03-21\nsunset = 2023-03-21"}, "", "[effective] sunset", "2023-03-21"),
        ({"effective__from": "2023-03-21\nreview_by = 2023-01-01"}, "", "[effective] review_by", "2023-01-01"),
        ({"effective__from": "0001-01-01"}, "", "[effective] from", "0001-01-01"),
        ({"effective__from": "9999-12-31"}, "", "[effective] from", "9999-12-31"),
        ({"covers__persons": "[]"}, "", "[covers] persons", "reach nobody"),
        ({"covers__persons": '["ministers"]'}, "", "[covers] persons", "`ministers` is no role"),
        ({"covers__devices": "[]"}, "", "[covers] devices", "reach nobody"),
        ({"internal__domains": '["@agency.example"]'}, "", "[internal] domains", "`@agency.example`"),
        ({"exception__blanket": "true"}, "", "[exception] blanket", "bound to no device"),
        ({"exception__max_days": "731"}, "", "[exception] max_days", "731"),
        ({"exception__not_for_roles": '["minster"]'}, "", "[exception] not_for_roles", "`minster` is no role"),
        ({"exception__signed": 'false\nnot_for_apps = ["x"]'}, "", "[exception] not_for_apps", "`x` is no app"),
        ({"freshness__max_age": "367"}, "", "[freshness] max_age", "367"),
        ({"freshness__grace_for_new": "93"}, "", "[freshness] grace_for_new", "93"),
        ({"coverage__ordinary": "[]"}, "", "[coverage] ordinary", "without apps"),
        ({"coverage__ordinary": '["links"]'}, "", "[coverage] ordinary", "without apps"),
        ({}, '[controls.web-apps]\nseverity = "info"', "[controls.web-apps]", "`web-apps` is no control"),
        ({}, '[controls.coverage-incomplete]\nseverity = "warning"', "[controls.coverage-incomplete] severity",
         "can't be lowered"),
        ({}, '[controls.chain-forked]\nseverity = "inconclusive"', "[controls.chain-forked] severity",
         "can't be lowered"),
        ({}, '[controls.suspect-app]\nseverity = "violation"', "[controls.suspect-app] severity", "violation"),
        ({}, '[controls.clock-skew]\nseverity = "info"\ndays = 3', "[controls.clock-skew] days", "3"),
        ({"overlay__may_loosen": '["restricted.apps"]'}, "", "[overlay] may_loosen", "of the core"),
        ({"overlay__may_loosen": '["controls.evidence-stale.severity"]'}, "", "[overlay] may_loosen", "of the core"),
        ({"overlay__may_loosen": '["exception.maxdays"]'}, "", "[overlay] may_loosen", "no key of a pack"),
    ],
)  # fmt: skip
def test_a_pack_that_switches_something_off_is_refused(
    changes: dict[str, str], extra: str, where: str, got: str, tmp_path: Path
) -> None:
    pack = with_lines(PACK, **changes) + extra
    with pytest.raises(PolicyError) as caught:
        load_policy("agency-1", root=make_config(tmp_path, pack=pack))
    assert caught.value.where.startswith("packs/agency-1.toml")
    assert caught.value.where.endswith(f": {where}")
    assert got in caught.value.got


@pytest.mark.parametrize(
    "changes",
    [
        {"restricted__apps": '[]\nvendors = ["bytedance"]'},
        {"restricted__apps": '[]\ncategories = ["messenger"]'},
        {"restricted__apps": '[]\ncountries = ["CN", "KP"]'},
        {"exception__max_days": "730"},
        {"exception__allowed": "false", "exception__max_days": "3660"},
        {"freshness__max_age": "366", "freshness__grace_for_new": "92"},
        {"coverage__ordinary": '["apps", "accounts", "links"]'},
        {"overlay__may_loosen": '["controls.web-app.severity", "controls.exception-expires-soon.days"]'},
    ],
)
def test_a_pack_at_the_limits_stands(changes: dict[str, str], tmp_path: Path) -> None:
    assert load_policy("agency-1", root=make_config(tmp_path, pack=with_lines(PACK, **changes))).apps


def test_the_nearest_name_is_offered(tmp_path: Path) -> None:
    pack = with_lines(PACK, restricted__apps='["tik-tok"]')
    with pytest.raises(PolicyError, match="did you mean `tiktok`"):
        load_policy("agency-1", root=make_config(tmp_path, pack=pack))
