"""Mail programs of Linux: Thunderbird and its kin, and those that are set up by a text file."""

from setapart_agent.collectors.desktop import thunderbird
from setapart_agent.collectors.desktop.host import DesktopCollector, Host
from setapart_agent.collectors.desktop.survey import Place, info_of, result, survey_of
from setapart_agent.facts import Facts

_THUNDERBIRD = (
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
)
_HOME = (
    Place(client="isync", parser="linux.parse.isync", paths=(".mbsyncrc", ".config/isyncrc", ".config/isync/mbsyncrc")),
    Place(
        client="offlineimap", parser="linux.parse.offlineimap", paths=(".offlineimaprc", ".config/offlineimap/config")
    ),
    Place(client="getmail", parser="linux.parse.getmail", paths=(".getmail/*", ".config/getmail/*"), mixed=True),
    Place(client="fetchmail", parser="linux.parse.fetchmail", paths=(".fetchmailrc",)),
    Place(client="msmtp", parser="linux.parse.msmtp", paths=(".msmtprc", ".config/msmtp/config")),
    Place(client="mutt", parser="linux.parse.muttrc", paths=(".muttrc", ".neomuttrc")),
    Place(
        client="mutt",
        parser="linux.parse.muttrc",
        paths=tuple(
            f"{folder}/{names}"
            for folder in (".mutt", ".neomutt", ".config/mutt", ".config/neomutt")
            for names in ("*", "*/*")
        ),
        mixed=True,
    ),
    Place(client="aerc", parser="linux.parse.aerc", paths=(".config/aerc/accounts.conf",)),
    Place(
        client="himalaya",
        parser="linux.parse.himalaya",
        paths=(".config/himalaya/config.toml", ".himalayarc", ".himalaya.toml"),
    ),
    Place(
        client="geary",
        parser="linux.parse.geary",
        paths=(
            ".config/geary/*/geary.ini",
            ".local/share/geary/*/geary.ini",
            ".var/app/org.gnome.Geary/config/geary/*/geary.ini",
        ),
    ),
    Place(client="claws-mail", parser="linux.parse.claws", paths=(".claws-mail/accountrc", ".sylpheed-2.0/accountrc")),
    Place(
        client="kmail",
        parser="linux.parse.kmail",
        paths=(".config/emailidentities", ".config/mailtransports", ".kde*/share/config/mailtransports"),
    ),
)
_SYSTEM = (
    Place(client="msmtp", parser="linux.parse.msmtp", paths=("etc/msmtprc",)),
    Place(client="fetchmail", parser="linux.parse.fetchmail", paths=("etc/fetchmailrc",)),
    Place(
        client="mutt", parser="linux.parse.muttrc", paths=("etc/Muttrc", "etc/neomuttrc", "etc/Muttrc.d/*"), mixed=True
    ),
)


class MailPrograms:
    """The accounts of mail programs."""

    info = info_of("linux.mail", __name__, ("accounts",), (*thunderbird.PLACES, *_HOME))

    def collect(self, host: Host) -> Facts:
        """Every user's programs, and the machine-wide settings of some."""
        system = survey_of(host)
        system.look(_SYSTEM)
        surveys = [system]
        for user in host.users:
            if user.unseen is None:
                survey = survey_of(host, user)
                survey.look(_HOME)
                thunderbird.look(survey, user, _THUNDERBIRD)
                surveys.append(survey)
        return result(self.info, host, surveys)


COLLECTORS: tuple[DesktopCollector, ...] = (MailPrograms(),)
