"""Preferences of a Chromium profile: extensions, web apps, and the accounts that are signed in.

`Preferences` and `Secure Preferences` are JSON of one shape; on Linux extensions stand in the former, elsewhere in the
latter (chrome/browser/prefs/chrome_pref_service_factory.cc); Opera calls their list `opsettings`. The keys are named in
chrome/common/pref_names.h, extensions/browser/extension_prefs.cc (locations: extensions/common/mojom/manifest.mojom)
and components/signin/internal/identity_manager/account_tracker_service.cc. Edge adds `edge_account_*`. A Google or
Microsoft account in a browser reaches no mail, calendar or contacts by itself: it has no services here.
"""

import re
from collections.abc import Iterator, Mapping

from setapart_agent.collectors.browser.parse.json_file import decoded, member, members, word
from setapart_agent.facts import AccountFact, Facts, FileSet, domain_of
from setapart_evidence.model import App
from setapart_evidence.statement import Maturity

KIND = "browser.chromium-preferences"
MATURITY: Maturity = "real-hardware"

_ORIGIN = re.compile(r"(https?://)(?:[^/?#@\\\s]*@)?((?:\[[\w:.]+\]|[^/?#:@\[\\\s]+)(?::\d+)?)", re.IGNORECASE)
_COMPONENT = 5
_ENABLED, _UNINSTALLED = 1, 2
_NO_DOMAIN = "no_hosted_domain"
_CONSUMER_TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"  # the one tenant of all personal Microsoft accounts


def recognise(name: str, content: bytes) -> bool:
    """By the file's name, or by keys that only such a file has together."""
    head = content[:200_000]
    if not head.lstrip().startswith(b"{"):
        return False
    known = sum(key in head for key in (b'"account_tracker_service', b'"protection":', b'"dual_layer_user_pref_store"'))
    return name.rpartition("/")[2] in ("Preferences", "Secure Preferences") or known > 1


def parse(files: FileSet) -> Facts:
    """Extensions that are not part of the browser, installed web apps, and signed-in accounts.

    Raises:
        ParseError: not a JSON object.
    """
    preferences = decoded(files.main, "a Chromium Preferences file")
    apps = [
        app
        for settings in ("settings", "opsettings")
        for identifier, entry in members(member(preferences, "extensions", settings))
        if (app := _extension(identifier, entry, files.profile)) is not None
    ]
    apps += _web_apps(preferences, files.profile)
    return Facts(apps=tuple(dict.fromkeys(apps)), accounts=tuple(dict.fromkeys(_accounts(preferences, files.profile))))


def origin_of(url: str) -> str | None:
    """`https://host[:port]` of a web address, lower case; `None` for anything else."""
    found = _ORIGIN.match(url.strip())
    return f"{found[1]}{found[2]}".lower() if found else None


def _extension(identifier: str, entry: object, profile: str) -> App | None:
    """An extension, or the web app that an entry of old Chromium stands for; `None` for what is not installed."""
    manifest = member(entry, "manifest")
    if not isinstance(manifest, dict) and word(member(entry, "path")) is None:
        return None  # settings outlive the extension
    location, state = member(entry, "location"), member(entry, "state")
    if location == _COMPONENT or state == _UNINSTALLED:
        return None
    disabled = bool(member(entry, "disable_reasons")) or (state is not None and state != _ENABLED)
    url = word(member(manifest, "app", "launch", "web_url"))
    origin = origin_of(url) if url else None
    name = word(member(manifest, "name"))
    return App(
        identifier=origin or identifier,
        name=None if name is None or name.startswith("__MSG_") else name,
        version=None if origin else word(member(manifest, "version")),
        profile=profile,
        kind="web-app" if origin else "browser-extension",
        source="browser",
        state="disabled" if disabled else "installed",
        permissions=_permissions(entry),
    )


def _permissions(entry: object) -> tuple[str, ...]:
    granted = member(entry, "granted_permissions", "api") or member(entry, "active_permissions", "api")
    return tuple(sorted({name for name in granted if isinstance(name, str)})) if isinstance(granted, list) else ()


def _web_apps(preferences: Mapping[str, object], profile: str) -> Iterator[App]:
    """The start addresses that Chromium keeps metrics for; only those of installed apps."""
    for url, metrics in members(member(preferences, "web_apps", "daily_metrics")):
        origin = origin_of(url)
        if origin is not None and member(metrics, "installed") is True:
            yield App(identifier=origin, profile=profile, kind="web-app", source="browser")


def _accounts(preferences: Mapping[str, object], profile: str) -> Iterator[AccountFact]:
    infos = member(preferences, "account_info")
    listed = [info for info in infos if isinstance(info, dict)] if isinstance(infos, list) else []
    for info in listed:
        yield account_of(info, profile)
    # Browsers before 2020 name the signed-in account here alone; `last_username` would only be a trace.
    username = word(member(preferences, "google", "services", "username"))
    if username and username not in {member(info, "email") for info in listed}:
        yield AccountFact(profile=profile, type="chromium:google", address=username, domain=domain_of(username))


def account_of(info: Mapping[str, object], profile: str) -> AccountFact:
    """The account that an entry of `account_info` describes: `email`, and `hd` or Edge's tenant."""
    address = word(info.get("email"))
    microsoft = bool(info.get("edge_account_type")) or bool(word(info.get("edge_account_tenant_id")))
    tenant = word(info.get("edge_account_tenant_id" if microsoft else "hd"))
    if tenant is not None and tenant.lower() in (_NO_DOMAIN, _CONSUMER_TENANT):
        tenant = None
    return AccountFact(
        profile=profile,
        type="chromium:microsoft" if microsoft else "chromium:google",
        address=address,
        domain=domain_of(address),
        tenant=tenant.lower() if tenant else None,
    )
