r"""Nextcloud and ownCloud desktop: `~/.config/Nextcloud/nextcloud.cfg`, `~/.config/ownCloud/owncloud.cfg`.

Format: QSettings INI; keys of the group Accounts are `<number>\url`, `<number>\dav_user` and so on.
"""

from setapart_agent.collectors.desktop.parse.account import account, user_of
from setapart_agent.collectors.desktop.parse.sections import plain, sections
from setapart_agent.facts import AccountFact, Facts, FileSet
from setapart_evidence.statement import Maturity

KIND = "linux.nextcloud"
MATURITY: Maturity = "untested"


def recognise(name: str, content: bytes) -> bool:
    """By name, or by its group."""
    name = name.rpartition("/")[2]
    return name in {"nextcloud.cfg", "owncloud.cfg"} or (b"[Accounts]" in content and b"\\dav_user=" in content)


def parse(files: FileSet) -> Facts:
    """Each account.

    Raises:
        ParseError: not one section.
    """
    client = "owncloud" if "owncloud" in files.path.lower() else "nextcloud"
    values = sections(files.main).named("Accounts").values
    made: list[AccountFact] = []
    for key, url in values.items():
        number, sign, name = key.partition("\\")
        if sign and name == "url" and url:
            user = next(
                (
                    values[one]
                    for part in ("dav_user", "webflow_user", "http_user")
                    if (one := f"{number}\\{part}") in values
                ),
                None,
            )
            made.append(
                account(
                    files.profile,
                    f"{client}:webdav",
                    ("files",),
                    user=plain(user) or user_of(url),
                    server=plain(url),
                    enabled=True,
                )
            )
    return Facts(accounts=tuple(dict.fromkeys(made)))
