"""Dated cases for every shipped pack: what the instrument's words mean for one device on one day.

Each case of `packs/<pack>.toml` is written by hand from the instrument and the decision table. It is told to the engine
as a signed report under the shipped pack with an overlay that says what is internal, judged twice, and compared whole:
status, and the set of all controls of severity warning or worse.

| key | says | default |
|---|---|---|
| at | the day of judging, at noon UTC | |
| class | ordinary, personal, social-dedicated, or unregistered | |
| role | the holder's | staff |
| platform | where `found` does not say it | android |
| found | apps, as `kind:identifier` in the spelling of the device | none |
| signer, label, state | of the first app | |
| app, exception | whose need, and how it stands: see `exceptions_of` | none |
| from, until, ground, other_app | of the exception | |
| internal | services that reach agency.example | none |
| missing | sections that could not be seen | none |
| status, controls | what is expected | |
"""

import datetime as dt
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest

from evidence_factory import DAY, MINUTE, account, link, make_inventory, make_received, make_registration, profile, rows
from setapart_auditor.appraisal.engine import appraise
from setapart_auditor.appraisal.model import Context, Exception_, Registration, Verdict
from setapart_auditor.policy.load import load_policy, pack_ids
from setapart_auditor.policy.model import SEVERITIES, Policy
from setapart_evidence.model import Account, App, AppSource, Inventory, Link, Platform

CASES = Path(__file__).parent / "packs"
CONFIG = Path(__file__).resolve().parents[2] / "config"
NONCE = "ab" * 32

Kind = Literal["android", "ios", "appx", "linux", "flatpak", "snap", "process", "origin"]
PLACES: dict[Kind, tuple[Platform, AppSource]] = {
    "android": ("android", "package-manager"),
    "ios": ("ios", "backup"),
    "appx": ("windows", "appx"),
    "linux": ("linux", "dpkg"),
    "flatpak": ("linux", "flatpak"),
    "snap": ("linux", "snap"),
    "process": ("linux", "process"),
    "origin": ("linux", "browser"),
}
"""Where an app of each kind of identifier is found, and what finds it."""
LINKS = {"vpn": "vpn", "wi-fi": "wifi-enterprise", "files": "file-share", "directory": "directory-join"}


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One case, as its file has it."""

    name: str
    at: dt.date
    class_: Literal["ordinary", "personal", "social-dedicated", "unregistered"] = msgspec.field(name="class")
    role: str = "staff"
    platform: Platform | None = None
    found: tuple[str, ...] = ()
    signer: str | None = None
    label: str | None = None
    state: Literal["installed", "disabled", "removed-trace"] = "installed"
    app: str = ""
    exception: Literal[
        "none", "valid", "expired", "revoked", "not-yet", "other-device", "other-app", "other-holder"
    ] = "none"
    from_: dt.date | None = msgspec.field(name="from", default=None)
    until: dt.date | None = None
    ground: str = "communication"
    other_app: str = ""
    internal: tuple[Literal["mail", "calendar", "contacts", "vpn", "wi-fi", "files", "directory"], ...] = ()
    missing: tuple[Literal["apps", "accounts", "links"], ...] = ()
    status: str
    controls: tuple[str, ...] = ()

    @property
    def now(self) -> dt.datetime:
        """The moment of judging."""
        return dt.datetime.combine(self.at, dt.time(12), dt.UTC)


class Cases(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of cases."""

    case: tuple[Case, ...]


def read_cases(pack: str) -> tuple[Case, ...]:
    return msgspec.convert(tomllib.loads((CASES / f"{pack}.toml").read_text("utf-8")), Cases).case


def all_cases() -> Iterator[Any]:
    for file in sorted(CASES.glob("*.toml")):
        for case in read_cases(file.stem):
            yield pytest.param(file.stem, case, id=f"{file.stem}-{re.sub(r'[^a-z0-9]+', '-', case.name.lower())}")


def inventory_of(case: Case) -> Inventory:
    """What the device reported: one profile, and every section seen but those that are missing."""
    found = [item.partition(":") for item in case.found]
    platforms = {PLACES[kind][0] for kind, _, _ in found} | ({case.platform} if case.platform else set())
    assert len(platforms) <= 1, "one device has one platform"
    apps = tuple(
        App(
            identifier=identifier,
            profile="0",
            source=PLACES[kind][1],
            kind={"origin": "web-app", "process": "portable"}.get(kind, "native"),  # type: ignore[arg-type]
            **({"publisher": case.signer, "name": case.label, "state": case.state} if at == 0 else {}),
        )
        for at, (kind, _, identifier) in enumerate(found)
    )
    seen = [section for section in ("apps", "accounts", "links") if section not in case.missing]
    return make_inventory(
        platform=next(iter(platforms), "android"),
        profiles=(profile("0"),),
        apps=apps,
        accounts=tuple(accounts_of(case)),
        links=tuple(links_of(case)),
        coverage=(
            *(rows(*seen) if seen else ()),  # type: ignore[arg-type]
            *(rows(*case.missing, status="denied", reason="refused") if case.missing else ()),
        ),
    )


