"""What holds for every device, report and pack: total, monotone, deterministic, blind to order and unknown fields."""

import datetime as dt
import json
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence_factory import (
    DAY,
    DEVICE_SIGNER,
    K9,
    MINUTE,
    NOW,
    RESTRICTED,
    TELEGRAM,
    TIKTOK,
    TIKTOK_CERTIFICATE,
    TIKTOK_LITE,
    Keys,
    make_exception,
    make_policy,
    make_predicate,
    make_received,
    make_registration,
    make_station_report,
)
from judging import ISSUED, NONCE
from setapart_auditor.appraisal.engine import appraise
from setapart_auditor.appraisal.model import Context, Disclosed, Exception_, Received, Registration, Status, Verdict
from setapart_auditor.policy.controls import CONTROL
from setapart_auditor.policy.model import CoverageRule, ExceptionRule, Freshness, Policy
from setapart_evidence.model import Account, App, Coverage, Device, Enforcement, Inventory, Link, Profile, Withheld
from setapart_evidence.open import open_report
from setapart_evidence.report import encode_inventory, make_report
from setapart_evidence.statement import Disclosure

BUNDLE = "sha256:" + "b0" * 32
PROFILES = st.sampled_from(["0", "10", "0/chromium/Default", "system"])
APPS = st.builds(
    App,
    identifier=st.sampled_from(["org.example.notes", TIKTOK, TIKTOK_LITE, TELEGRAM, K9, "https://www.tiktok.com/"]),
    name=st.sampled_from([None, "TikTok", "Тiktok", "Notes"]),
    profile=PROFILES,
    kind=st.sampled_from(["native", "web-app", "browser-extension", "portable"]),
    source=st.sampled_from(["package-manager", "apk", "browser", "backup"]),
    state=st.sampled_from(["installed", "disabled", "archived", "removed-trace"]),
    publisher=st.sampled_from([None, TIKTOK_CERTIFICATE, "sha256:" + "00" * 32]),
    publisher_hint=st.sampled_from([None, "194326e8"]),
    permissions=st.sampled_from([(), ("contacts",)]),
)
NAMES = st.sampled_from([None, "agency.example", "mail.agency.example", "provider.example", "192.0.2.1"])
ACCOUNTS = st.builds(
    Account,
    profile=PROFILES,
    type=st.sampled_from(["imap", TIKTOK]),
    services=st.sampled_from([(), ("mail",), ("mail", "calendar")]),
    domain=NAMES,
    host=NAMES,
    tenant=st.sampled_from([None, "agency-tenant"]),
    address_digest=st.sampled_from([None, "hmac:1"]),
    withheld=st.sampled_from([(), (), ("domain",)]),
)
LINKS = st.builds(
    Link,
    kind=st.sampled_from(["vpn", "mdm", "wifi-enterprise", "certificate", "directory-join"]),
    target=NAMES,
    profile=PROFILES,
)
ROWS = st.builds(
    Coverage,
    section=st.sampled_from(["apps", "accounts", "links"]),
    profile=PROFILES,
    collector=st.sampled_from(["one", "two", "agent.own-store"]),
    status=st.sampled_from(["observed", "observed", "observed", "partial", "denied"]),
    reason=st.sampled_from([None, "own-store:k-9", "own-store:elsewhere"]),
)
COMPLETE = tuple(
    Coverage(section=section, profile=profile, collector="one", status="observed")  # type: ignore[arg-type]
    for section in ("apps", "accounts", "links")
    for profile in ("0", "10", "system")
)
INVENTORIES = st.builds(
    Inventory,
    device=st.sampled_from([Device(platform="android"), Device(platform="linux")]),
    profiles=st.lists(
        st.builds(Profile, id=st.sampled_from(["0", "10"]), kind=st.sampled_from(["primary", "work"])), max_size=2
    ).map(tuple),
    apps=st.lists(APPS, max_size=3).map(tuple),
    accounts=st.lists(ACCOUNTS, max_size=2).map(tuple),
    links=st.lists(LINKS, max_size=2).map(tuple),
    enforcement=st.sampled_from(
        [(), (Enforcement(kind="app-block", identifiers=(TIKTOK, TIKTOK_LITE, TELEGRAM), by="mdm"),)]
    ),
    coverage=st.one_of(st.just(COMPLETE), st.lists(ROWS, max_size=6).map(tuple)),
    withheld=st.sampled_from([Withheld(), Withheld(), Withheld(apps=3, accounts=1)]),
)
DISCLOSURES = st.sampled_from(
    [Disclosure(level="full"), Disclosure(level="scoped"), Disclosure(level="scoped", bundle=BUNDLE)]
)
POLICIES = st.builds(
    make_policy,
    personal=st.sampled_from(["as-ordinary", "app-or-link"]),
    internal=st.sampled_from([(), ("domain:agency.example",)]),
    exception=st.builds(ExceptionRule, allowed=st.booleans(), signed=st.booleans()),
    freshness=st.builds(Freshness, require=st.sampled_from(["none", "epoch"])),
    coverage=st.builds(
        CoverageRule,
        ordinary=st.sampled_from([("apps",), ("apps", "accounts")]),
        enforcement_counts=st.booleans(),
        min_grade=st.sampled_from(["self-declared", "agent-key"]),
        min_maturity=st.sampled_from(["untested", "untested", "captures"]),
    ),
    severities=st.dictionaries(
        st.sampled_from(sorted(CONTROL)), st.sampled_from(["info", "warning", "inconclusive", "violation"]), max_size=3
    ),
)
REGISTRATIONS = st.builds(
    make_registration,
    st.sampled_from(["ordinary", "personal", "social-dedicated"]),
    registered=st.sampled_from([True, True, False]),
    since=st.sampled_from([None, NOW.date() - 5 * DAY, dt.date(2020, 1, 1)]),
)
EXCEPTIONS = st.sampled_from([(), (make_exception(),), (make_exception(holder="h2"),)])
AGES = st.sampled_from([MINUTE, 20 * DAY, 40 * DAY])
CONTEXT = Context(
    nonces={NONCE: ISSUED},
    bundles={
        BUNDLE: Disclosed(identifiers=make_policy().needed_identifiers, internal=frozenset({"domain:agency.example"}))
    },
    shared={"hmac:1": ("desk-1",)},
)


