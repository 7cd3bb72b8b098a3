"""The decision table of the rule, row by row: written by hand, judged by the engine under our pack and every shipped one.

Columns of decision.csv:

| column | values |
|---|---|
| app | the restricted apps that are installed |
| class | of the device; `unregistered` is one that the register does not name |
| personal_rule | the pack's choice for personal devices, `-` where it does not matter |
| exception | how the one exception in the register stands to the device; `for-variant` names the lite app alone |
| internal | `mail`, `exchange` (three services), `identity` (none) and `switched-off` are accounts at agency.example, `vpn` is a VPN there, `managed` an MDM there; `unknown-…` says nothing of whose it is; `none` is a foreign mail account |
| coverage | what could not be seen |
| evidence | fresh, stale (31 days), or never reported by a device that is new or is not |
| controls | all that must be found at severity inconclusive or worse |
"""  # noqa: E501

import csv
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from evidence_factory import (
    DAY,
    MINUTE,
    NOW,
    TELEGRAM,
    TIKTOK,
    TIKTOK_LITE,
    account,
    app,
    link,
    make_exception,
    make_inventory,
    make_policy,
    make_received,
    make_registration,
    rows,
)
from judging import ISSUED, NONCE, controls
from setapart_auditor.appraisal.engine import appraise
from setapart_auditor.appraisal.model import Context, Exception_, Received, Registration
from setapart_auditor.policy.load import load_policy, pack_ids
from setapart_auditor.policy.model import Policy
from setapart_evidence.model import Account, Coverage, Inventory, Link

