"""OfflineIMAP: `~/.offlineimaprc` or `~/.config/offlineimap/config`.

Format: offlineimap.conf in its sources. Only accounts in `[general] accounts` are synchronised.
"""

from setapart_agent.collectors.desktop.parse.account import account
from setapart_agent.collectors.desktop.parse.sections import Sections, sections, words
from setapart_agent.facts import AccountFact, Facts, FileSet
from setapart_evidence.statement import Maturity

KIND = "linux.offlineimap"
MATURITY: Maturity = "untested"

_GMAIL = "imap.gmail.com"


def recognise(name: str, content: bytes) -> bool:
    """By name, or by its repositories."""
    name = name.rpartition("/")[2]
    return name in {".offlineimaprc", "offlineimaprc"} or b"\n[Repository " in content


def parse(files: FileSet) -> Facts:
    """The remote repositories of the accounts.

    Raises:
        ParseError: not one section.
    """
    found = sections(files.main, delimiters="=:", continued=True).united()
    active = words(found.named("general").get("accounts"))
    switched: dict[str, bool] = {}
    for section in found:
        if section.name.startswith("Account "):
            on = section.name.removeprefix("Account ").strip() in active
            for side in ("remoterepository", "localrepository"):
                name = section.get(side)
                if name:
                    switched[name] = switched.get(name, False) or on
    return Facts(accounts=_repositories(found, switched, files.profile))


def _repositories(found: Sections, switched: dict[str, bool], profile: str) -> tuple[AccountFact, ...]:
    made: list[AccountFact] = []
    for section in found:
        kind = (section.get("type") or "").lower()
        if not section.name.startswith("Repository ") or kind not in {"imap", "gmail"}:
            continue
        server = section.get("remotehost") or (_GMAIL if kind == "gmail" else None)
        enabled = switched.get(section.name.removeprefix("Repository ").strip(), False)
        made.append(
            account(
                profile,
                f"offlineimap:{kind}",
                ("mail",),
                user=section.get("remoteuser"),
                server=server,
                enabled=enabled,
            )
        )
    return tuple(dict.fromkeys(made))