class World(msgspec.Struct, frozen=True, kw_only=True):
    """Everything around an inventory that a verdict depends on."""

    registration: Registration
    exceptions: tuple[Exception_, ...]
    policy: Policy
    disclosure: Disclosure
    age: dt.timedelta
    nonce: str | None

    def report(self, inventory: Inventory, **fields: Any) -> Received:
        return make_received(
            inventory,
            received_at=NOW - self.age,
            **{"disclosure": self.disclosure, "nonce": self.nonce, **fields},
        )

    def judge(self, *reports: Received, context: Context = CONTEXT) -> Verdict:
        return appraise(reports, self.registration, self.exceptions, self.policy, context, NOW)

    def status(self, *reports: Received, context: Context = CONTEXT) -> Status:
        return Status[self.judge(*reports, context=context).status.upper()]


WORLDS = st.builds(
    World,
    registration=REGISTRATIONS,
    exceptions=EXCEPTIONS,
    policy=POLICIES,
    disclosure=DISCLOSURES,
    age=AGES,
    nonce=st.sampled_from([None, NONCE]),
)
modest = settings(max_examples=100, deadline=None)


@modest
@given(WORLDS, INVENTORIES)
def test_every_device_gets_one_status_and_every_finding_its_reason_and_cure(world: World, inventory: Inventory) -> None:
    report = world.report(inventory)
    verdict = world.judge(report)
    assert Status[verdict.status.upper()] in Status
    for finding in verdict.findings:
        assert finding.message
        assert finding.cure
        assert finding.control in CONTROL
        points_at_something(finding.evidence, report)


