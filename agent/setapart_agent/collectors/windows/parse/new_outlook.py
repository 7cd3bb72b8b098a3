r"""The accounts of the new Outlook for Windows: `AppData\Local\Microsoft\Olk\UserSettings.json`.

`AccountLocalBackup.Json` is a JSON text of its own, a list of objects with `emailAddress` and `accountType`;
`Identities.IdentityMap` has the addresses of those that signed in. A mailbox of another provider that Microsoft keeps
in step has an address at shadow.outlook.com beside its own. Source: CCL Solutions Group, "Outlook for Windows" (2025),
and public scripts that read these members; no capture was seen.
"""

from collections.abc import Iterator

from setapart_agent.collectors.browser.parse.json_file import decoded, member, members, word
from setapart_agent.collectors.desktop.parse.account import account, mailbox
from setapart_agent.errors import ParseError
from setapart_agent.facts import AccountFact, Facts, FileSet, domain_of
from setapart_evidence.model import Service
from setapart_evidence.statement import Maturity

KIND = "windows.new-outlook"
MATURITY: Maturity = "untested"

_TYPE = "outlook-new:account"
_SHADOW = "shadow.outlook.com"
_EVERYTHING: tuple[Service, ...] = ("mail", "calendar", "contacts")
_EXPECTED = "the settings of the new Outlook"


def recognise(name: str, content: bytes) -> bool:
    """By name and a member that only this file has."""
    base = name.replace("\\", "/").rpartition("/")[2].lower()
    return base == "usersettings.json" and (b'"IdentityMap"' in content or b'"AccountLocalBackup"' in content)


def parse(files: FileSet) -> Facts:
    """The accounts, each once; settings without any are those of somebody who never signed in.

    Raises:
        ParseError: not JSON, or a list of accounts that is none.
    """
    settings = decoded(files.main, _EXPECTED)
    addresses = [*_listed(settings), *(name for name, _ in members(member(settings, "Identities", "IdentityMap")))]
    known = dict.fromkeys(found for address in addresses if (found := mailbox(address)) is not None)
    own = [address for address in known if domain_of(address) != _SHADOW]
    if not own and addresses:  # somebody is signed in, and nothing says who
        return Facts(accounts=(_account(files.profile, None),))
    return Facts(accounts=tuple(_account(files.profile, address) for address in own))


def _listed(settings: object) -> Iterator[str]:
    """The addresses of the list that is a text inside."""
    listed = word(member(settings, "AccountLocalBackup", "Json"))
    if listed is None:
        return
    entries = decoded(b'{"list":' + listed.encode("utf-8", "replace") + b"}", _EXPECTED).get("list")
    if not isinstance(entries, list):
        raise ParseError("a list of accounts that is none", expected=_EXPECTED)
    for entry in entries:
        yield word(member(entry, "emailAddress")) or ""


def _account(profile: str, address: str | None) -> AccountFact:
    return account(profile, _TYPE, _EVERYTHING, user=address)
