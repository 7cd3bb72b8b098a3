"""aerc: `~/.config/aerc/accounts.conf`.

Format: aerc-accounts(5): a section per account; `source` and `outgoing` are URLs, `from` a mail address.
"""

from setapart_agent.collectors.desktop.parse.account import accounts, mailbox, user_of
from setapart_agent.collectors.desktop.parse.sections import sections
from setapart_agent.facts import AccountFact, Facts, FileSet
from setapart_evidence.model import Service
from setapart_evidence.statement import Maturity

KIND = "linux.aerc"
MATURITY: Maturity = "untested"

_KEYS: dict[str, Service] = {"source": "mail", "outgoing": "mail", "carddav-source": "contacts"}
_REMOTE = frozenset({"imap", "imaps", "jmap", "smtp", "smtps", "http", "https"})


def recognise(name: str, content: bytes) -> bool:
    """By its keys: a source in a file of accounts."""
    name = name.rpartition("/")[2]
    return name == "accounts.conf" and b"source" in content and b"[Account account_" not in content


def parse(files: FileSet) -> Facts:
    """The servers that each account reads from and sends through.

    Raises:
        ParseError: not one section.
    """
    made: list[AccountFact] = []
    for section in sections(files.main):
        address = mailbox(section.get("from"))
        for key, service in _KEYS.items():
            url = section.get(key) or ""
            scheme = url.partition("://")[0].partition("+")[0].lower()
            if scheme in _REMOTE and "://" in url:
                kind = "carddav" if service == "contacts" else scheme.removesuffix("s")
                users = (address, user_of(url))
                made += accounts(files.profile, f"aerc:{kind}", (service,), users=users, servers=(url,))
    return Facts(accounts=tuple(dict.fromkeys(made)))
