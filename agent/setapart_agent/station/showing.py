"""What a holder is shown: the phone, what would leave it, what was found. Paragraphs; the console wraps them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from setapart_agent.facts import DeviceFacts
from setapart_agent.station import texts
from setapart_agent.station.phones import READY, Sighting
from setapart_evidence.bundle import PolicyBundle
from setapart_evidence.model import Account, App, Coverage, Inventory, Link
from setapart_evidence.moments import moment_text
from setapart_evidence.statement import Level
from setapart_evidence.text import printable

_LONGEST_WORD = 64
"""Characters of a text that a phone chose."""
_MOST_ROWS = 40
_PLATFORMS = {"android": "Android", "ios": "iOS"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A paragraph; `is_item` if it belongs below the one before."""

    text: str
    is_item: bool = False


def foreign(text: str | None) -> str:
    """A text that a phone chose: safe to print, short, and in no way a sentence of ours."""
    quoted = printable(text or "", _LONGEST_WORD).replace('"', "'")
    return f'"{quoted}"' if quoted else "not told"


def phone_name(sighting: Sighting) -> str:
    """An attached phone in the words of its way in."""
    what = "An iPhone or iPad" if sighting.kind == "ios-usb" else "An Android phone"
    ending = printable(sighting.key, _LONGEST_WORD)[-4:]
    model = f", {foreign(sighting.model)}" if sighting.model else ""
    return f"{what}{model} (serial ends in {foreign(ending)})"


def not_ready(sighting: Sighting) -> str:
    """What the holder of a phone that is not ready has to do."""
    assert sighting.state != READY
    told = texts.NOT_READY.get(sighting.state, texts.NOT_STARTED)
    return told.format(phone=phone_name(sighting), state=foreign(sighting.state))


def recognised(device: DeviceFacts, id_: str, name: str | None) -> Iterator[Paragraph]:
    """What a phone says it is, and as what the auditor knows it."""
    yield Paragraph(text=texts.MAKER.format(value=foreign(device.manufacturer)))
    yield Paragraph(text=texts.MODEL.format(value=foreign(device.model)))
    platform = _PLATFORMS.get(device.platform or "", "unknown")
    yield Paragraph(text=texts.SYSTEM.format(value=f"{platform} {foreign(device.os_version)}"))
    yield Paragraph(text=texts.NAME.format(value=foreign(name)) if name else texts.NAME_UNKNOWN)
    yield Paragraph(text=texts.ID.format(value=id_))


def would_read(platform: str) -> Iterator[Paragraph]:
    """What would be read of a phone."""
    yield from (Paragraph(text=text, is_item=True) for text in texts.READ[platform])
    yield Paragraph(text=texts.NEVER)


def would_leave(policy: PolicyBundle, level: Level, auditor: str) -> Iterator[Paragraph]:
    """What would leave under a policy bundle."""
    yield Paragraph(text=texts.BUNDLE.format(version=policy.version, until=moment_text(policy.expires_at), level=level))
    for text in (
        texts.LEAVES_APPS[level],
        texts.LEAVES_ACCOUNTS[level],
        texts.LEAVES_ADDRESSES[policy.addresses],
        texts.LEAVES_PROFILES[level],
        *texts.LEAVES_REST,
    ):
        yield Paragraph(text=text, is_item=True)
    yield Paragraph(text=texts.GOES_TO.format(auditor=auditor))


def not_seen(coverage: Iterable[Coverage], cure_of: Callable[[Coverage], str]) -> Iterator[Paragraph]:
    """What could not be seen, alike rows together, each with what would help.

    Args:
        coverage: all rows.
        cure_of: what would help, as `doctor` says it.
    """

    def alike(row: Coverage) -> tuple[str, str, str]:
        return row.section, row.collector, row.reason or ""

    missing = sorted((row for row in coverage if row.status != "observed"), key=alike)
    if not missing:
        yield Paragraph(text=texts.ALL_SEEN)
    for (section, _, reason), group in groupby(missing, key=alike):
        rows = tuple(group)
        whose = ", ".join(dict.fromkeys(row.profile for row in rows))
        yield Paragraph(
            text=texts.NOT_SEEN_ROW.format(
                section=texts.SECTIONS[section],
                profiles=f"profile {foreign(whose)}",
                reason=reason or rows[0].status,
            )
        )
        yield Paragraph(text=texts.MEND.format(cure=cure_of(rows[0])), is_item=True)


def found(inventory: Inventory) -> Iterator[Paragraph]:
    """What would be sent, as `setapart-agent inventory` shows it, without its columns."""
    apps, accounts, links = inventory.apps, inventory.accounts, inventory.links
    kept = inventory.withheld
    yield Paragraph(text=texts.FOUND_APPS.format(count=len(apps), withheld=kept.apps))
    yield from _rows(map(_app, apps))
    yield Paragraph(text=texts.FOUND_ACCOUNTS.format(count=len(accounts), withheld=kept.accounts))
    yield from _rows(map(_account, accounts))
    yield Paragraph(text=texts.FOUND_LINKS.format(count=len(links)))
    yield from _rows(map(_link, links))


def _rows(rows: Iterable[str]) -> Iterator[Paragraph]:
    shown = list(rows)
    yield from (Paragraph(text=row, is_item=True) for row in shown[:_MOST_ROWS])
    if len(shown) > _MOST_ROWS:
        yield Paragraph(text=texts.MORE.format(count=len(shown) - _MOST_ROWS), is_item=True)


def _app(app: App) -> str:
    words = [foreign(app.identifier)]
    if app.name:
        words.append(foreign(app.name))
    if app.version:
        words.append(f"version {foreign(app.version)}")
    if app.state != "installed":
        words.append(app.state)
    return texts.PROFILE_OF.format(what=", ".join(words), profile=foreign(app.profile))


def _account(account: Account) -> str:
    words = [foreign(account.type)]
    words += [foreign(value) for value in (account.domain, account.host, account.tenant) if value]
    if account.services:
        words.append("reaches " + ", ".join(account.services))
    if account.withheld:
        words.append("stays: " + ", ".join(account.withheld))
    return texts.PROFILE_OF.format(what="; ".join(words), profile=foreign(account.profile))


def _link(link: Link) -> str:
    what = link.kind + (f" {foreign(link.target)}" if link.target else "")
    return texts.PROFILE_OF.format(what=what, profile=foreign(link.profile))
