"""One Android device, whatever the way in: users, apps, accounts, managers, networks, with coverage for every user."""

from msgspec import structs

from setapart_agent.collectors.android import source as commands
from setapart_agent.collectors.android.answers import Answer, ask
from setapart_agent.collectors.android.apps import MULTI_USER_API, Packages, collect_apps, packages_of
from setapart_agent.collectors.android.networks import COLLECTOR as NETWORKS_NAME
from setapart_agent.collectors.android.networks import collect_networks
from setapart_agent.collectors.android.parse import (
    dumpsys_account,
    dumpsys_content,
    dumpsys_device_policy,
    dumpsys_user,
    getprop,
    pm_list,
)
from setapart_agent.collectors.android.parse.account_facts import account_facts
from setapart_agent.collectors.android.parse.android_user import AndroidUser, united
from setapart_agent.collectors.android.parse.dumpsys_account import UserAccounts
from setapart_agent.collectors.android.source import AndroidSource
from setapart_agent.collectors.base import Collected, CollectorInfo, Observed, uncovered
from setapart_agent.collectors.worker import note_device
from setapart_agent.facts import DeviceFacts, Facts, unite
from setapart_evidence.model import Coverage, Link, Service

_HERE = "setapart_agent.collectors.android"
_SHARED = tuple(
    f"{_HERE}.{name}"
    for name in ("collector", "answers", "source", "held", "archive", "bugreport", "acquisition", "androidqf", "adb",
                 "adb_client", "parse.command_output", "parse.android_user", "parse.dumpsys_user", "parse.getprop",
                 "parse.bugreport", "parse.androidqf_acquisition")
)  # fmt: skip
_PARSED = f"{_HERE}.parse"

PACKAGES = CollectorInfo(
    name=pm_list.COLLECTOR,
    version=2,
    sections=("apps",),
    maturity="captures",
    reads=(
        "pm list packages per user",
        "dumpsys package",
        "certificates of installed APKs",
        "androidqf's packages.json and package_users.json",
    ),
    modules=(
        *_SHARED,
        f"{_HERE}.apps",
        f"{_HERE}.apk_signature",
        f"{_PARSED}.pm_list",
        f"{_PARSED}.dumpsys_package",
        f"{_PARSED}.androidqf_packages",
        f"{_PARSED}.androidqf_users",
        f"{_PARSED}.web_apk",
    ),
)
ACCOUNTS = CollectorInfo(
    name=dumpsys_account.COLLECTOR,
    version=2,
    sections=("accounts",),
    maturity="captures",
    reads=("dumpsys account", "dumpsys content"),
    modules=(
        *_SHARED,
        f"{_HERE}.account_types",
        f"{_PARSED}.account_facts",
        f"{_PARSED}.dumpsys_account",
        f"{_PARSED}.dumpsys_content",
    ),
)
DEVICE_POLICY = CollectorInfo(
    name="android.device-policy",
    version=1,
    sections=("links",),
    maturity="captures",
    reads=("dumpsys device_policy", "the setting always_on_vpn_app"),
    modules=(*_SHARED, f"{_PARSED}.dumpsys_device_policy"),
)
NETWORKS = CollectorInfo(
    name=NETWORKS_NAME,
    version=1,
    sections=("links",),
    maturity="untested",
    reads=("dumpsys wifi", "dumpsys vpn_management", "dumpsys connectivity"),
    modules=(
        *_SHARED,
        f"{_HERE}.networks",
        f"{_PARSED}.dumpsys_wifi",
        f"{_PARSED}.dumpsys_vpn",
        f"{_PARSED}.dumpsys_connectivity",
        f"{_PARSED}.pm_list",
    ),
)
COLLECTORS = (PACKAGES, ACCOUNTS, DEVICE_POLICY, NETWORKS)

USERS_UNKNOWN = "users-unknown"
"""The reason of rows that say that there may be users whom nothing lists."""
OWNERS_UNTOLD = "before Android 6 nothing tells who manages a phone"
_OWNED_API, _OWNERS_TOLD_API = 18, 23


def collect(source: AndroidSource) -> Collected:
    """Everything that one source tells of a device. What it does not tell is coverage; nothing is raised."""
    properties = ask(source, commands.GETPROP, getprop.read)
    device = properties.value if isinstance(properties, Observed) else DeviceFacts(platform="android")
    device = structs.replace(device, serial=source.serial() or device.serial)
    note_device(device)
    packages = packages_of(source)
    dumped = ask(source, commands.DUMPSYS_ACCOUNT, dumpsys_account.read)
    users, certain, foreground = _users(source, dumped, packages)
    certain = certain or (device.os_api_level is not None and device.os_api_level < MULTI_USER_API)
    ids = tuple(user.id for user in users)
    facts = unite(
        (
            Facts(device=device, profiles=tuple(user.profile() for user in users)),
            collect_apps(source, ids, packages, device.os_api_level),
            _accounts(source, users, dumped),
            _links(source, ids, device.os_api_level),
            collect_networks(source, users, foreground, device.os_api_level),
        )
    )
    if not certain:
        facts = structs.replace(facts, coverage=tuple(_others_unknown(row, ids[0]) for row in facts.coverage))
    return Collected(facts=facts, collectors=COLLECTORS)


