"""An overlay may only tighten: for every key of a pack, in both directions."""

import datetime as dt
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from config_factory import PACK, with_lines
from setapart_auditor.errors import PolicyError
from setapart_auditor.policy.controls import CONTROLS
from setapart_auditor.policy.model import SEVERITIES, ControlRule, Pack
from setapart_auditor.policy.overlay import ADDED, LOOSENABLE, TIGHTER, check_tighter, control_rule, merge, value_of
from setapart_auditor.toml_file import TomlFile, read_toml

OVERLAY = read_toml(b'base = "agency-1"\n', "o.toml", PolicyError)
BASE = read_toml(PACK.encode(), "p.toml", PolicyError).convert(Pack)
D = dt.date

# key, looser than or beside the base's value, the base's value, stricter; written from the meaning of each key.
ROWS: tuple[tuple[str, Any, Any, Any], ...] = (
    ("effective.from", D(2023, 3, 22), D(2023, 3, 21), D(2023, 3, 20)),
    ("effective.sunset", D(2024, 1, 1), None, None),
    ("effective.sunset", D(2024, 1, 1), D(2024, 1, 2), D(2024, 1, 3)),
    ("effective.sunset", D(2024, 1, 1), D(2024, 1, 2), None),
    ("covers.persons", ("minister",), ("all",), ("staff", "all")),
    ("covers.persons", ("minister",), ("staff",), ("staff", "minister")),
    ("covers.persons", ("minister",), ("staff",), ("all",)),
    ("covers.devices", ("phone",), ("phone", "tablet"), ("phone", "tablet", "workstation")),
    ("covers.byod", False, True, True),
    ("covers.byod", False, True, True),
    ("covers.web_access", False, True, True),
    ("covers.trigger", "centrally-managed", "employer-paid", "any-access"),
    ("covers.trigger", "employer-paid", "any-access", "any-access"),
    ("restricted.apps", ("telegram",), ("tiktok",), ("tiktok", "telegram")),
    ("restricted.vendors", (), ("bytedance",), ("bytedance", "telegram")),
    ("restricted.categories", (), ("messenger",), ("messenger", "games")),
    ("restricted.countries", (), ("CN",), ("CN", "RU")),
    ("internal.domains", (), ("a.example",), ("a.example", "b.example")),
    ("internal.hosts", (), ("a.example",), ("a.example", "b.example")),
    ("internal.tenants", (), ("a",), ("a", "b")),
    ("internal.directories", (), ("a",), ("a", "b")),
    ("internal.vpns", (), ("a",), ("a", "b")),
    ("internal.networks", (), ("a",), ("a", "b")),
    ("personal.rule", "app-or-link", "as-ordinary", "as-ordinary"),
    ("exception.allowed", True, False, False),
    ("exception.grounds", (), ("research",), ("research",)),
    ("exception.grounds", ("research", "other"), ("research", "press"), ("research",)),
    ("exception.approver_role", None, "minister", "minister"),
    ("exception.approver_role", "clerk", "minister", "minister"),
    ("exception.delegable", True, False, False),
    ("exception.max_days", 366, 365, 364),
    ("exception.blanket", True, False, False),
    ("exception.not_for_roles", (), ("minister",), ("minister", "staff")),
    ("exception.not_for_apps", (), ("tiktok",), ("tiktok", "telegram")),
    ("exception.device_conditions", (), ("no SIM",), ("no SIM", "locked away")),
    ("exception.signed", False, True, True),
    ("freshness.max_age", 31, 30, 29),
    ("freshness.grace_for_new", 15, 14, 13),
    ("freshness.require", "none", "epoch", "nonce"),
    ("coverage.ordinary", ("accounts",), ("apps",), ("apps", "accounts")),
    ("coverage.enforcement_counts", True, False, False),
    ("coverage.min_maturity", "untested", "captures", "real-hardware"),
    ("coverage.min_grade", "self-declared", "imported", "hardware-key"),
    ("overlay.may_loosen", ("freshness.max_age",), (), ()),
)
NEUTRAL = {"id", "version", "title", "base", "source", "effective.review_by"}


def with_value(pack: Pack, key: str, value: Any) -> Pack:
    """The pack with another value at `table.key`."""
    table, _, name = key.partition(".")
    part = structs.replace(getattr(pack, table), **{"from_" if name == "from" else name: value})
    return structs.replace(pack, **{table: part})


def is_allowed(base: Pack, merged: Pack) -> bool:
    """Whether the merged pack may stand on the base."""
    try:
        check_tighter(base, merged, OVERLAY)
    except PolicyError:
        return False
    return True


@pytest.mark.parametrize(("key", "looser", "base", "stricter"), ROWS)
def test_a_key_can_be_tightened_and_not_loosened(key: str, looser: Any, base: Any, stricter: Any) -> None:
    below = structs.replace(with_value(BASE, "overlay.may_loosen", ()))
    below = with_value(below, key, base)
    assert is_allowed(below, below)
    assert is_allowed(below, with_value(below, key, stricter))
    assert not is_allowed(below, with_value(below, key, looser))
    listed = with_value(below, "overlay.may_loosen", (key,))
    released = with_value(
        with_value(listed, key, looser), "overlay.may_loosen", looser if key.startswith("overlay") else (key,)
    )
    assert is_allowed(listed, released) == (key in LOOSENABLE)


