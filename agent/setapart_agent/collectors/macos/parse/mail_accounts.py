"""Mail's own list of accounts, before macOS 10.11 moved them to the account database.

`~/Library/Mail/V2/MailData/Accounts.plist` (10.7 to 10.10) and `~/Library/Preferences/com.apple.mail.plist` (before)
hold an array `MailAccounts` of dictionaries with AccountType, Hostname, Username, EmailAddresses. Source:
administrators' public scripts that write these files; no capture was at hand.
"""

from setapart_agent.collectors.apple.parse.plist import Dict, bool_of, dicts_of, is_plist, read_plist, text_of, texts_of
from setapart_agent.collectors.desktop.parse.account import accounts, mailbox
from setapart_agent.facts import AccountFact, Facts, FileSet
from setapart_evidence.model import Service
from setapart_evidence.statement import Maturity

KIND = "macos.mail-accounts"
MATURITY: Maturity = "untested"

_EXPECTED = "Mail's list of accounts"
_EXCHANGE: tuple[Service, ...] = ("mail", "calendar", "contacts")
_TYPES: dict[str, tuple[str, tuple[Service, ...]]] = {
    "IMAPAccount": ("imap", ("mail",)),
    "POPAccount": ("pop3", ("mail",)),
    "iToolsAccount": ("icloud", ("mail",)),
    "MobileMeAccount": ("icloud", ("mail",)),
    "iCloudAccount": ("icloud", ("mail",)),
    "AosImapAccount": ("icloud", ("mail",)),
    "ExchangeAccount": ("exchange", _EXCHANGE),
    "EWSAccount": ("exchange", _EXCHANGE),
}
_LOCAL = frozenset({"LocalAccount", "RSSAccount", "SMTPAccount"})
"""Types that reach no mailbox of a server."""


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """By the key of the list."""
    return is_plist(content) and b"MailAccounts" in content


def parse(files: FileSet) -> Facts:
    """Every account of a server; one of a type that is not known here is mail, too.

    Raises:
        ParseError: no property list.
    """
    listed = dicts_of(read_plist(files.main, _EXPECTED), "MailAccounts")
    remote = (one for one in listed if text_of(one, "AccountType") not in _LOCAL)
    made = (account for one in remote for account in _accounts(one, files.profile))
    return Facts(accounts=tuple(dict.fromkeys(made)))


def _accounts(one: Dict, profile: str) -> tuple[AccountFact, ...]:
    kind, services = _TYPES.get(text_of(one, "AccountType") or "", ("unknown", ("mail",)))
    addresses = (*texts_of(one, "EmailAddresses"), text_of(one, "CanonicalEmailAddress"))
    server = text_of(one, "Hostname", "ExternalHostname", "internalServerName", "externalServerName")
    return accounts(
        profile,
        f"apple-mail:{kind}",
        services,
        users=(*map(mailbox, addresses), text_of(one, "Username")),
        servers=(server,),
        enabled=bool_of(one, "isActive"),
    )
