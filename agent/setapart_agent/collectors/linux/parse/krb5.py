"""Kerberos: `/etc/krb5.conf` and what it includes.

Format: krb5.conf(5). Only the default realm is a tie: distributions ship lists of well-known realms.
"""

from setapart_agent.collectors.linux.parse.sections import sections
from setapart_agent.facts import Facts, FileSet, text
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "linux.krb5"
MATURITY: Maturity = "untested"


def recognise(name: str, content: bytes) -> bool:
    """By its library section."""
    name = name.rpartition("/")[2]
    return b"[libdefaults]" in content or name == "krb5.conf"


def parse(files: FileSet) -> Facts:
    """The default realm, as a link.

    Raises:
        ParseError: binary, or not one section.
    """
    realm = _libdefaults(files.main).get("default_realm")
    if realm is None:
        return Facts()
    return Facts(links=(Link(kind="kerberos", target=realm.strip(".").lower(), profile=files.profile),))


def hidden_cache(content: bytes) -> str | None:
    """`KCM` or `KEYRING` where tickets are kept in a place without a file, else `None`.

    Raises:
        ParseError: binary, or not one section.
    """
    kind = (_libdefaults(content).get("default_ccache_name") or "").partition(":")[0].upper()
    return kind if kind in {"KCM", "KEYRING"} else None


def _libdefaults(content: bytes) -> dict[str, str]:
    kept = (line for line in text(content).split("\n") if not line.lstrip().startswith(("include ", "includedir ")))
    return sections("\n".join(kept).encode("utf-8", "replace")).named("libdefaults").values