def test_every_key_of_a_pack_has_a_rule_and_a_row() -> None:
    keys = set()
    for info in msgspec.structs.fields(Pack):
        inner = getattr(info.type, "__struct_fields__", None)
        if info.name in ("source", "controls") or inner is None:
            keys.add(info.name)
        else:
            keys |= {f"{info.name}.{one.encode_name}" for one in msgspec.structs.fields(info.type)}
    assert keys - {"controls"} == set(TIGHTER)
    assert {row[0] for row in ROWS} | NEUTRAL == set(TIGHTER)


def test_the_core_can_never_be_listed() -> None:
    core = [key for key in TIGHTER if key.startswith(("restricted.", "internal."))]
    core += ["coverage.ordinary", "exception.blanket", "overlay.may_loosen"]
    core += [f"controls.{spec.id}.severity" for spec in CONTROLS if spec.core]
    assert LOOSENABLE.isdisjoint(core)


@pytest.mark.parametrize("control", ["web-app", "restricted-app-on-ordinary-device", "exception-expires-soon"])
@pytest.mark.parametrize("severity", SEVERITIES)
def test_a_control_can_be_raised_and_not_lowered(control: str, severity: Any) -> None:
    merged = structs.replace(BASE, controls={control: ControlRule(severity=severity)})
    default = control_rule(structs.replace(BASE, controls={}), control).severity
    assert is_allowed(BASE, merged) == (SEVERITIES.index(severity) >= SEVERITIES.index(default))
    listed = with_value(BASE, "overlay.may_loosen", (f"controls.{control}.severity",))
    freed = structs.replace(listed, controls=merged.controls)
    assert is_allowed(listed, freed) == (is_allowed(BASE, merged) or control != "restricted-app-on-ordinary-device")


@pytest.mark.parametrize(("days", "allowed"), [(13, False), (14, True), (15, True), (None, True)])
def test_a_warning_can_come_earlier_and_not_later(days: int | None, allowed: bool) -> None:
    rule = ControlRule(severity="warning", days=days)
    assert is_allowed(BASE, structs.replace(BASE, controls={"exception-expires-soon": rule})) is allowed


def test_the_error_says_where_and_what_would_be_accepted() -> None:
    overlay = read_toml(b'base = "agency-1"\n[exception]\nmax_days = 181\n', "o.toml", PolicyError)
    with pytest.raises(PolicyError) as caught:
        check_tighter(BASE, with_value(BASE, "exception.max_days", 181), overlay)
    found = caught.value
    assert found.where == "o.toml, line 3: [exception] max_days"
    assert found.got == "181 is looser than the base's 180"
    assert '"exception.max_days" in [overlay] may_loosen' in found.cure
    with pytest.raises(PolicyError) as caught:
        check_tighter(BASE, with_value(BASE, "restricted.apps", ()), overlay)
    assert caught.value.cure == "leave the key out"


def document(text: str) -> TomlFile:
    return read_toml(text.encode(), "o.toml", PolicyError)


def test_an_overlay_holds_changed_values_only() -> None:
    base = document(PACK).data
    overlay = document(
        'base = "agency-1"\n[restricted]\napps = ["capcut", "tiktok"]\n[internal]\nhosts = ["mail.example"]\n'
        '[exception]\nmax_days = 30\nnot_for_roles = ["adviser"]\ngrounds = ["research"]\n'
        '[controls.extra-profiles]\nseverity = "violation"\n'
    ).data
    merged = msgspec.convert(merge(base, overlay), Pack)
    assert merged.restricted.apps == ("tiktok", "telegram", "capcut")
    assert merged.internal.hosts == ("mail.example",)
    assert merged.exception.not_for_roles == ("minister", "adviser")
    assert merged.exception.grounds == ("research",)
    assert merged.exception.max_days == 30
    assert merged.exception.approver_role == "security-officer"
    assert set(merged.controls) == {"web-app", "extra-profiles"}
    assert merged.base == "agency-1"
    assert merged.source == BASE.source
    assert {"restricted.apps", "internal.domains"} <= ADDED


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "restricted": st.fixed_dictionaries({"apps": st.lists(st.sampled_from(["capcut", "tiktok"]))}),
            "exception": st.fixed_dictionaries(
                {},
                optional={"max_days": st.integers(1, 400), "grounds": st.lists(st.sampled_from(["press", "research"]))},
            ),
            "freshness": st.fixed_dictionaries({}, optional={"max_age": st.integers(1, 60)}),
            "controls": st.dictionaries(
                st.sampled_from(["web-app", "clock-skew"]),
                st.fixed_dictionaries({"severity": st.sampled_from(SEVERITIES)}),
            ),
        },
    )
)
def test_laying_an_accepted_overlay_twice_changes_nothing(overlay: dict[str, Any]) -> None:
    data = document(PACK).data
    once = merge(data, overlay)
    assert merge(once, overlay) == once
    merged = msgspec.convert(once, Pack)
    if is_allowed(BASE, merged):
        assert set(BASE.restricted.apps) <= set(merged.restricted.apps)
        assert merged.exception.max_days <= BASE.exception.max_days


def test_values_are_read_by_their_spelling_in_the_file() -> None:
    assert value_of(BASE, "effective.from") == D(2023, 3, 21)
    assert with_lines(PACK, exception__max_days="7").count("max_days = 7") == 1
