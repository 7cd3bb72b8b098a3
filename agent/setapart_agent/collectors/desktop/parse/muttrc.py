"""mutt and neomutt: `~/.muttrc`, `~/.mutt/*`, `~/.config/{mutt,neomutt}/*`.

Format: the manual's Initialization Commands. Read without running: `$my_…` variables are put in, `source` and
backquoted commands are not followed.
"""

import re

from setapart_agent.collectors.desktop.parse.account import accounts, mailbox, user_of
from setapart_agent.facts import AccountFact, Facts, FileSet, host_of, text
from setapart_evidence.model import Coverage
from setapart_evidence.statement import Maturity

KIND = "linux.muttrc"
MATURITY: Maturity = "untested"

_SET = re.compile(r"""\b(\w++)\s*+=\s*+("(?:[^"\\]|\\.)*+"|'[^']*+'|[^\s"'#;]++)""")
_URL = re.compile(r"""\b(imaps?|pops?|smtps?)://([^\s"'<>]++)""")
_VARIABLE = re.compile(r"\$\{?(my_\w+|imap_user|from|smtp_user)\}?")
_MAX_LINE = 1000
_MAX_VALUE = 200


def recognise(name: str, content: bytes) -> bool:
    """A name with `mutt` in it, or settings that only mutt has."""
    name = name.rpartition("/")[2]
    return "mutt" in name.lower() or (
        b"set " in content
        and any(mark in content for mark in (b"imap_user", b"smtp_url", b"spoolfile", b"folder", b"pop_host"))
    )


def parse(files: FileSet) -> Facts:
    """Each server that a setting or a mailbox names; settings that a program prints can't be seen."""
    values: dict[str, str] = {}
    doubts: dict[str, None] = {}
    urls: list[tuple[str, str]] = []
    for line in text(files.main).split("\n"):
        stripped = line.strip()
        if stripped.startswith("#"):
            continue
        if len(stripped) > _MAX_LINE:
            stripped = stripped[:_MAX_LINE]
            doubts["a line that is too long"] = None
        if stripped.startswith("source ") and stripped.rstrip("\"'").endswith("|"):
            doubts["settings out of a program"] = None
        if re.match(r"(set|account-hook|folder-hook)\b", stripped):
            for name, raw in _SET.findall(stripped):
                value = raw[1:-1] if raw[0] in "\"'" else raw
                values[name] = _VARIABLE.sub(lambda match: values.get(match[1], match[0]), value)[:_MAX_VALUE]
        plain = _VARIABLE.sub(lambda match: values.get(match[1], match[0]), stripped)
        urls += [(scheme, f"{scheme}://{rest}") for scheme, rest in _URL.findall(plain)]
    if values.get("pop_host") and "://" not in values["pop_host"]:
        urls.append(("pop", f"pop://{values['pop_host']}"))
    made: list[AccountFact] = []
    for scheme, url in urls:
        kind = scheme.removesuffix("s")
        user = user_of(url) or values.get(f"{kind}_user")
        if host_of(url):
            users = (mailbox(user), mailbox(values.get("from")))
            made += accounts(files.profile, f"mutt:{kind}", ("mail",), users=users, servers=(url,))
    rows = tuple(
        Coverage(section="accounts", profile=files.profile, collector=KIND, status="partial", reason=reason)
        for reason in doubts
    )
    return Facts(accounts=tuple(dict.fromkeys(made)), coverage=rows)
