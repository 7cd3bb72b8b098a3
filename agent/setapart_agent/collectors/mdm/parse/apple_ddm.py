"""Status reports of Apple's declarative device management: `{"StatusItems": {…}, "Errors": […]}`.

Items: github.com/apple/device-management, declarative/status/*.yaml; a dot in an item's name is a level of nesting.

- `account.list.*` names accounts with their servers. Whether accounts that the holder made stand there, no capture has
  shown yet: what is listed counts, and what is not listed proves nothing.
- `app.managed.list` and `mdm.app` are managed apps.
- Reports after the first one hold changes alone.
"""

from collections.abc import Iterator

from msgspec import Struct

from setapart_agent.collectors.apple.parse.account_types import SERVICES
from setapart_agent.collectors.base import Unsupported
from setapart_agent.collectors.mdm.parse import document
from setapart_agent.collectors.mdm.parse.document import Listing, Node
from setapart_agent.collectors.mdm.parse.export import (
    PRIMARY,
    SYSTEM,
    Export,
    apps_row,
    each,
    form_of,
    serial_of,
    side_by_side,
    unseen,
)
from setapart_agent.errors import ParseError
from setapart_agent.facts import AccountFact, DeviceFacts, Facts, FileSet, host_of
from setapart_evidence.model import App, AppState, Coverage, Link, Platform, Service
from setapart_evidence.statement import Maturity

KIND = "mdm.apple-ddm"
MATURITY: Maturity = "captures"

NO_APPS = Unsupported("no list of apps among the status items")
NO_ACCOUNTS = Unsupported("no list of accounts among the status items")
NO_LINKS = Unsupported("status items do not tell of networks and certificates")
MANAGED_ONLY = "managed apps only"
UNPROVEN = "whether accounts that the holder made are listed is not known"

_FAMILIES: dict[str, Platform] = {"ios": "ios", "ipados": "ios", "macos": "macos"}
_NOT_INSTALLED = frozenset(
    {
        "optional", "queued", "needs-redemption", "redeeming", "prompting", "prompting-for-consent",
        "prompting-for-login", "validating-purchase", "downloading", "user-rejected", "failed",
    }
)  # fmt: skip
_GONE = "managed-but-uninstalled"


class _List(Struct, frozen=True):
    """A list of accounts: its item, and the type of its accounts as the device itself stores it."""

    item: str
    type: str


_LISTS = (
    _List("account.list.mail.incoming", "com.apple.account.IMAP"),
    _List("account.list.exchange", "com.apple.account.Exchange"),
    _List("account.list.google", "com.apple.account.Google"),
    _List("account.list.caldav", "com.apple.account.CalDAV"),
    _List("account.list.carddav", "com.apple.account.CardDAV"),
    _List("account.list.ldap", "com.apple.account.LDAP"),
    _List("account.list.subscribed-calendar", "com.apple.account.SubscribedCalendar"),
)
_SWITCHES: dict[Service, tuple[str, ...]] = {
    "mail": ("is-mail-enabled",),
    "calendar": ("are-calendars-enabled", "are-reminders-enabled"),
    "contacts": ("are-contacts-enabled",),
}


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """By the member that every report has."""
    return '"StatusItems"' in document.head(content)


def parse(files: FileSet) -> Facts:
    """The device, or all of them side by side.

    Raises:
        ParseError: not JSON, or no status report.
    """
    return side_by_side(devices(files.main))


def devices(raw: bytes) -> Iterator[Export]:
    """A device per report.

    Raises:
        ParseError: not JSON, or something in it is no status report.
    """
    yield from each(document.values(raw), _read)


def _read(raw: bytes) -> Export:
    items = document.decoded(raw).node("StatusItems")
    if not isinstance(items.value, dict):
        raise ParseError("no StatusItems", expected="status reports of declarative device management")
    family = (items.text("device", "operating-system", "family") or "").lower()
    model = items.text("device", "model", "identifier")
    platform = _FAMILIES.get(family) or _platform(model)
    owner = SYSTEM if platform == "macos" else PRIMARY
    listed = [(one.type, found) for one in _LISTS if (found := _item(items, one.item)) is not None]
    made = (_account(entry, type_, owner.id) for type_, found in listed for entry in found.items)
    apps = [found for name in ("app.managed.list", "mdm.app") if (found := _item(items, name)) is not None]
    rows = [apps_row(owner.id, KIND, (MANAGED_ONLY,)) if apps else unseen(owner.id, KIND, NO_APPS, "apps")[0]]
    if listed:
        row = Coverage(section="accounts", profile=owner.id, collector=KIND, status="partial", reason=UNPROVEN)
        rows.append(row)
    else:
        rows += unseen(owner.id, KIND, NO_ACCOUNTS, "accounts")
    rows += unseen(owner.id, KIND, NO_LINKS, "links")
    return Export(
        facts=Facts(
            device=DeviceFacts(
                platform=platform,
                os_version=items.text("device", "operating-system", "version"),
                manufacturer="Apple",
                model=model,
                form_factor=form_of(model),
                serial=(serial_of(items.text("device", "identifier", "serial-number")) or "").upper() or None,
            ),
            profiles=(owner,),
            apps=tuple(dict.fromkeys(app for found in apps for one in found.items if (app := _app(one, owner.id)))),
            accounts=tuple(dict.fromkeys(account for account in made if account)),
            links=(Link(kind="mdm", target=None, profile=owner.id),),
            coverage=tuple(rows),
        )
    )


def _platform(model: str | None) -> Platform | None:
    form = form_of(model)
    return None if form in (None, "tv") else "macos" if "mac" in (model or "").lower() else "ios"


def _item(items: Node, name: str) -> Listing | None:
    """An item by its name, nested as reports have it or flat."""
    return items.listing(*name.split(".")) or items.listing(name)


def _account(entry: Node, type_: str, profile: str) -> AccountFact | None:
    if entry.flag("_removed"):
        return None
    offered = SERVICES[type_]
    on = tuple(service for service in offered if _switch(entry, service) is not False)
    general = entry.flag("is-enabled")
    user = entry.text("username")
    return AccountFact(
        profile=profile,
        type=type_,
        services=on or offered,
        address=user,
        host=host_of(entry.text("hostname") or entry.text("calendar-url")),
        enabled=bool(on) and general is not False,
    )


def _switch(entry: Node, service: Service) -> bool | None:
    """Whether a service is switched on: any of its switches says so; None where none is told."""
    told = [flag for name in _SWITCHES.get(service, ()) if (flag := entry.flag(name)) is not None]
    return any(told) if told else None


def _app(entry: Node, profile: str) -> App | None:
    identifier, status = entry.text("identifier"), entry.text("state")
    if identifier is None or entry.flag("_removed") or status in _NOT_INSTALLED:
        return None
    state: AppState = "removed-trace" if status == _GONE else "installed"
    version = entry.text("short-version") or entry.text("version")
    return App(
        identifier=identifier, name=entry.text("name"), version=version, profile=profile, source="mdm", state=state
    )