def points_at_something(evidence: str, report: Received) -> None:
    """Follows a JSON pointer (RFC 6901) into the inventory or the statement."""
    if evidence.startswith(("register:/", "policy:/")):
        return
    assert evidence.startswith("/")
    value: Any = {"predicate": msgspec.to_builtins(report.report.predicate)} | msgspec.to_builtins(
        report.report.inventory
    )
    for part in evidence.split("/")[1:]:
        value = value[int(part)] if isinstance(value, list | tuple) else value[part]


@modest
@given(WORLDS, INVENTORIES)
def test_only_complete_and_fresh_evidence_is_green(world: World, inventory: Inventory) -> None:
    """Checked from the other side than the engine does: what a green verdict must have had."""
    if world.status(world.report(inventory)) > Status.EXCEPTED:
        return
    assert world.age < 31 * DAY
    assert inventory.profiles
    blocked = world.policy.pack.coverage.enforcement_counts and inventory.enforcement
    for profile in inventory.profiles:
        sections = [row for row in inventory.coverage if row.section == "apps" and row.profile == profile.id]
        assert blocked or (sections and all(row.status == "observed" for row in sections))


@modest
@given(WORLDS, INVENTORIES, APPS)
def test_one_more_app_never_improves(world: World, inventory: Inventory, app: App) -> None:
    more = msgspec.structs.replace(inventory, apps=(*inventory.apps, app))
    assert world.status(world.report(more)) >= world.status(world.report(inventory))


@modest
@given(WORLDS, INVENTORIES, ACCOUNTS)
def test_one_more_account_never_improves(world: World, inventory: Inventory, account: Account) -> None:
    more = msgspec.structs.replace(inventory, accounts=(*inventory.accounts, account))
    assert world.status(world.report(more)) >= world.status(world.report(inventory))


@modest
@given(WORLDS, INVENTORIES, LINKS)
def test_one_more_link_never_improves(world: World, inventory: Inventory, link: Link) -> None:
    more = msgspec.structs.replace(inventory, links=(*inventory.links, link))
    assert world.status(world.report(more)) >= world.status(world.report(inventory))


@modest
@given(WORLDS, INVENTORIES, st.sampled_from(["secondary", "work", "guest", "clone", "system"]))
def test_one_more_profile_never_improves(world: World, inventory: Inventory, kind: Any) -> None:
    if not inventory.profiles:
        return  # a list that was empty was silence, and a first profile ends it
    more = msgspec.structs.replace(inventory, profiles=(*inventory.profiles, Profile(id="150", kind=kind)))
    assert world.status(world.report(more)) >= world.status(world.report(inventory))


@modest
@given(WORLDS, INVENTORIES, st.data())
def test_one_less_observed_row_never_improves(world: World, inventory: Inventory, data: st.DataObject) -> None:
    observed = [index for index, row in enumerate(inventory.coverage) if row.status == "observed"]
    if not observed:
        return
    index = data.draw(st.sampled_from(observed))
    worse = data.draw(st.sampled_from(["partial", "denied", "unsupported", "failed", "gone"]))
    row = inventory.coverage[index]
    put = () if worse == "gone" else (msgspec.structs.replace(row, status=worse),)
    less = msgspec.structs.replace(
        inventory, coverage=(*inventory.coverage[:index], *put, *inventory.coverage[index + 1 :])
    )
    assert world.status(world.report(less)) >= world.status(world.report(inventory))


