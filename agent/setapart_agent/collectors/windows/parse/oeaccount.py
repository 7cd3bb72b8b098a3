r"""Accounts of Windows Mail of Vista and of Windows Live Mail: `*.oeaccount`, one XML file each.

Format: Microsoft, "Understanding the account property data file": `MessageAccount` with an element per property
(`IMAP_Server`, `POP3_Server`, `HTTPMail_Server`, `SMTP_Email_Address`, `…_User_Name`); Thunderbird's importer reads the
same names. Files of news servers and of the directories that come with Windows are no accounts of this kind.
"""

from setapart_agent.collectors.desktop.parse.account import accounts, mailbox
from setapart_agent.collectors.windows.parse.xml_texts import texts
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import Service
from setapart_evidence.statement import Maturity

KIND = "windows.oeaccount"
MATURITY: Maturity = "untested"

_SERVERS = {"IMAP_Server": "imap", "POP3_Server": "pop3", "HTTPMail_Server": "http"}
_ADDRESSES = ("SMTP_Email_Address", "IMAP_User_Name", "POP3_User_Name", "HTTPMail_User_Name")
_EVERYTHING: tuple[Service, ...] = ("mail", "calendar", "contacts")
_ROOT = "MessageAccount"


def recognise(name: str, content: bytes) -> bool:
    """By name, or by the name of its outermost element."""
    head = content[:1024]
    return name.lower().endswith(".oeaccount") or b"<MessageAccount" in head


def parse(files: FileSet) -> Facts:
    """The account; none where the file names no server of mail.

    Raises:
        ParseError: no such file, or XML with a document type, which could hold entities.
    """
    found = texts(files.main, _ROOT, (*_SERVERS, *_ADDRESSES), "an account of Windows Mail")
    users = [next(filter(None, map(mailbox, found[name])), None) for name in _ADDRESSES]
    return Facts(
        accounts=tuple(
            account
            for name, kind in _SERVERS.items()
            for server in found[name]
            if server
            for account in accounts(
                files.profile,
                f"windows-live-mail:{kind}",
                _EVERYTHING if kind == "http" else ("mail",),
                users=users,
                servers=(server,),
            )
        )
    )