def accounts_of(case: Case) -> Iterator[Account]:
    yield account(domain="provider.example")
    services = tuple(name for name in ("mail", "calendar", "contacts") if name in case.internal)
    if services:
        yield account(type="exchange", services=services, domain="agency.example")


def links_of(case: Case) -> Iterator[Link]:
    for name, kind in LINKS.items():
        if name in case.internal:
            yield link(kind, "gateway.agency.example")


def registration_of(case: Case) -> Registration:
    known = case.class_ != "unregistered"
    return make_registration(
        case.class_ if known else "ordinary",
        role=case.role,
        since=dt.date(2020, 1, 1),
        registered=known,
        ownership="private" if case.class_ == "personal" else "organisation",
    )


def exceptions_of(case: Case) -> tuple[Exception_, ...]:
    """The exception that the case tells of: by default it began a month ago and ends in two."""
    if case.exception == "none":
        return ()
    start, end = case.at - 30 * DAY, case.at + 60 * DAY
    span = {"expired": (case.at - 90 * DAY, case.at - DAY), "not-yet": (case.at + DAY, end)}.get(case.exception)
    start, end = span or (start, end)
    return (
        Exception_(
            id="E-1",
            device="another-phone" if case.exception == "other-device" else "patrol-phone",
            app=case.other_app if case.exception == "other-app" else case.app,
            holder="h2" if case.exception == "other-holder" else "h1",
            need="prevention outreach to young people",
            ground=case.ground,
            requested_by="o1",
            approved_by="o2",
            valid_from=case.from_ or start,
            until=case.until or end,
            revoked=case.at if case.exception == "revoked" else None,
        ),
    )


def judge(case: Case, policy: Policy) -> Verdict:
    """Judges the case by one report that came five minutes ago, and whose nonce was given ten minutes ago."""
    received = make_received(inventory_of(case), received_at=case.now - 5 * MINUTE, nonce=NONCE)
    context = Context(nonces={NONCE: case.now - 10 * MINUTE})
    return appraise((received,), registration_of(case), exceptions_of(case), policy, context, case.now)


@pytest.fixture(scope="session")
def policies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Policy]:
    """Every shipped pack, with an overlay that says what is internal."""
    folder = tmp_path_factory.mktemp("overlays")
    found = {}
    for pack in pack_ids(CONFIG):
        overlay = folder / f"{pack}.toml"
        overlay.write_text(f'base = "{pack}"\n[internal]\ndomains = ["agency.example"]\n', "utf-8")
        found[pack] = load_policy(pack, overlay, CONFIG)
    return found


@pytest.mark.parametrize(("pack", "case"), tuple(all_cases()))
def test_a_pack_judges_a_case_as_its_instrument_says(pack: str, case: Case, policies: dict[str, Policy]) -> None:
    verdict = judge(case, policies[pack])
    loud = {finding.control for finding in verdict.findings if SEVERITIES.index(finding.severity) >= 1}
    assert (verdict.status, loud) == (case.status, set(case.controls)), verdict.findings


@pytest.mark.parametrize(("pack", "case"), tuple(all_cases()))
def test_a_case_judged_again_gives_the_same_bytes(pack: str, case: Case, policies: dict[str, Policy]) -> None:
    first, second = (msgspec.json.encode(judge(case, policies[pack])) for _ in range(2))
    assert first == second


def test_every_shipped_pack_has_a_dozen_cases_of_its_own() -> None:
    counts = {pack: len(read_cases(pack)) for pack in pack_ids(CONFIG)}
    assert min(counts.values()) >= 12, counts


@pytest.mark.parametrize("pack", pack_ids(CONFIG))
def test_a_packs_cases_stand_on_both_sides_of_its_first_day(pack: str, policies: dict[str, Policy]) -> None:
    start = policies[pack].pack.effective.from_
    days = {case.at for case in read_cases(pack)}
    assert {start - DAY, start} <= days


@pytest.mark.parametrize("pack", pack_ids(CONFIG))
def test_a_packs_cases_have_names_of_their_own(pack: str) -> None:
    names = [case.name for case in read_cases(pack)]
    assert len(set(names)) == len(names)