@modest
@given(WORLDS, INVENTORIES, st.data())
def test_a_narrower_bundle_never_improves(world: World, inventory: Inventory, data: st.DataObject) -> None:
    world = msgspec.structs.replace(world, disclosure=Disclosure(level="scoped", bundle=BUNDLE))
    wide = CONTEXT.bundles[BUNDLE]
    dropped = data.draw(st.sets(st.sampled_from(sorted(wide.identifiers)), min_size=1))
    narrow = Disclosed(
        identifiers=wide.identifiers - dropped, internal=data.draw(st.sampled_from([wide.internal, frozenset()]))
    )
    report = world.report(inventory)
    narrowed = Context(nonces=CONTEXT.nonces, shared=CONTEXT.shared, bundles={BUNDLE: narrow})
    forgotten = Context(nonces=CONTEXT.nonces, shared=CONTEXT.shared)
    assert world.status(report, context=narrowed) >= world.status(report)
    assert world.status(report, context=forgotten) >= world.status(report)


@modest
@given(WORLDS, INVENTORIES, INVENTORIES, APPS)
def test_of_two_sources_one_more_app_in_either_never_improves(
    world: World, one: Inventory, other: Inventory, app: App
) -> None:
    more = msgspec.structs.replace(one, apps=(*one.apps, app))
    station = make_station_report(other, received_at=NOW - 2 * MINUTE, nonce=NONCE)
    assert world.status(world.report(more), station) >= world.status(world.report(one), station)


@modest
@given(WORLDS, st.lists(INVENTORIES, min_size=1, max_size=4), st.randoms(use_true_random=False), st.data())
def test_order_and_repetition_of_a_history_change_nothing(
    world: World, inventories: list[Inventory], random: Any, data: st.DataObject
) -> None:
    reports: list[Received] = []
    for index, inventory in enumerate(inventories):
        previous = reports[-1].report.statement_digest if reports else None
        reports.append(
            make_received(
                inventory, received_at=NOW - (9 - index) * DAY, sequence=index + 1, previous=previous, nonce=NONCE
            )
        )
    again = [Received(report=item.report, received_at=item.received_at + DAY) for item in reports]
    mixed = [*reports, *data.draw(st.lists(st.sampled_from(again), max_size=4))]
    random.shuffle(mixed)
    assert msgspec.json.encode(world.judge(*mixed)) == msgspec.json.encode(world.judge(*reports))


@modest
@given(WORLDS, INVENTORIES, st.dictionaries(st.text(max_size=8).filter(lambda text: text.isascii()), st.integers(0, 9)))
def test_fields_that_nobody_knows_change_nothing(world: World, inventory: Inventory, extra: dict[str, int]) -> None:
    unknown = {f"x-{name}": value for name, value in extra.items()} | {"verdict": "compliant", "compliant": True}
    body = json.loads(encode_inventory(inventory))
    for place in (body, body["device"], *body["apps"], *body["coverage"]):
        place.update(unknown)
    predicate = make_predicate(collected_at=NOW - world.age, disclosure=world.disclosure, nonce=world.nonce)
    raw, _ = make_report(predicate, json.dumps(body).encode(), DEVICE_SIGNER)
    opened = Received(report=open_report(raw, Keys(DEVICE_SIGNER)), received_at=NOW - world.age)
    known = world.judge(world.report(inventory, collected_at=NOW - world.age))
    found = world.judge(opened)
    assert (found.status, found.findings) == (known.status, known.findings)


@modest
@given(WORLDS, INVENTORIES, st.sampled_from(sorted(RESTRICTED)))
def test_a_pack_that_restricts_more_never_improves(world: World, inventory: Inventory, key: str) -> None:
    less = {other: app for other, app in RESTRICTED.items() if other != key}
    fewer = msgspec.structs.replace(world, policy=_with_restricted(world.policy, less))
    report = world.report(inventory)
    if world.policy.pack.coverage.enforcement_counts:
        return  # what a manager blocks is compared with what the pack restricts, by another list
    assert world.status(report) >= fewer.status(report)


def _with_restricted(policy: Policy, restricted: dict[str, str]) -> Policy:
    import dataclasses

    return dataclasses.replace(policy, restricted=restricted)
