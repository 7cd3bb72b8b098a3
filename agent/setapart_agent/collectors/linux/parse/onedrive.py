"""The OneDrive client for Linux: `~/.config/onedrive/config` beside its refresh token.

Format: docs/application-config-options.md of abraunegg/onedrive: `key = "value"` lines. No address is kept in clear.
"""

from setapart_agent.collectors.desktop.parse.account import account
from setapart_agent.facts import Facts, FileSet, text
from setapart_evidence.statement import Maturity

KIND = "linux.onedrive"
MATURITY: Maturity = "untested"

_ANY_TENANT = frozenset({"", "common", "organizations", "consumers"})


def recognise(name: str, content: bytes) -> bool:
    """By its folder setting."""
    name = name.rpartition("/")[2]
    return name == "config" and b"sync_dir" in content


def parse(files: FileSet) -> Facts:
    """The account that the client is signed in with; an empty file means that every setting has its default."""
    values: dict[str, str] = {}
    for line in text(files.main).split("\n"):
        key, sign, value = line.partition("=")
        if sign and not key.lstrip().startswith("#"):
            values[key.strip()] = value.strip().strip("\"'")
    tenant = values.get("azure_tenant_id", "").lower()
    made = account(
        files.profile,
        "onedrive:graph",
        ("files",),
        tenant=None if tenant in _ANY_TENANT else tenant,
        server=values.get("site_host"),
    )
    return Facts(accounts=(made,))
