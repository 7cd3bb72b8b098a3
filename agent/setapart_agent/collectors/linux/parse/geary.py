"""Geary: `~/.config/geary/account_NN/geary.ini`.

Format: accounts-manager.vala in its sources; before 3.34 the groups were one `[AccountInformation]`.
"""

from setapart_agent.collectors.desktop.parse.account import accounts, mailbox
from setapart_agent.collectors.desktop.parse.sections import sections
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.statement import Maturity

KIND = "linux.geary"
MATURITY: Maturity = "untested"

_HOSTS = {"gmail": "imap.gmail.com", "outlook": "outlook.office365.com", "yahoo": "imap.mail.yahoo.com"}


def recognise(name: str, content: bytes) -> bool:
    """By name and groups."""
    name = name.rpartition("/")[2]
    return name == "geary.ini" and (b"[Account]" in content or b"[AccountInformation]" in content)


def parse(files: FileSet) -> Facts:
    """The account.

    Raises:
        ParseError: not one section.
    """
    found = sections(files.main)
    now, old, incoming = found.named("Account"), found.named("AccountInformation"), found.named("Incoming")
    provider = (now.get("service_provider") or old.get("service_provider") or "other").lower()
    senders = (now.get("sender_mailboxes") or "").split(";")
    addresses = (*map(mailbox, senders), mailbox(old.get("primary_email")))
    user = incoming.get("login") or old.get("imap_username")
    server = incoming.get("host") or old.get("imap_host") or _HOSTS.get(provider)
    if not (any(addresses) or user or server):
        return Facts()
    status = found.named("Metadata").get("status")
    made = accounts(
        files.profile,
        "geary:imap",
        ("mail",),
        users=(*addresses, user),
        servers=(server,),
        enabled=None if status is None else status == "enabled",
    )
    return Facts(accounts=made)
