"""The shipped catalog: spelled as agents spell it, one app per key, and every row of the corpus tables in it."""

import csv
import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec
import pytest

from setapart_agent.collectors.android.account_types import LOCAL_TYPES, SERVICES
from setapart_auditor.policy.catalog import PUBLISHER_KINDS, Catalog, load_catalog
from setapart_auditor.policy.model import CatalogApp, CatalogClient, Identifier, Restricted
from setapart_auditor.policy.restricted import restricted_apps
from setapart_evidence.identifiers import KINDS, WEAK_KINDS, keys_of, look_alike
from setapart_evidence.model import App, AppSource, Platform

CONFIG = Path(__file__).resolve().parents[2] / "config"
CHECKED_LAST = dt.date(2026, 11, 23)
"""The day on which the youngest identifier was checked: a floor for machines whose clock is behind."""

PLACES: dict[str, tuple[Platform, AppSource]] = {
    "android": ("android", "package-manager"),
    "ios": ("ios", "backup"),
    "macos": ("macos", "bundle"),
    "appx": ("windows", "appx"),
    "uninstall": ("windows", "uninstall-key"),
    "uninstall-prefix": ("windows", "uninstall-key"),
    "linux": ("linux", "dpkg"),
    "flatpak": ("linux", "flatpak"),
    "snap": ("linux", "snap"),
    "desktop": ("linux", "desktop-entry"),
    "process": ("linux", "process"),
    "origin": ("linux", "browser"),
}

TABLE_KINDS = {
    "android package": "android",
    "ios bundle id": "ios",
    "mac bundle id": "macos",
    "appx family name": "appx",
    "registry display name": "uninstall",
    "registry display name prefix": "uninstall-prefix",
    "registry key + display name": "uninstall",
    "flatpak id": "flatpak",
    "snap name": "snap",
    "deb/rpm name": "linux",
    "desktop file id": "desktop",
    "PWA start URL": "origin",
}
NOT_AN_IDENTIFIER = {"winget id", "homebrew cask", "pkgutil id", "internal app id", "publisher"}
"""Kinds of the corpus table that no agent reports an app by."""
TABLE_CHECKED = dt.date(2026, 11, 22)

SHORTEST_LABEL = 4
REACHES = "reaches (mail/calendar/contacts)"


@cache
def catalog() -> Catalog:
    return load_catalog(CONFIG)


def entries() -> Iterator[CatalogApp | CatalogClient]:
    yield from catalog().apps.values()
    yield from catalog().clients


def identifiers() -> Iterator[tuple[CatalogApp | CatalogClient, Identifier]]:
    for entry in entries():
        for one in entry.identifier:
            yield entry, one


def app_known_by(one: Identifier) -> tuple[Platform, App]:
    """An app as an agent would report it, for an identifier of the catalog."""
    if one.kind == "signer":
        return "android", App(identifier="x.y", profile="0", source="package-manager", publisher=f"sha256:{one.value}")
    if one.kind == "team":
        return "ios", App(identifier="x.y", profile="0", source="backup", publisher=f"team:{one.value}")
    platform, source = PLACES[one.kind]
    kind = "web-app" if one.kind == "origin" else "portable" if one.kind == "process" else "native"
    name = f"{one.value}.desktop" if one.kind == "desktop" else one.value
    return platform, App(identifier=name, profile="0", source=source, kind=kind)


def test_no_value_is_spelled_as_no_agent_would() -> None:
    for entry, one in identifiers():
        assert f"{one.kind}:{one.value}" in keys_of(*app_known_by(one)), entry.id


def test_every_kind_is_one_that_decides() -> None:
    assert {one.kind for _, one in identifiers()} <= KINDS - WEAK_KINDS


@pytest.mark.parametrize("part", ["apps", "clients"])
def test_no_key_says_two_apps_or_two_clients(part: str) -> None:
    owners = catalog().apps.values() if part == "apps" else catalog().clients
    counts = Counter(
        f"{one.kind}:{one.value}" for owner in owners for one in owner.identifier if one.kind not in PUBLISHER_KINDS
    )
    assert [key for key, count in counts.items() if count > 1] == []


def test_every_identifier_says_where_it_was_found_and_when() -> None:
    today = max(CHECKED_LAST, dt.datetime.now(dt.UTC).date())
    for entry, one in identifiers():
        assert one.source.strip(), entry.id
        assert dt.date(2026, 11, 1) <= one.checked <= today, (entry.id, one.value)


def test_general_knowledge_is_never_called_verified() -> None:
    for entry, one in identifiers():
        assert not (one.verified and one.source.startswith("general knowledge")), (entry.id, one.value)


