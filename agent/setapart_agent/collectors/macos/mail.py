"""Mail programs of macOS beside Mail: Outlook, Thunderbird, and what people bring along from other systems."""

from setapart_agent.collectors.base import Unsupported
from setapart_agent.collectors.desktop import thunderbird
from setapart_agent.collectors.desktop.host import DesktopCollector, Host
from setapart_agent.collectors.desktop.survey import Place, Survey, info_of, result, survey_of
from setapart_agent.facts import Facts

_THUNDERBIRD = ("Library/Thunderbird", "Library/Betterbird")
_PROFILES = "Library/Group Containers/UBF8T346G9.Office/Outlook/Outlook 15 Profiles"
_OUTLOOK = Place(client="outlook", parser="macos.parse.outlook", paths=(f"{_PROFILES}/*/Data/Outlook.sqlite",))
_NEW_OUTLOOK = Place(client="outlook", parser="macos.parse.outlook", paths=(f"{_PROFILES}/*/HxStore.hxd",))
_OLD_OUTLOOK = Place(
    client="outlook 2011",
    parser="macos.parse.outlook",
    paths=("Documents/Microsoft User Data/Office 2011 Identities/*/Database",),
)
_UNREAD = {
    "isync": (".mbsyncrc", ".config/isyncrc"),
    "offlineimap": (".offlineimaprc", ".config/offlineimap/config"),
    "fetchmail": (".fetchmailrc",),
    "getmail": (".getmail/getmailrc", ".config/getmail/getmailrc"),
    "msmtp": (".msmtprc", ".config/msmtp/config"),
    "mutt": (".muttrc", ".mutt/muttrc", ".neomuttrc", ".config/mutt/muttrc", ".config/neomutt/neomuttrc"),
    "aerc": (".config/aerc/accounts.conf", "Library/Preferences/aerc/accounts.conf"),
    "himalaya": (".config/himalaya/config.toml", "Library/Application Support/himalaya/config.toml"),
    "vdirsyncer": (".vdirsyncer/config", ".config/vdirsyncer/config"),
}
"""Programs of the terminal, whose settings are read on Linux alone."""


class MailPrograms:
    """The accounts of mail programs that keep them themselves."""

    info = info_of(
        "macos.mail",
        __name__,
        ("accounts",),
        (*thunderbird.PLACES, _OUTLOOK),
        maturity="untested",
        more=("whether there are settings of mail programs of the terminal",),
    )

    def collect(self, host: Host) -> Facts:
        """Every user's programs."""
        surveys = [survey_of(host)]
        for user in host.users:
            if user.unseen is None:
                survey = survey_of(host, user)
                thunderbird.look(survey, user, _THUNDERBIRD)
                _outlook(survey)
                _terminal(survey)
                surveys.append(survey)
        return result(self.info, host, surveys)


def _outlook(survey: Survey) -> None:
    """Outlook's database; the new Outlook has a store of its own, which nothing here reads."""
    before = len(survey.facts)
    survey.look((_OUTLOOK,))
    seen = any(facts.accounts for facts in survey.facts[before:])
    if not seen and survey.find(_NEW_OUTLOOK):
        survey.fail(_OUTLOOK.client, _OUTLOOK.sections, Unsupported("the new Outlook's store can't be read"))
    if survey.find(_OLD_OUTLOOK):
        survey.fail(_OLD_OUTLOOK.client, _OLD_OUTLOOK.sections, Unsupported("its database can't be read"))


def _terminal(survey: Survey) -> None:
    for client, paths in _UNREAD.items():
        if survey.find(Place(client=client, parser="", paths=paths)):
            survey.fail(client, ("accounts",), Unsupported("its settings are not read on macOS"))


COLLECTORS: tuple[DesktopCollector, ...] = (MailPrograms(),)
