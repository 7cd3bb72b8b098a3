"""KMail: `~/.config/emailidentities` and `~/.config/mailtransports`; of KDE 4 also `~/.kde/share/config/kmailrc`.

Format: kidentitymanagement and kmailtransport (mailtransport.kcfg). What it receives is Akonadi's; before KMail 2 it
kept an `[Account <n>]` each itself.
"""

from setapart_agent.collectors.desktop.parse.account import account, mailbox
from setapart_agent.collectors.linux.parse.kconfig import kconfig
from setapart_agent.facts import AccountFact, Facts, FileSet
from setapart_evidence.statement import Maturity

KIND = "linux.kmail"
MATURITY: Maturity = "untested"


def recognise(name: str, content: bytes) -> bool:
    """By name, or by its groups."""
    name = name.rpartition("/")[2]
    marked = b"[Identity #" in content and b"Email Address" in content
    return name in {"emailidentities", "mailtransports", "kmailrc"} or marked


def parse(files: FileSet) -> Facts:
    """The addresses it writes as, and the servers it sends through or receives from.

    Raises:
        ParseError: not one section.
    """
    made: list[AccountFact] = []
    for section in kconfig(files.main):
        if section.name.startswith("Identity #"):
            address = mailbox(section.get("Email Address", "Primary Email"))
            if address:
                made.append(account(files.profile, "kmail:identity", ("mail",), user=address))
        elif section.name.startswith("Transport ") and section.get("host"):
            kind = (section.get("identifier", "type") or "smtp").lower()
            server = section.get("host")
            made.append(account(files.profile, f"kmail:{kind}", ("mail",), user=section.get("user"), server=server))
        elif section.name.startswith("Account ") and (server := section.get("host")):
            kind = (section.get("Type") or "imap").lower()
            made.append(account(files.profile, f"kmail:{kind}", ("mail",), user=section.get("login"), server=server))
    return Facts(accounts=tuple(dict.fromkeys(made)))