ROOT = Path(__file__).resolve().parents[2]
APPS = {"tiktok": TIKTOK, "tiktok-lite": TIKTOK_LITE, "telegram": TELEGRAM}
ACCOUNTS: dict[str, Account] = {
    "none": account(),
    "mail": account(domain="agency.example"),
    "exchange": account(domain="agency.example", services=("mail", "calendar", "contacts")),
    "identity": account(domain="agency.example", services=()),
    "switched-off": account(domain="agency.example", enabled=False),
    "unknown-account": account(domain=None),
}
LINKS: dict[str, Link] = {
    "vpn": link("vpn", "vpn.agency.example"),
    "unknown-vpn": link("vpn", None),
    "managed": link("mdm", "mdm.agency.example"),
}
COVERAGE: dict[str, tuple[Coverage, ...]] = {
    "complete": rows(),
    "no-apps": (*rows("accounts", "links"), *rows("apps", status="denied")),
    "partial-apps": (*rows(), *rows("apps", status="partial", collector="another")),
    "no-accounts": (*rows("apps", "links"), *rows("accounts", status="denied")),
    "no-links": (*rows("apps", "accounts"), *rows("links", status="unsupported")),
    "own-store": (*rows(), *rows("accounts", status="partial", collector="agent.own-store", reason="own-store:k-9")),
    "silent": (),
    "second-profile": rows(),
    "no-profiles": rows(),
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of decision.csv."""

    case: str
    app: str
    device_class: str
    personal_rule: str
    exception: str
    internal: str
    coverage: str
    evidence: str
    status: str
    controls: frozenset[str]


def read_rows() -> Iterator[Row]:
    with (Path(__file__).parent / "decision.csv").open(encoding="utf-8", newline="") as file:
        for fields in csv.DictReader(file):
            named: dict[str, Any] = dict(fields) | {"device_class": fields["class"]}
            del named["class"]
            yield Row(**named | {"controls": frozenset(filter(None, fields["controls"].split(";")))})


ROWS = tuple(read_rows())


def inventory_of(row: Row) -> Inventory:
    profiles = {"second-profile": ("0", "10"), "no-profiles": ()}.get(row.coverage, ("0",))
    return make_inventory(
        profiles=profiles,
        apps=[app(), *(app(APPS[name]) for name in row.app.split("+") if name != "none")],
        accounts=[ACCOUNTS.get(row.internal, ACCOUNTS["none"])],
        links=[LINKS[row.internal]] if row.internal in LINKS else [],
        coverage=COVERAGE[row.coverage],
    )


def reports_of(row: Row) -> tuple[Received, ...]:
    if row.evidence.startswith("never"):
        return ()
    arrived = NOW - (31 * DAY if row.evidence == "stale" else MINUTE)
    return (make_received(inventory_of(row), received_at=arrived, nonce=NONCE),)


def registration_of(row: Row) -> Registration:
    registered = row.device_class != "unregistered"
    return make_registration(
        row.device_class if registered else "ordinary",
        registered=registered,
        since=NOW.date() - (5 * DAY if row.evidence == "never-new" else 200 * DAY),
    )


def exceptions_of(row: Row, ground: str = "communication") -> tuple[Exception_, ...]:
    if row.exception == "none":
        return ()
    today = NOW.date()
    fields: dict[str, Any] = {
        "valid": {},
        "expired": {"valid_from": today - 60 * DAY, "until": today - DAY},
        "revoked": {"revoked": today},
        "not-begun": {"valid_from": today + DAY},
        "other-device": {"device": "another-phone"},
        "other-app": {"app": "telegram"},
        "other-holder": {"holder": "h2"},
        "for-variant": {"app": "tiktok-lite"},
    }[row.exception]
    span = {"valid_from": today - 10 * DAY, "until": today + 60 * DAY}
    return (make_exception(ground=ground, signed=True, **span | fields),)


def context_of(row: Row) -> Context:
    return Context(nonces={NONCE: ISSUED - (31 * DAY if row.evidence == "stale" else dt.timedelta(0))})


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.case)
def test_the_engine_decides_as_the_table_says(row: Row) -> None:
    rule: Any = "as-ordinary" if row.personal_rule == "-" else row.personal_rule
    verdict = appraise(
        reports_of(row), registration_of(row), exceptions_of(row), make_policy(personal=rule), context_of(row), NOW
    )
    assert (verdict.status, controls(verdict, "inconclusive")) == (row.status, row.controls), verdict.findings


@pytest.fixture(scope="module")
def policies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Policy]:
    """Every shipped pack with an overlay that says what is internal."""
    folder = tmp_path_factory.mktemp("overlays")
    found = {}
    for pack in pack_ids(ROOT / "config"):
        overlay = folder / f"{pack}.toml"
        overlay.write_text(f'base = "{pack}"\n[internal]\ndomains = ["agency.example"]\n', "utf-8")
        found[pack] = load_policy(pack, overlay, ROOT / "config")
    return found


def applies(row: Row, policy: Policy) -> bool:
    """Whether a row speaks of what this pack says: its apps, its choice for personal devices, its exceptions."""
    pack = policy.pack
    rule = pack.exception
    named = {name for name in row.app.split("+") if name != "none"}
    return (
        all(f"android:{APPS[name]}" in policy.restricted for name in named)
        and row.personal_rule in ("-", pack.personal.rule)
        and (row.exception not in ("valid", "for-variant") or (rule.allowed and "staff" not in rule.not_for_roles))
        and ("telegram" not in named or "telegram" not in rule.not_for_apps)
    )


@pytest.mark.parametrize("pack", pack_ids(ROOT / "config"))
def test_a_shipped_pack_changes_only_what_it_says_it_changes(pack: str, policies: dict[str, Policy]) -> None:
    policy = policies[pack]
    ground = next(iter(policy.pack.exception.grounds), "communication")
    wrong = {}
    chosen = [row for row in ROWS if applies(row, policy)]
    for row in chosen:
        verdict = appraise(
            reports_of(row), registration_of(row), exceptions_of(row, ground), policy, context_of(row), NOW
        )
        strict = {
            name
            for name in ("internal-link-without-app", "unregistered-device")
            if policy.severities[name] in ("inconclusive", "violation")
        }
        if strict & controls(verdict, "inconclusive"):
            continue
        if (verdict.status, controls(verdict, "inconclusive")) != (row.status, row.controls):
            wrong[row.case] = (verdict.status, verdict.findings)
    assert not wrong
    assert len(chosen) > 30


def test_the_table_has_every_class_every_exception_and_every_gap() -> None:
    assert {row.device_class for row in ROWS} == {"ordinary", "personal", "social-dedicated", "unregistered"}
    assert {row.coverage for row in ROWS} == COVERAGE.keys()
    assert {row.internal for row in ROWS} == ACCOUNTS.keys() | LINKS.keys()
    assert len({row.case for row in ROWS}) == len(ROWS)
