"""vdirsyncer: `~/.config/vdirsyncer/config` or `~/.vdirsyncer/config`.

Format: vdirsyncer's manual, Full configuration manual; values are JSON. khal and khard read the folders that it fills
and have no accounts of their own.
"""

from setapart_agent.collectors.desktop.parse.account import accounts, address_in, user_of
from setapart_agent.collectors.desktop.parse.sections import plain, sections
from setapart_agent.errors import ParseError
from setapart_agent.facts import AccountFact, Facts, FileSet
from setapart_evidence.model import Service
from setapart_evidence.statement import Maturity

KIND = "linux.vdirsyncer"
MATURITY: Maturity = "captures"

_REACH: dict[str, tuple[Service, ...]] = {
    "caldav": ("calendar",),
    "carddav": ("contacts",),
    "google_calendar": ("calendar",),
    "google_contacts": ("contacts",),
    "etesync_calendars": ("calendar",),
    "etesync_contacts": ("contacts",),
    "http": ("calendar",),
    "remotestorage_calendars": ("calendar",),
    "remotestorage_contacts": ("contacts",),
}
_GOOGLE = "www.googleapis.com"


def recognise(name: str, content: bytes) -> bool:
    """By its storages and pairs."""
    name = name.rpartition("/")[2]
    return b"[storage " in content and (b"[pair " in content or name == "config")


def parse(files: FileSet) -> Facts:
    """The remote storages; one that no pair uses is never synchronised, and switched off so.

    Raises:
        ParseError: no sections.
    """
    found = sections(files.main, continued=True)
    if found.all and not any(section.name.split(" ")[0] in {"general", "pair", "storage"} for section in found):
        raise ParseError("no storage", expected="a configuration of vdirsyncer")
    used = {
        side
        for section in found
        if section.name.startswith("pair ")
        for side in (plain(section.get("a")), plain(section.get("b")))
    }
    made: list[AccountFact] = []
    for section in found:
        kind = plain(section.get("type")) or ""
        if section.name.startswith("storage ") and kind in _REACH:
            url = plain(section.get("url"))
            user = plain(section.get("username")) or user_of(url)
            made += accounts(
                files.profile,
                f"vdirsyncer:{kind}",
                _REACH[kind],
                users=(address_in(url), user),
                servers=(url or (_GOOGLE if kind.startswith("google") else None),),
                enabled=section.name.removeprefix("storage ").strip() in used,
            )
    return Facts(accounts=tuple(dict.fromkeys(made)))
