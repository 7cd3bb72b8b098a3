"""Mail programs of Linux: Thunderbird and its kin, and those that are set up by a text file."""

from collections.abc import Iterator

from setapart_agent.collectors.base import Absent, Denied
from setapart_agent.collectors.linux.host import Host, LinuxCollector, User
from setapart_agent.collectors.linux.survey import Place, Survey, info_of, result, survey_of
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts

_THUNDERBIRD = Place(
    client="thunderbird",
    parser="thunderbird_prefs",
    paths=(
        ".thunderbird",
        ".mozilla-thunderbird",
        ".icedove",
        ".betterbird",
        ".config/thunderbird",
        ".config/mozilla/thunderbird",
        ".mozilla/seamonkey",
        ".var/app/org.mozilla.Thunderbird/.thunderbird",
        ".var/app/org.mozilla.thunderbird/.thunderbird",
        ".var/app/eu.betterbird.Betterbird/.thunderbird",
        "snap/thunderbird/common/.thunderbird",
    ),
)
_TBSYNC = Place(client="tbsync", parser="tbsync", paths=())
_HOME = (
    Place(client="isync", parser="isync", paths=(".mbsyncrc", ".config/isyncrc", ".config/isync/mbsyncrc")),
    Place(client="offlineimap", parser="offlineimap", paths=(".offlineimaprc", ".config/offlineimap/config")),
    Place(client="getmail", parser="getmail", paths=(".getmail/*", ".config/getmail/*"), mixed=True),
    Place(client="fetchmail", parser="fetchmail", paths=(".fetchmailrc",)),
    Place(client="msmtp", parser="msmtp", paths=(".msmtprc", ".config/msmtp/config")),
    Place(client="mutt", parser="muttrc", paths=(".muttrc", ".neomuttrc")),
    Place(
        client="mutt",
        parser="muttrc",
        paths=tuple(
            f"{folder}/{names}"
            for folder in (".mutt", ".neomutt", ".config/mutt", ".config/neomutt")
            for names in ("*", "*/*")
        ),
        mixed=True,
    ),
    Place(client="aerc", parser="aerc", paths=(".config/aerc/accounts.conf",)),
    Place(
        client="himalaya", parser="himalaya", paths=(".config/himalaya/config.toml", ".himalayarc", ".himalaya.toml")
    ),
    Place(
        client="geary",
        parser="geary",
        paths=(
            ".config/geary/*/geary.ini",
            ".local/share/geary/*/geary.ini",
            ".var/app/org.gnome.Geary/config/geary/*/geary.ini",
        ),
    ),
    Place(client="claws-mail", parser="claws", paths=(".claws-mail/accountrc", ".sylpheed-2.0/accountrc")),
    Place(
        client="kmail",
        parser="kmail",
        paths=(".config/emailidentities", ".config/mailtransports", ".kde*/share/config/mailtransports"),
    ),
)
_SYSTEM = (
    Place(client="msmtp", parser="msmtp", paths=("etc/msmtprc",)),
    Place(client="fetchmail", parser="fetchmail", paths=("etc/fetchmailrc",)),
    Place(client="mutt", parser="muttrc", paths=("etc/Muttrc", "etc/neomuttrc", "etc/Muttrc.d/*"), mixed=True),
)


class MailPrograms:
    """The accounts of mail programs."""

    info = info_of("linux.mail", __name__, ("accounts",), (_THUNDERBIRD, _TBSYNC, *_HOME))

    def collect(self, host: Host) -> Facts:
        """Every user's programs, and the machine-wide settings of some."""
        system = survey_of(host)
        system.look(_SYSTEM)
        surveys = [system]
        for user in host.users:
            if user.unseen is None:
                survey = survey_of(host, user)
                survey.look(_HOME)
                _thunderbird(survey, user)
                surveys.append(survey)
        return result(self.info, host, surveys)


def _thunderbird(survey: Survey, user: User) -> None:
    for root in survey.find(_THUNDERBIRD):
        for folder in dict.fromkeys(_profiles(survey, user, root)):
            content = survey.read(_THUNDERBIRD, f"{folder}/prefs.js")
            if content is not None:
                survey.parse(_THUNDERBIRD, f"{folder}/prefs.js", content)
                own = survey.read(_THUNDERBIRD, f"{folder}/user.js")
                if own is not None:  # counts from the next start on, and may be gone by then
                    survey.parse(_THUNDERBIRD, f"{folder}/prefs.js", content, {"user": own})
            elif folder.startswith("/") and isinstance(survey.tree.status(folder), Absent):
                survey.fail(
                    _THUNDERBIRD.client, _THUNDERBIRD.sections, Denied("a profile outside of the home is not there")
                )
            path = f"{folder}/TbSync/accounts68.json"
            accounts = survey.read(_TBSYNC, path)
            if accounts is not None:
                survey.parse(_TBSYNC, path, accounts)


def _profiles(survey: Survey, user: User, root: str) -> Iterator[str]:
    """The folders of profiles: those that are there, and those that profiles.ini names elsewhere."""
    for pattern in (f"{root}/*/prefs.js", f"{root}/Profiles/*/prefs.js"):
        place = Place(client=_THUNDERBIRD.client, parser=_THUNDERBIRD.parser, paths=(pattern,))
        yield from (path.removesuffix("/prefs.js") for path in survey.find(place))
    listed = survey.read(_THUNDERBIRD, f"{root}/profiles.ini")
    if listed is None:
        return
    from setapart_agent.collectors.linux.parse.sections import sections

    try:
        found = sections(listed)
    except ParseError as exc:
        survey.fail(_THUNDERBIRD.client, _THUNDERBIRD.sections, Denied(f"the list of profiles: {exc.got}"))
        return
    for section in found:
        path = section.get("Path") if section.name.lower().startswith("profile") else None
        if path and section.flag("IsRelative") is not False and not path.startswith("/"):
            yield f"{root}/{path}".rstrip("/")
        elif path:
            yield path.rstrip("/").removeprefix(f"{user.home}/")


COLLECTORS: tuple[LinuxCollector, ...] = (MailPrograms(),)
