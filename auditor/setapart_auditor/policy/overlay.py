"""Overlays: a pack, and on it a file that names its `base` and holds changed values only.

A value replaces the base's value; a table is merged key by key. Lists whose every entry makes the rule stricter
(`ADDED`) are added to: an overlay that names one more app need not repeat the others, and can't drop one. An overlay
may only tighten. What its base lists in `[overlay] may_loosen` it may loosen as well, except for the core.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from setapart_auditor.errors import PolicyError
from setapart_auditor.toml_file import TomlFile

from .controls import CONTROL, CONTROLS
from .model import SEVERITIES, ControlRule, Pack

T = TypeVar("T")
Tighter = Callable[[Any, Any], bool]
"""Whether the second value is as strict as the first, or stricter."""

ADDED = frozenset(
    {f"restricted.{key}" for key in ("apps", "vendors", "categories", "countries")}
    | {f"internal.{key}" for key in ("domains", "hosts", "tenants", "directories", "vpns", "networks")}
    | {f"exception.{key}" for key in ("not_for_roles", "not_for_apps", "device_conditions")}
)
"""Lists that an overlay adds to; every other list it replaces."""

_MATURITIES = ("untested", "captures", "real-hardware")
_GRADES = ("self-declared", "imported", "station", "agent-key", "hardware-key")
_PROOFS = ("none", "epoch", "nonce")


def _any(_base: object, _new: object) -> bool:
    return True


def _superset(base: Sequence[str], new: Sequence[str]) -> bool:
    return set(base) <= set(new)


def _subset(base: Sequence[str], new: Sequence[str]) -> bool:
    return set(new) <= set(base)


def _at_most(base: int, new: int) -> bool:
    return new <= base


def _persons(base: Sequence[str], new: Sequence[str]) -> bool:
    return "all" in new or set(base) <= set(new)


def _trigger(base: str, new: str) -> bool:
    return new in (base, "any-access")


def _no_later(base: Any, new: Any) -> bool:  # noqa: ANN401 - dates
    return bool(new <= base)


def _sunset(base: Any, new: Any) -> bool:  # noqa: ANN401 - dates or None
    return new is None or (base is not None and new >= base)


def _grounds(base: Sequence[str], new: Sequence[str]) -> bool:
    """No grounds at all means that any ground will do."""
    return not base or (bool(new) and set(new) <= set(base))


def _approver(base: str | None, new: str | None) -> bool:
    return base is None or new == base


def _kept_on(base: bool, new: bool) -> bool:  # noqa: FBT001
    return new or not base


def _kept_off(base: bool, new: bool) -> bool:  # noqa: FBT001
    return base or not new


def _later_in(order: Sequence[str]) -> Tighter:
    return lambda base, new: order.index(new) >= order.index(base)


TIGHTER: Mapping[str, Tighter] = {
    "id": _any,
    "version": _any,
    "title": _any,
    "base": _any,
    "source": _any,
    "effective.from": _no_later,
    "effective.review_by": _any,
    "effective.sunset": _sunset,
    "covers.persons": _persons,
    "covers.devices": _superset,
    "covers.byod": _kept_on,
    "covers.web_access": _kept_on,
    "covers.trigger": _trigger,
    **dict.fromkeys(sorted(ADDED), _superset),
    "personal.rule": _later_in(("app-or-link", "as-ordinary")),
    "exception.allowed": _kept_off,
    "exception.grounds": _grounds,
    "exception.approver_role": _approver,
    "exception.delegable": _kept_off,
    "exception.max_days": _at_most,
    "exception.blanket": _kept_off,
    "exception.signed": _kept_on,
    "freshness.max_age": _at_most,
    "freshness.grace_for_new": _at_most,
    "freshness.require": _later_in(_PROOFS),
    "coverage.ordinary": _superset,
    "coverage.enforcement_counts": _kept_off,
    "coverage.min_maturity": _later_in(_MATURITIES),
    "coverage.min_grade": _later_in(_GRADES),
    "overlay.may_loosen": _subset,
}
"""Every key of a pack except `controls`, which has as many as there are controls."""

_CORE = frozenset(key for key in TIGHTER if key.startswith(("restricted.", "internal."))) | {
    "coverage.ordinary",
    "exception.blanket",
    "overlay.may_loosen",
}
_NEUTRAL = frozenset(key for key, rule in TIGHTER.items() if rule is _any)
LOOSENABLE = (
    frozenset(TIGHTER) - _CORE - _NEUTRAL
    | {f"controls.{spec.id}.severity" for spec in CONTROLS if not spec.core}
    | {f"controls.{spec.id}.days" for spec in CONTROLS if spec.days is not None}
)
"""The keys that `[overlay] may_loosen` can list."""


def merge(base: Mapping[str, Any], overlay: Mapping[str, Any], table: str = "") -> dict[str, Any]:
    """The tables of an overlay laid over those of its base; types are checked later, when the whole is converted."""
    merged = dict(base)
    for key, value in overlay.items():
        below = base.get(key)
        if isinstance(value, dict) and isinstance(below, dict):
            merged[key] = merge(below, value, f"{table}{key}.")
        elif f"{table}{key}" in ADDED and isinstance(value, list) and isinstance(below, list):
            known = {item for item in below if isinstance(item, str)}
            merged[key] = below + [item for item in value if not isinstance(item, str) or item not in known]
        else:
            merged[key] = value
    return merged


def check_tighter(base: Pack, merged: Pack, overlay: TomlFile) -> None:
    """Returns if no key is looser than in the base, but for those that the base lets go.

    Raises:
        PolicyError: the first one that is looser.
    """
    allowed = LOOSENABLE.intersection(base.overlay.may_loosen)
    for key, tighter in TIGHTER.items():
        before, after = value_of(base, key), value_of(merged, key)
        if key not in allowed and not tighter(before, after):
            raise _loosened(overlay, tuple(key.split(".")), before, after)
    for control in merged.controls:
        if control in CONTROL:
            _check_control(control, base, merged, overlay, allowed)


def value_of(pack: Pack, key: str) -> Any:  # noqa: ANN401 - of any of a pack's types
    """The value at `table.key`."""
    value: Any = pack
    for name in key.split("."):
        value = getattr(value, "from_" if name == "from" else name)
    return value


def control_rule(pack: Pack, control: str) -> ControlRule:
    """The severity and days of a control: the pack's, or else the vocabulary's."""
    spec, own = CONTROL[control], pack.controls.get(control)
    days = own.days if own is not None and own.days is not None else spec.days
    return ControlRule(severity=own.severity if own is not None else spec.severity, days=days)


def _check_control(control: str, base: Pack, merged: Pack, overlay: TomlFile, allowed: frozenset[str]) -> None:
    before, after = control_rule(base, control), control_rule(merged, control)
    path = ("controls", control)
    lower = SEVERITIES.index(after.severity) < SEVERITIES.index(before.severity)
    if lower and f"controls.{control}.severity" not in allowed:
        raise _loosened(overlay, (*path, "severity"), before.severity, after.severity)
    fewer = before.days is not None and after.days is not None and after.days < before.days
    if fewer and f"controls.{control}.days" not in allowed:
        raise _loosened(overlay, (*path, "days"), before.days, after.days)


def _loosened(overlay: TomlFile, path: tuple[str, ...], before: object, after: object) -> PolicyError:
    key = ".".join(path)
    listed = f', or have the base list "{key}" in [overlay] may_loosen' if key in LOOSENABLE else ""
    return PolicyError(
        f"{_shown(after)} is looser than the base's {_shown(before)}",
        expected="an overlay that only tightens",
        cure=f"leave the key out{listed}",
        where=overlay.where(*path),
    )


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(str(item) for item in value)}]"
    return "nothing" if value is None else f"{value}"
