"""rclone: `~/.config/rclone/rclone.conf`.

Format: rclone's documentation of each backend. An encrypted file can't be read; wrapping remotes hold no account.
"""

from setapart_agent.collectors.desktop.parse.account import account
from setapart_agent.collectors.desktop.parse.sections import sections
from setapart_agent.errors import ParseError
from setapart_agent.facts import AccountFact, Facts, FileSet
from setapart_evidence.statement import Maturity

KIND = "linux.rclone"
MATURITY: Maturity = "untested"

_WRAPPERS = frozenset(
    {"", "alias", "cache", "chunker", "combine", "compress", "crypt", "hasher", "local", "memory", "union"}
)
_SERVERS = ("host", "url", "endpoint", "site_url", "account_url")
_USERS = ("user", "username", "email", "impersonate", "account")
_ANY_TENANT = frozenset({"common", "organizations", "consumers"})


def recognise(name: str, content: bytes) -> bool:
    """By name, or by a remote's type."""
    name = name.rpartition("/")[2]
    return name == "rclone.conf" or content.startswith(b"# Encrypted rclone configuration File")


def parse(files: FileSet) -> Facts:
    """Each remote.

    Raises:
        ParseError: encrypted, or not one section.
    """
    if b"RCLONE_ENCRYPT_V" in files.main[:400]:
        raise ParseError("encrypted settings", expected="settings in clear")
    made: list[AccountFact] = []
    for section in sections(files.main):
        kind = (section.get("type") or "").lower()
        if kind in _WRAPPERS:
            continue
        tenant = (section.get("tenant", "tenant_id", "tenant_url") or "").lower()
        made.append(
            account(
                files.profile,
                f"rclone:{kind}",
                ("files",),
                user=section.get(*_USERS),
                server=section.get(*_SERVERS),
                tenant=None if tenant in _ANY_TENANT else tenant,
            )
        )
    return Facts(accounts=tuple(dict.fromkeys(made)))
