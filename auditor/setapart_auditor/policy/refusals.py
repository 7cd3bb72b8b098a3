"""What no pack may say, however well it is spelt: each of these would quietly switch a part of the rule off."""

import difflib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from setapart_evidence.identifiers import KINDS, WEAK_KINDS

from .catalog import PUBLISHER_KINDS, Catalog
from .controls import CONTROL, ControlSpec
from .internal import EXPECTED, internal_keys
from .model import ROLES, SEVERITIES, ControlRule, Pack
from .overlay import LOOSENABLE
from .restricted import restricted_apps

_FINDABLE = KINDS - WEAK_KINDS - PUBLISHER_KINDS
MAX_EXCEPTION_DAYS = 730
MAX_AGE_DAYS = 366
MAX_GRACE_DAYS = 92
YEARS = range(1990, 2201)
"""The years that a rule or a register can mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A value that can't stand: where, what, what would be accepted, and the nearest way there."""

    path: tuple[str, ...]
    got: str
    expected: str = ""
    cure: str = ""


def refusals(pack: Pack, catalog: Catalog) -> Iterator[Refusal]:
    """Everything in a merged pack that can't stand, in the order of its tables."""
    yield from _effective(pack)
    yield from _covers(pack)
    yield from _restricted(pack, catalog)
    yield from _internal(pack)
    yield from _exception(pack, catalog)
    yield from _limits(pack)
    yield from _controls(pack)
    yield from _may_loosen(pack)


def _effective(pack: Pack) -> Iterator[Refusal]:
    start = pack.effective.from_
    if start.year not in YEARS:
        yield Refusal(path=("effective", "from"), got=f"{start}", expected=f"a year from {YEARS[0]} to {YEARS[-1]}")
    for name in ("sunset", "review_by"):
        day = getattr(pack.effective, name)
        if day is not None and day <= start:
            yield Refusal(
                path=("effective", name), got=f"{day}", expected=f"a day after {start}, when it comes in force"
            )


def _covers(pack: Pack) -> Iterator[Refusal]:
    for name, known in (("persons", ("all", *ROLES)), ("devices", ("phone", "tablet", "workstation"))):
        listed = getattr(pack.covers, name)
        if not listed:
            yield Refusal(path=("covers", name), got="an empty list: the pack would reach nobody")
        yield from _unknown(("covers", name), listed, known, "role")


def _restricted(pack: Pack, catalog: Catalog) -> Iterator[Refusal]:
    rule = pack.restricted
    vendors = {vendor.vendor for vendor in catalog.vendors}
    categories = {app.category for app in catalog.apps.values()}
    yield from _unknown(("restricted", "apps"), rule.apps, catalog.apps, "app of the catalog")
    yield from _unknown(("restricted", "vendors"), rule.vendors, vendors, "vendor of the catalog")
    yield from _unknown(("restricted", "categories"), rule.categories, categories, "category of the catalog")
    apps = restricted_apps(rule, catalog)
    if not apps:
        yield Refusal(
            path=("restricted",), got="no app is restricted", expected="apps, vendors, categories or countries"
        )
    findable = {
        head for app, head in apps.items() if any(one.kind in _FINDABLE for one in catalog.apps[app].identifier)
    }
    for app in sorted(set(rule.apps).intersection(apps) - findable):
        yield Refusal(
            path=("restricted", "apps"),
            got=f"app `{app}` has no identifier in the catalog: no device would ever have it",
            expected="at least one identifier",
        )


def _internal(pack: Pack) -> Iterator[Refusal]:
    for name, value, key in internal_keys(pack.internal):
        if key is None:
            yield Refusal(path=("internal", name), got=f"`{value}`", expected=EXPECTED[name])


def _exception(pack: Pack, catalog: Catalog) -> Iterator[Refusal]:
    rule = pack.exception
    if rule.blanket:
        yield Refusal(
            path=("exception", "blanket"),
            got="true: an exception that is bound to no device, app and holder",
            expected="false",
        )
    if rule.allowed and rule.max_days > MAX_EXCEPTION_DAYS:
        yield Refusal(
            path=("exception", "max_days"), got=f"{rule.max_days}", expected=f"at most {MAX_EXCEPTION_DAYS} days"
        )
    yield from _unknown(("exception", "not_for_roles"), rule.not_for_roles, ROLES, "role")
    yield from _unknown(("exception", "not_for_apps"), rule.not_for_apps, catalog.apps, "app of the catalog")


def _limits(pack: Pack) -> Iterator[Refusal]:
    for name, most in (("max_age", MAX_AGE_DAYS), ("grace_for_new", MAX_GRACE_DAYS)):
        days = getattr(pack.freshness, name)
        if days > most:
            yield Refusal(path=("freshness", name), got=f"{days}", expected=f"at most {most} days")
    if "apps" not in pack.coverage.ordinary:
        yield Refusal(
            path=("coverage", "ordinary"), got="a list without apps", expected='"apps" and what else is required'
        )


def _controls(pack: Pack) -> Iterator[Refusal]:
    for control, rule in pack.controls.items():
        if control in CONTROL:
            yield from _control(CONTROL[control], rule)
        else:
            yield from _unknown(("controls", control), (control,), CONTROL, "control")


def _control(spec: ControlSpec, rule: ControlRule) -> Iterator[Refusal]:
    path = ("controls", spec.id, "severity")
    rank = SEVERITIES.index(rule.severity)
    if spec.core and rank < SEVERITIES.index(spec.severity):
        yield Refusal(path=path, got=f"{rule.severity}: a core control can't be lowered", expected=spec.severity)
    if rank > SEVERITIES.index(spec.highest):
        yield Refusal(path=path, got=rule.severity, expected=f"{spec.highest} at most")
    if rule.days is not None and spec.days is None:
        yield Refusal(path=("controls", spec.id, "days"), got=f"{rule.days}", expected="no days: it counts none")


def _may_loosen(pack: Pack) -> Iterator[Refusal]:
    for key in pack.overlay.may_loosen:
        if key not in LOOSENABLE:
            near = difflib.get_close_matches(key, LOOSENABLE, 1)
            yield Refusal(
                path=("overlay", "may_loosen"),
                got=f"`{key}` can't be loosened: it is of the core, or no key of a pack",
                cure=f"did you mean `{near[0]}`?" if near else "take it from the list",
            )


def _unknown(path: tuple[str, ...], listed: Iterable[str], known: Collection[str], what: str) -> Iterator[Refusal]:
    for name in listed:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            yield Refusal(
                path=path,
                got=f"`{name}` is no {what}",
                expected="" if near else f"one of {', '.join(sorted(known)[:40])}",
                cure=f"did you mean `{near[0]}`?" if near else "",
            )