def _users(
    source: AndroidSource, dumped: Answer[tuple[UserAccounts, ...]], packages: Packages
) -> tuple[tuple[AndroidUser, ...], bool, str | None]:
    """Every user that anything names, user 0 at least; whether anything lists them all; who is in the foreground."""
    found: list[AndroidUser] = []
    foreground: str | None = None
    certain = packages.whole
    for command in (commands.CMD_USER_LIST, commands.PM_LIST_USERS, commands.DUMPSYS_USER):
        listed = ask(source, command, dumpsys_user.read)
        if isinstance(listed, Observed):
            found += listed.value.users
            certain = certain or listed.value.damage is None
            foreground = foreground or listed.value.current
    if isinstance(dumped, Observed):
        found += (one.user for one in dumped.value)
        certain = certain or all(one.damage is None and one.user.flags is not None for one in dumped.value)
    if isinstance(packages.androidqf_users, Observed):
        found += packages.androidqf_users.value.users
        certain = certain or packages.androidqf_users.value.damage is None
    found += (AndroidUser(id=user) for user in packages.users)
    return united(tuple(found)) or (AndroidUser(id="0"),), certain, foreground


def _others_unknown(row: Coverage, user: str) -> Coverage:
    """The row, partial if it stands for the one user that is known while there may be others."""
    if row.profile != user or row.status != "observed":
        return row
    return structs.replace(row, status="partial", reason=USERS_UNKNOWN)


def _accounts(source: AndroidSource, users: tuple[AndroidUser, ...], dumped: Answer[tuple[UserAccounts, ...]]) -> Facts:
    if not isinstance(dumped, Observed):
        return Facts(coverage=tuple(uncovered("accounts", user.id, ACCOUNTS.name, dumped) for user in users))
    synced = _synced(source)
    facts = [
        account_facts(one.user, one.name, one.type, one.client, synced.get((one.user, one.name, one.type), ()))
        for block in dumped.value
        for one in block.accounts
    ]
    return Facts(
        accounts=tuple(account for account, _ in facts if account is not None),
        links=tuple(dict.fromkeys(link for _, link in facts if link is not None)),
        coverage=dumpsys_account.coverage(users, dumped.value),
    )


def _synced(source: AndroidSource) -> dict[tuple[str, str, str], tuple[Service, ...]]:
    """What accounts synchronise: only more about accounts that are known, so a refusal costs nothing."""
    answer = ask(source, commands.DUMPSYS_CONTENT, dumpsys_content.read)
    found = answer.value if isinstance(answer, Observed) else ()
    return {(one.user, one.name, one.type): one.services for one in found}


def _links(source: AndroidSource, users: tuple[str, ...], api_level: int | None) -> Facts:
    policy = ask(source, commands.DUMPSYS_DEVICE_POLICY, dumpsys_device_policy.read)
    if not isinstance(policy, Observed):
        rows = tuple(uncovered("links", user, DEVICE_POLICY.name, policy) for user in users)
        return Facts(links=_always_on_vpn(source), coverage=rows)
    untold = api_level is not None and _OWNED_API <= api_level < _OWNERS_TOLD_API
    damage = policy.value.damage or (OWNERS_UNTOLD if untold else None)
    return Facts(
        links=tuple(dict.fromkeys((*dumpsys_device_policy.links(policy.value), *_always_on_vpn(source)))),
        coverage=tuple(
            Coverage(
                section="links",
                profile=user,
                collector=DEVICE_POLICY.name,
                status="observed" if damage is None else "partial",
                reason=damage,
            )
            for user in users
        ),
    )


def _always_on_vpn(source: AndroidSource) -> tuple[Link, ...]:
    """The VPN that the foreground user (user 0 but on shared tablets) keeps on; the app is no network's name."""
    setting = source.output(commands.ALWAYS_ON_VPN)
    if isinstance(setting, Observed) and pm_list.PACKAGE_NAME.fullmatch(
        value := setting.value.decode("ascii", "replace").strip()
    ):
        return () if value == "null" else (Link(kind="vpn", target=None, profile="0"),)
    return ()
