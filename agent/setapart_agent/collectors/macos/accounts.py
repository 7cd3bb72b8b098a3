"""The accounts of system settings, and those that Mail, iCal and Address Book kept themselves before."""

from msgspec import structs

from setapart_agent.collectors.base import Absent, Failed
from setapart_agent.collectors.desktop.host import DesktopCollector, Host, User
from setapart_agent.collectors.desktop.survey import Place, Survey, info_of, result, survey_of, user_surveys
from setapart_agent.facts import Facts

_FOLDER = "Library/Accounts"
_ACCOUNTS = Place(
    client="internet accounts",
    parser="macos.parse.accounts",
    paths=(f"{_FOLDER}/Accounts[0-9].sqlite",),
    sections=("accounts", "links"),
)
_MAIL = (
    Place(
        client="apple mail",
        parser="macos.parse.mail_accounts",
        paths=("Library/Mail/V*/MailData/Accounts.plist",),
    ),
    Place(
        client="apple mail",
        parser="macos.parse.mail_accounts",
        paths=("Library/Preferences/com.apple.mail.plist",),
        mixed=True,  # newer versions keep other settings there
    ),
)
_BEFORE = Place(
    client="ical and address book",
    parser="macos.parse.groupware_source",
    paths=(
        "Library/Calendars/*.caldav/Info.plist",
        "Library/Calendars/*.exchange/Info.plist",
        "Library/Application Support/AddressBook/Sources/*/Configuration.plist",
    ),
)
"""What counts where there is no database: newer systems keep copies there."""
NO_DATABASE = "the database of accounts is not there"


class SystemAccounts:
    """Accounts of Mail, Calendar, Contacts and of whatever else asks the system for its accounts."""

    info = info_of(
        "macos.accounts",
        __name__,
        ("accounts", "links"),
        (_ACCOUNTS, _BEFORE, *_MAIL),
        maturity="untested",
        modules=tuple(
            f"setapart_agent.collectors.apple.parse.{name}"
            for name in ("accounts_db", "account_types", "keyed_archive", "server")
        ),
    )

    def collect(self, host: Host) -> Facts:
        """Every user's accounts; of several databases the newest, since an upgrade leaves the old one behind."""
        surveys = [survey_of(host)]
        for user, survey in user_surveys(host):
            _database(survey, user)
            survey.look(_MAIL)
            surveys.append(survey)
        return result(self.info, host, surveys)


def _database(survey: Survey, user: User) -> None:
    found = survey.find(_ACCOUNTS)
    if found:
        survey.look((structs.replace(_ACCOUNTS, paths=(max(found),)),))
        return
    survey.look((_BEFORE,))
    if not survey.failures("accounts") and not isinstance(survey.tree.status(f"{user.home}/{_FOLDER}"), Absent):
        survey.fail(_ACCOUNTS.client, _ACCOUNTS.sections, Failed(NO_DATABASE))


COLLECTORS: tuple[DesktopCollector, ...] = (SystemAccounts(),)
