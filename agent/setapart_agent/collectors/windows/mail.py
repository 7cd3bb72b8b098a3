"""Mail programs that keep their accounts in files: Thunderbird and its kin, the new Outlook, Windows Mail, Live Mail.

The new Outlook and Windows Mail stand on every machine, used or not. Whoever has used one of them, and left no account
that can be read, is told of: their mail is there.
"""

from setapart_agent.collectors.base import Denied, Observed, Unsupported
from setapart_agent.collectors.desktop import thunderbird
from setapart_agent.collectors.desktop.host import User
from setapart_agent.collectors.desktop.survey import Place, Survey, info_of, result, survey_of, user_surveys
from setapart_agent.collectors.windows.host import WindowsCollector, WindowsHost
from setapart_agent.collectors.windows.users import tree_path
from setapart_agent.errors import ParseError, SourceError
from setapart_agent.facts import Facts

_THUNDERBIRD = (
    "AppData/Roaming/Thunderbird",
    "AppData/Roaming/Betterbird",
    "AppData/Roaming/Mozilla/SeaMonkey",
    "AppData/Local/Packages/*/LocalCache/Roaming/Thunderbird",
)
"""The last one is where a packaged (MSIX) Thunderbird writes what it believes to be `AppData`."""

_OUTLOOK = Place(
    client="outlook for windows",
    parser="windows.parse.new_outlook",
    paths=("AppData/Local/Microsoft/Olk/UserSettings.json",),
)
_OUTLOOK_USED = Place(
    client=_OUTLOOK.client, parser=_OUTLOOK.parser, paths=("AppData/Local/Microsoft/Olk/EBWebView/Default/*",)
)
_LIVE_MAIL = Place(
    client="windows live mail",
    parser="windows.parse.oeaccount",
    paths=tuple(
        f"AppData/Local/Microsoft/{folder}/{depth}*.oeaccount"
        for folder in ("Windows Live Mail", "Windows Mail")
        for depth in ("", "*/", "*/*/")
    ),
)
_MAIL = Place(
    client="windows mail", parser="windows.parse.new_outlook", paths=("AppData/Local/Comms/Unistore/data/3/*/*",)
)
"""Where Windows Mail keeps the bodies of messages; its accounts are partnerships in the registry."""
_STORE_OFFICE = Place(
    client="outlook of the store",
    parser="windows.outlook",
    paths=("AppData/Local/Packages/Microsoft.Office.Desktop_*/SystemAppData/Helium/User.dat",),
)
"""What a packaged program writes to the user's registry stands in a hive of its own (Microsoft, "Understanding how
packaged desktop apps run on Windows"); the place is that of public scripts for Office's licences."""
_PARTNERS = r"Software\Microsoft\ActiveSync\Partners"
_UNREADABLE = Denied("it was used, and whose mail it holds can't be read")


class MailPrograms:
    """The accounts of mail programs; machine-wide there are none."""

    info = info_of(
        "windows.mail",
        __name__,
        ("accounts",),
        (*thunderbird.PLACES, _OUTLOOK, _LIVE_MAIL, _MAIL, _STORE_OFFICE),
        maturity="untested",
        modules=(
            "setapart_agent.collectors.browser.parse.json_file",
            "setapart_agent.collectors.windows.parse.xml_texts",
        ),
    )

    def collect(self, host: WindowsHost) -> Facts:
        """Every user's programs."""
        surveys = [survey_of(host)]
        for user, survey in user_surveys(host):
            thunderbird.look(survey, user, _THUNDERBIRD, located=lambda path: tree_path(path, host.drive))
            survey.look((_OUTLOOK, _LIVE_MAIL))
            _store_office(survey)
            if not survey.find(_OUTLOOK) and survey.find(_OUTLOOK_USED):
                survey.fail(_OUTLOOK.client, _OUTLOOK.sections, _UNREADABLE)
            if survey.find(_MAIL) and not _has_partners(host, user):
                survey.fail(_MAIL.client, _MAIL.sections, _UNREADABLE)
            surveys.append(survey)
        return result(self.info, host, surveys)


def _store_office(survey: Survey) -> None:
    for path in survey.find(_STORE_OFFICE):
        content = survey.read(_STORE_OFFICE, path)
        beside = {f"log{number}": f"{path}.LOG{number}" for number in (1, 2)}
        logs = {role: survey.read(_STORE_OFFICE, log) or b"" for role, log in beside.items() if survey.has(log)}
        try:
            if content is not None:
                survey.parse(_STORE_OFFICE, path, content, logs)
        except SourceError as exc:
            survey.fail(_STORE_OFFICE.client, _STORE_OFFICE.sections, Unsupported(exc.got))


def _has_partners(host: WindowsHost, user: User) -> bool:
    """Whether the registry names accounts of Windows Mail; `registered` reads them."""
    hive = host.registry.user(user)
    try:
        return isinstance(hive, Observed) and any(True for _ in hive.value.key.below(_PARTNERS))
    except ParseError:
        return False


COLLECTORS: tuple[WindowsCollector, ...] = (MailPrograms(),)
