"""msmtp: `~/.msmtprc` or `~/.config/msmtp/config`, and `/etc/msmtprc`.

Format: msmtp(1), Configuration files: `command argument` lines; `account NAME : BASE` inherits.
"""

from setapart_agent.collectors.desktop.parse.account import accounts
from setapart_agent.facts import AccountFact, Facts, FileSet, text
from setapart_evidence.statement import Maturity

KIND = "linux.msmtp"
MATURITY: Maturity = "real-hardware"


def recognise(name: str, content: bytes) -> bool:
    """By name, or by an account with a server."""
    name = name.rpartition("/")[2]
    return name in {".msmtprc", "msmtprc"} or (b"\naccount " in content and b"\nhost " in content)


def parse(files: FileSet) -> Facts:
    """Each account that names a server to send through."""
    known: dict[str, dict[str, str]] = {}
    defaults: dict[str, str] = {}
    current = defaults
    for line in text(files.main).split("\n"):
        command, argument = (*line.split(None, 1), "", "")[:2]
        argument = argument.strip().strip('"')
        if command == "defaults":
            current = defaults
        elif command == "account":
            name, _, bases = argument.partition(":")
            current = dict(defaults)
            for base in bases.split(","):
                current |= known.get(base.strip(), {})
            known[name.strip()] = current
        elif command and not command.startswith("#"):
            current[command] = argument
    if not known and "host" in defaults:
        known[""] = defaults
    made: list[AccountFact] = []
    for one in known.values():
        if one.get("host"):
            users = (one.get("from"), one.get("user"))
            made += accounts(files.profile, "msmtp:smtp", ("mail",), users=users, servers=(one["host"],))
    return Facts(accounts=tuple(dict.fromkeys(made)))
