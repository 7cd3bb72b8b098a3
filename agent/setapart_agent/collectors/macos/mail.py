"""Mail programs of macOS beside Mail: Outlook, Thunderbird, and what people bring along from other systems."""

from setapart_agent.collectors.base import Unsupported
from setapart_agent.collectors.desktop import terminal_mail, thunderbird
from setapart_agent.collectors.desktop.host import DesktopCollector, Host
from setapart_agent.collectors.desktop.survey import Place, Survey, info_of, result, survey_of, user_surveys
from setapart_agent.facts import Facts

_SUPPORT = "Library/Application Support"
_THUNDERBIRD = ("Library/Thunderbird", "Library/Betterbird", f"{_SUPPORT}/SeaMonkey", f"{_SUPPORT}/Postbox")
"""SeaMonkey and Postbox keep mail as Thunderbird does."""
_PROFILES = "Library/Group Containers/UBF8T346G9.Office/Outlook/Outlook 15 Profiles"
_OUTLOOK = Place(client="outlook", parser="macos.parse.outlook", paths=(f"{_PROFILES}/*/Data/Outlook.sqlite",))
_NEW_OUTLOOK = Place(client="outlook", parser="macos.parse.outlook", paths=(f"{_PROFILES}/*/HxStore.hxd",))
_OLD_OUTLOOK = Place(
    client="outlook 2011",
    parser="macos.parse.outlook",
    paths=("Documents/Microsoft User Data/Office 2011 Identities/*/Database",),
)
_TERMINAL = (
    *terminal_mail.PLACES,
    Place(client="aerc", parser="desktop.parse.aerc", paths=("Library/Preferences/aerc/accounts.conf",)),
    Place(
        client="himalaya",
        parser="desktop.parse.himalaya",
        paths=(f"{_SUPPORT}/himalaya/config.toml",),
    ),
    Place(
        client="vdirsyncer",
        parser="desktop.parse.vdirsyncer",
        paths=(".config/vdirsyncer/config", ".vdirsyncer/config"),
    ),
)
_BREW = ("opt/homebrew/etc", "usr/local/etc", "opt/local/etc")
_SYSTEM = (
    Place(client="msmtp", parser="desktop.parse.msmtp", paths=tuple(f"{folder}/msmtprc" for folder in _BREW)),
    Place(
        client="mutt", parser="desktop.parse.muttrc", paths=tuple(f"{folder}/Muttrc" for folder in _BREW), mixed=True
    ),
)


class MailPrograms:
    """The accounts of mail programs that keep them themselves."""

    info = info_of(
        "macos.mail",
        __name__,
        ("accounts",),
        (*thunderbird.PLACES, _OUTLOOK, *_TERMINAL),
        maturity="untested",
        modules=(thunderbird.__name__, terminal_mail.__name__),
    )

    def collect(self, host: Host) -> Facts:
        """Every user's programs, and the machine-wide settings of some."""
        system = survey_of(host)
        system.look(_SYSTEM)
        surveys = [system]
        for user, survey in user_surveys(host):
            thunderbird.look(survey, user, _THUNDERBIRD)
            _outlook(survey)
            survey.look(_TERMINAL)
            surveys.append(survey)
        return result(self.info, host, surveys)


def _outlook(survey: Survey) -> None:
    """Outlook's database, which is as large as its mail; the new Outlook has a store of its own, which nobody reads.

    That may hold accounts that were added after the change to the new Outlook, whatever the database still knows.
    """
    survey.look_into_databases(_OUTLOOK)
    if survey.find(_NEW_OUTLOOK):
        survey.fail(_OUTLOOK.client, _OUTLOOK.sections, Unsupported("the new Outlook's store can't be read"))
    if survey.find(_OLD_OUTLOOK):
        survey.fail(_OLD_OUTLOOK.client, _OLD_OUTLOOK.sections, Unsupported("its database can't be read"))


COLLECTORS: tuple[DesktopCollector, ...] = (MailPrograms(),)
