"""Other ways into a directory, each a small file: FreeIPA's client, Himmelblau and authd (Entra ID), nslcd, NIS.

Formats: default.conf(5) of FreeIPA, himmelblau.conf(5), authd's broker.conf, nslcd.conf(5), yp.conf(5).
"""

from setapart_agent.collectors.desktop.parse.sections import sections, words
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet, host_of, text
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "linux.joins"
MATURITY: Maturity = "untested"

_KEYS = ("domain", "realm", "domains", "issuer")
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


def recognise(name: str, content: bytes) -> bool:
    """By name alone: the keys are common."""
    name = name.rpartition("/")[2]
    return name in {"himmelblau.conf", "nslcd.conf", "yp.conf", "broker.conf"} or (
        name == "default.conf" and b"xmlrpc_uri" in content
    )


def parse(files: FileSet) -> Facts:
    """The directory's domain, or its server where no domain is named."""
    targets = _sectioned(files.main) or _plain(files.main)
    found = dict.fromkeys(target.lower() for target in targets if target and target.lower() not in _LOCAL)
    return Facts(links=tuple(Link(kind="directory-join", target=target, profile=files.profile) for target in found))


def _sectioned(raw: bytes) -> list[str]:
    try:
        found = sections(raw)
    except ParseError:
        return []
    for key in _KEYS:
        values = [name for section in found for name in words(section.get(key))]
        if values:
            tenants = [(host_of(value) or "") if "://" in value else value for value in values]
            return [value for value in tenants if "<" not in value]
    return []


def _plain(raw: bytes) -> list[str]:
    """`uri ldap://host …` of nslcd, `domain NAME server HOST` of NIS."""
    found: list[str] = []
    for line in text(raw).split("\n"):
        fields = line.split()
        if len(fields) < 2:  # noqa: PLR2004 - a key and a value
            continue
        if fields[0].lower() == "uri":
            found += [host_of(value) or "" for value in fields[1:] if value.startswith(("ldap:", "ldaps:"))]
        elif fields[0] in {"domain", "ypserver"}:
            found.append(fields[1])
    return found
