"""getmail: the rc files in `~/.getmail` or `~/.config/getmail`.

Format: getmail's documentation, Configuring getmail.
"""

from setapart_agent.collectors.desktop.parse.account import account
from setapart_agent.collectors.desktop.parse.sections import plain, sections
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.statement import Maturity

KIND = "linux.getmail"
MATURITY: Maturity = "untested"


def recognise(name: str, content: bytes) -> bool:
    """By its retriever; other files of any name share the folder."""
    return b"[retriever]" in content and b"type" in content and bool(name)


def parse(files: FileSet) -> Facts:
    """The mailbox that is fetched.

    Raises:
        ParseError: not one section.
    """
    retriever = sections(files.main, delimiters="=:", continued=True).named("retriever")
    kind = (plain(retriever.get("type")) or "").lower()
    protocol = "imap" if "imap" in kind else "pop3" if "pop3" in kind else None
    if protocol is None:
        return Facts()
    user, server = plain(retriever.get("username")), plain(retriever.get("server"))
    return Facts(accounts=(account(files.profile, f"getmail:{protocol}", ("mail",), user=user, server=server),))
