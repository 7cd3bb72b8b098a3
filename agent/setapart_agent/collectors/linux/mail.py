"""Mail programs of Linux: Thunderbird and its kin, and those that are set up by a text file."""

from setapart_agent.collectors.desktop import terminal_mail, thunderbird
from setapart_agent.collectors.desktop.host import DesktopCollector, Host
from setapart_agent.collectors.desktop.survey import Place, info_of, result, survey_of, user_surveys
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
_KMAIL = ("emailidentities", "mailtransports")
_HOME = (
    *terminal_mail.PLACES,
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
        paths=(
            *(f"{folder}/{name}" for folder in (".config", ".kde*/share/config") for name in _KMAIL),
            ".kde*/share/config/kmailrc",
        ),
    ),
)
_SYSTEM = (
    Place(client="msmtp", parser="desktop.parse.msmtp", paths=("etc/msmtprc",)),
    Place(client="fetchmail", parser="desktop.parse.fetchmail", paths=("etc/fetchmailrc",)),
    Place(
        client="mutt",
        parser="desktop.parse.muttrc",
        paths=("etc/Muttrc", "etc/neomuttrc", "etc/Muttrc.d/*"),
        mixed=True,
    ),
)


class MailPrograms:
    """The accounts of mail programs."""

    info = info_of(
        "linux.mail",
        __name__,
        ("accounts",),
        (*thunderbird.PLACES, *_HOME),
        version=2,
        modules=(thunderbird.__name__, terminal_mail.__name__, "setapart_agent.collectors.linux.parse.kconfig"),
    )

    def collect(self, host: Host) -> Facts:
        """Every user's programs, and the machine-wide settings of some."""
        system = survey_of(host)
        system.look(_SYSTEM)
        surveys = [system]
        for user, survey in user_surveys(host):
            survey.look(_HOME)
            thunderbird.look(survey, user, _THUNDERBIRD)
            surveys.append(survey)
        return result(self.info, host, surveys)


COLLECTORS: tuple[DesktopCollector, ...] = (MailPrograms(),)