def test_every_vendor_stands_in_a_file_of_its_name() -> None:
    files = {file.stem for file in (CONFIG / "catalog" / "apps").glob("*.toml")}
    assert {vendor.vendor for vendor in catalog().vendors} == files


def test_the_categories_are_the_closed_list_of_the_readme() -> None:
    text = (CONFIG / "catalog" / "README.md").read_text("utf-8")
    table = text.partition("## Categories")[2].partition("\n## ")[0]
    listed = {name for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for name in re.findall(r"`(.+?)`", row)}
    assert {app.category for app in catalog().apps.values()} == listed


def test_labels_tell_apps_apart_and_are_no_ordinary_short_words() -> None:
    forms: dict[str, str] = {}
    for app in catalog().apps.values():
        for label in app.labels:
            assert forms.setdefault(look_alike(label), app.id) == app.id
            assert len(look_alike(label)) >= SHORTEST_LABEL or not label.isascii(), label


@pytest.mark.parametrize(
    ("named", "meant"),
    [
        ("tiktok", {"tiktok-asia", "tiktok-lite", "tiktok-tv", "tiktok-studio", "douyin", "douyin-lite"}),
        ("telegram", {"telegram-x", "telegram-macos", "nekogram", "ayugram", "64gram", "unigram", "mobogram"}),
        ("whatsapp", {"whatsapp-business"}),
    ],
)
def test_restricting_an_app_restricts_its_variants_and_forks(named: str, meant: set[str]) -> None:
    found = restricted_apps(Restricted(apps=(named,)), catalog())
    assert meant <= found.keys()
    assert set(found.values()) == {named}


def test_tiktok_is_not_all_of_bytedance() -> None:
    assert not {"capcut", "lemon8", "lark", "hypic"} & restricted_apps(Restricted(apps=("tiktok",)), catalog()).keys()
    assert {"capcut", "lemon8", "lark", "hypic", "tiktok"} <= restricted_apps(
        Restricted(vendors=("bytedance",)), catalog()
    ).keys()


OWN_STORE = {
    "android:com.fsck.k9",
    "android:net.thunderbird.android",
    "android:eu.faircode.email",
    "android:com.microsoft.teams",
    "android:ch.protonmail.android",
    "android:de.tutao.tutanota",
    "android:me.bluemail.mail",
    "android:com.my.mail",
    "android:com.ninefolders.hd3",
    "android:org.kman.AquaMail",
    "android:com.easilydo.mail",
    "android:com.pingapp.app",
    "ios:com.google.gmail",
    "ios:com.microsoft.office.outlook",
    "ios:com.readdle.smartemail",
    "flatpak:com.getmailspring.Mailspring",
    "flatpak:me.proton.Mail",
    "linux:teams-for-linux",
    "flatpak:org.kde.kontact",
    "appx:microsoft.outlookforwindows_8wekyb3d8bbwe",
}
SYSTEM = {
    "android:com.microsoft.office.outlook",
    "android:com.google.android.gm",
    "android:com.samsung.android.email.provider",
    "ios:com.apple.mobilemail",
    "macos:com.apple.mail",
    "linux:thunderbird",
    "linux:evolution",
    "linux:kmail",
    "linux:geary",
    "linux:claws-mail",
    "flatpak:eu.betterbird.Betterbird",
    "appx:microsoft.windowscommunicationsapps_8wekyb3d8bbwe",
}


def test_clients_that_nobody_can_look_into_are_told_from_those_that_collectors_read() -> None:
    stores = {f"{one.kind}:{one.value}": client.store for client in catalog().clients for one in client.identifier}
    assert {key: stores.get(key) for key in OWN_STORE} == dict.fromkeys(OWN_STORE, "own")
    assert {key: stores.get(key) for key in SYSTEM} == dict.fromkeys(SYSTEM, "system")


def test_no_platform_names_an_account_type_twice() -> None:
    for part in catalog().accounts:
        assert [id_ for id_, count in Counter(one.id for one in part.type).items() if count > 1] == []


def test_the_agent_and_the_catalog_say_the_same_of_androids_account_types() -> None:
    said = {one.id: one.services for part in catalog().accounts if part.platform == "android" for one in part.type}
    assert {kind: said.get(kind) for kind in SERVICES} == SERVICES
    assert {kind: said.get(kind) for kind in LOCAL_TYPES} == dict.fromkeys(LOCAL_TYPES, ())


class AppRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of app-identifiers.tsv that an agent could report an app by."""

    app: str
    kind: str
    value: str
    source: str
    is_client: bool


def app_rows(corpus: Path) -> Iterator[AppRow]:
    for row in _rows(corpus / "app-identifiers.tsv"):
        if row["identifier kind"] in NOT_AN_IDENTIFIER:
            continue
        kind, value = TABLE_KINDS[row["identifier kind"]], row["identifier"]
        if row["identifier kind"] == "registry key + display name":
            value = value.rpartition(" / ")[2]
        if kind == "origin":
            value = value.removeprefix("https://").removeprefix("www.").rstrip("/")
        if kind == "desktop":
            value = value.removesuffix(".desktop")
        folded = value if kind in ("android", "linux", "flatpak", "snap") else value.lower()
        yield AppRow(
            app=row["app"],
            kind=kind,
            value=folded,
            source=row["source"],
            is_client=row["app"].endswith("(mail/calendar/contacts client)"),
        )


def account_rows(corpus: Path) -> Iterator[tuple[str, tuple[str, ...], dict[str, str]]]:
    """Platform, the ids that the catalog has for a row, and the row."""
    for row in _rows(corpus / "account-types.tsv"):
        kind = row["account type id"]
        if row["platform"] == "linux":
            yield "linux", _linux_ids(kind), row
        elif row["platform"] == "windows":
            yield "windows", _windows_ids(kind), row
        else:
            yield row["platform"], (kind,), row


def _linux_ids(kind: str) -> tuple[str, ...]:
    if kind.startswith("thunderbird:ldap"):
        return ("thunderbird:ldap",)
    client = kind.partition(":")[0] if ":" in kind else "thunderbird"
    backends = re.split(r"Provider=|BackendName=|type=", kind)[-1].split("/")
    return tuple(f"{client}:{backend}" for backend in backends)


def _windows_ids(kind: str) -> tuple[str, ...]:
    if found := re.search(r"\{(ED4754\d\d)-", kind):
        return (f"{{{found[1]}-B0D6-11D2-8C3B-00104B2A6676}}",)
    if "IdentityStore" in kind:
        return ("IdentityStore:AzureAD",)
    return tuple(f"dsregcmd:{name}" for name in re.findall(r"(\w+)=YES", kind))


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


def is_doubted(*texts: str) -> bool:
    """Whether a row calls itself unverified."""
    return any("UNVERIFIED" in text for text in texts)


def names_a_source(source: str) -> bool:
    """Some rows say nothing, or only a remark in brackets."""
    return bool(source) and source[0] not in "(;"


@pytest.mark.needs("corpus")
def test_every_app_and_client_of_the_corpus_table_is_in_the_catalog(corpus: Path) -> None:
    apps = {(one.kind, one.value) for app in catalog().apps.values() for one in app.identifier}
    clients = {(one.kind, one.value) for client in catalog().clients for one in client.identifier}
    rows = list(app_rows(corpus))
    assert len(rows) > 150
    assert [row for row in rows if (row.kind, row.value) not in (clients if row.is_client else apps)] == []


@pytest.mark.needs("corpus")
def test_a_doubt_of_the_corpus_table_is_kept_unless_another_source_settled_it(corpus: Path) -> None:
    found = {(isinstance(entry, CatalogClient), one.kind, one.value): one for entry, one in identifiers()}
    for row in app_rows(corpus):
        one = found[row.is_client, row.kind, row.value]
        if is_doubted(row.source):
            assert not one.verified or one.checked > TABLE_CHECKED, row
        elif names_a_source(row.source):
            assert one.verified, row


@pytest.mark.needs("corpus")
def test_every_account_type_of_the_corpus_table_is_in_the_catalog(corpus: Path) -> None:
    known = {(part.platform, one.id): one for part in catalog().accounts for one in part.type}
    rows = list(account_rows(corpus))
    assert len(rows) > 100
    for platform, ids, row in rows:
        for id_ in ids:
            one = known[platform, id_]  # type: ignore[index]
            if is_doubted(*row.values()):
                assert not one.verified or one.checked > TABLE_CHECKED, row
            elif names_a_source(row["source"]):
                assert one.verified, row


@pytest.mark.needs("corpus")
def test_no_account_type_reaches_less_mail_calendar_or_contacts_than_the_corpus_table_says(corpus: Path) -> None:
    known = {(part.platform, one.id): set(one.services) for part in catalog().accounts for one in part.type}
    for platform, ids, row in account_rows(corpus):
        reaches = row[REACHES]
        if "local" in reaches:  # the phone's own address book
            expected = set()
        else:
            expected = set(re.findall(r"\b(mail|calendar|contacts|files)\b", reaches.partition(" by ")[0]))
        for id_ in ids:
            assert expected <= known[platform, id_] <= expected | {"files", "directory"}, row  # type: ignore[index]
