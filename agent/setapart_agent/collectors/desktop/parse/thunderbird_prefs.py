"""Thunderbird and its kin: `prefs.js` of a profile.

Keys: mailnews/base (nsMsgAccountManager), calendar/base (calendar.registry), mailnews/addrbook (ldap_2.servers), and
CardBook's cardbookPreferences.js. What counts is the list in `mail.accountmanager.accounts`: removed accounts may leave
their keys behind.
"""

from setapart_agent.collectors.desktop.parse.account import account, accounts, address_in, mailbox, user_of
from setapart_agent.collectors.desktop.parse.prefs import Pref, prefs_of
from setapart_agent.facts import AccountFact, Facts, FileSet
from setapart_evidence.model import Coverage, Service
from setapart_evidence.statement import Maturity

KIND = "linux.thunderbird-prefs"
MATURITY: Maturity = "real-hardware"

_CARDBOOK = "extensions.cardbook.data."
_PREFIXES = ("mail.account", "mail.server.", "mail.identity.", "calendar.registry.", "ldap_2.servers.", _CARDBOOK)
_NO_MAIL = frozenset({"none", "rss", "nntp", "im", "movemail"})
_WIDER: dict[str, tuple[Service, ...]] = {
    "owl": ("mail", "calendar", "contacts"),
    "exquilla": ("mail", "contacts"),
}
_LISTS = ("mail.accountmanager.accounts", "mail.accountmanager.appendaccounts")
_LOCAL_CALENDARS = frozenset({"storage", "memory", "composite", ""})
_LOCAL_BOOKS = frozenset({"localdb", "file", "directory", "standard", "search", ""})
_DELETED = -1


def recognise(name: str, content: bytes) -> bool:
    """A preference file with mail in it; browsers write the same format."""
    name = name.rpartition("/")[2]
    return b"user_pref(" in content and (
        b'"mail.' in content or b'"calendar.registry.' in content or (name == "prefs.js" and b'"ldap_2.' in content)
    )


def parse(files: FileSet) -> Facts:
    """The mail accounts, remote calendars and remote address books of a profile; a fresh profile has none.

    Role `user`: `user.js`, which Thunderbird reads after prefs.js at every start.

    Raises:
        ParseError: not a preference file.
    """
    prefs, whole = prefs_of(files.main + b"\n" + files.files.get("user", b""), _PREFIXES)
    made = [
        *_mail(prefs, files.profile),
        *_calendars(prefs, files.profile),
        *_books(prefs, files.profile),
        *_books_of_cardbook(prefs, files.profile),
    ]
    doubt = Coverage(
        section="accounts", profile=files.profile, collector=KIND, status="partial", reason="a line is no preference"
    )
    return Facts(accounts=tuple(dict.fromkeys(made)), coverage=() if whole else (doubt,))


def _mail(prefs: dict[str, Pref], profile: str) -> list[AccountFact]:
    made: list[AccountFact] = []
    for name in dict.fromkeys(name for key in _LISTS for name in _list(prefs, key)):
        server = f"mail.server.{_text(prefs, f'mail.account.{name}.server')}"
        kind = (_text(prefs, f"{server}.type") or "none").lower()
        if kind in _NO_MAIL:
            continue
        hosts = (_text(prefs, f"{server}.{key}") for key in ("ews_url", "realhostname", "hostname"))
        users = [_text(prefs, f"{server}.{key}") for key in ("realuserName", "userName")]
        identities = _list(prefs, f"mail.account.{name}.identities")
        addresses = [mailbox(_text(prefs, f"mail.identity.{one}.useremail")) for one in identities]
        made += accounts(
            profile,
            f"thunderbird:{kind}",
            _WIDER.get(kind, ("mail",)),
            users=(*addresses, *users),
            servers=hosts,
            enabled=True,
        )
    return made


def _calendars(prefs: dict[str, Pref], profile: str) -> list[AccountFact]:
    made: list[AccountFact] = []
    for name in _ids(prefs, "calendar.registry."):
        key = f"calendar.registry.{name}"
        kind = (_text(prefs, f"{key}.type") or "").lower()
        uri = _text(prefs, f"{key}.uri")
        if kind in _LOCAL_CALENDARS or (kind == "ics" and (uri or "file:").startswith(("file:", "moz-storage"))):
            continue
        identity = _text(prefs, f"{key}.imip.identity.key")
        user = _text(prefs, f"{key}.username") or user_of(uri)
        invited = mailbox(_text(prefs, f"mail.identity.{identity}.useremail")) if identity else None
        made += accounts(
            profile,
            f"thunderbird:{kind}",
            ("calendar",),
            users=(address_in(uri) or mailbox(user) or invited, user),
            servers=(uri,),
            enabled=prefs.get(f"{key}.disabled") is not True,
        )
    return made


def _books(prefs: dict[str, Pref], profile: str) -> list[AccountFact]:
    made: list[AccountFact] = []
    for name in _ids(prefs, "ldap_2.servers."):
        key = f"ldap_2.servers.{name}"
        if prefs.get(f"{key}.dirType") == _DELETED:
            continue
        carddav = _text(prefs, f"{key}.carddav.url")
        uri = _text(prefs, f"{key}.uri") or ""
        if carddav:
            user = _text(prefs, f"{key}.carddav.username")
            users = (address_in(carddav), user)
            made += accounts(
                profile, "thunderbird:carddav", ("contacts",), users=users, servers=(carddav,), enabled=True
            )
        elif uri.startswith(("ldap:", "ldaps:", "moz-abldapdirectory:")):
            reach: tuple[Service, ...] = ("contacts", "directory")
            made.append(account(profile, "thunderbird:ldap", reach, server=uri, enabled=True))
    return made


def _books_of_cardbook(prefs: dict[str, Pref], profile: str) -> list[AccountFact]:
    made: list[AccountFact] = []
    for name in _ids(prefs, _CARDBOOK):
        key = f"{_CARDBOOK}{name}"
        kind = (_text(prefs, f"{key}.type") or "").lower()
        if kind not in _LOCAL_BOOKS:
            made.append(
                account(
                    profile,
                    f"cardbook:{kind}",
                    ("contacts",),
                    user=_text(prefs, f"{key}.user"),
                    server=_text(prefs, f"{key}.url"),
                    enabled=prefs.get(f"{key}.enabled") is not False,
                )
            )
    return made


def _ids(prefs: dict[str, Pref], prefix: str) -> tuple[str, ...]:
    names = (key[len(prefix) :].partition(".")[0] for key in prefs if key.startswith(prefix))
    return tuple(dict.fromkeys(names))


def _list(prefs: dict[str, Pref], key: str) -> tuple[str, ...]:
    return tuple(filter(None, (part.strip() for part in (_text(prefs, key) or "").split(","))))


def _text(prefs: dict[str, Pref], key: str) -> str | None:
    value = prefs.get(key)
    return value if isinstance(value, str) and value else None
