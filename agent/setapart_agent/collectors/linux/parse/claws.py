"""Claws Mail and Sylpheed: `~/.claws-mail/accountrc`, `~/.sylpheed-2.0/accountrc`.

Format: prefs_account.c in their sources: a group `[Account: N]` each; the protocol's number is the client's own.
"""

from setapart_agent.collectors.desktop.parse.account import accounts
from setapart_agent.collectors.desktop.parse.sections import sections
from setapart_agent.facts import AccountFact, Facts, FileSet
from setapart_evidence.statement import Maturity

KIND = "linux.claws"
MATURITY: Maturity = "untested"

_PROTOCOLS = {"0": "pop3", "1": "imap", "3": "imap"}
_LOCAL = frozenset({"4", "5", "6"})


def recognise(name: str, content: bytes) -> bool:
    """By name and group."""
    name = name.rpartition("/")[2]
    return name == "accountrc" and b"[Account: " in content


def parse(files: FileSet) -> Facts:
    """Each account that receives from a server.

    Raises:
        ParseError: not one section.
    """
    made: list[AccountFact] = []
    for section in sections(files.main):
        protocol = section.get("protocol") or "1"
        if not section.name.startswith("Account: ") or protocol in _LOCAL:
            continue
        server = section.get("receive_server", "smtp_server")
        if server:
            kind = f"{'sylpheed' if 'sylpheed' in files.path else 'claws-mail'}:{_PROTOCOLS.get(protocol, protocol)}"
            users = (section.get("address"), section.get("user_id"))
            made += accounts(files.profile, kind, ("mail",), users=users, servers=(server,))
    return Facts(accounts=tuple(dict.fromkeys(made)))
