"""Clients that keep files in step with a server: what macOS itself shows of them, OneDrive, Nextcloud, rclone."""

from setapart_agent.collectors.desktop.host import DesktopCollector, Host, User
from setapart_agent.collectors.desktop.parse.account import account
from setapart_agent.collectors.desktop.survey import Place, Survey, info_of, result, survey_of, user_surveys
from setapart_agent.collectors.macos.parse.cloud_folder import account_of
from setapart_agent.facts import Facts

_PLAIN = (
    Place(
        client="nextcloud",
        parser="desktop.parse.nextcloud",
        paths=(
            "Library/Preferences/Nextcloud/nextcloud.cfg",
            "Library/Containers/com.nextcloud.desktopclient/Data/Library/Preferences/Nextcloud/nextcloud.cfg",
            "Library/Preferences/ownCloud/owncloud.cfg",
        ),
    ),
    Place(client="rclone", parser="desktop.parse.rclone", paths=(".config/rclone/rclone.conf", ".rclone.conf")),
)
_FOLDERS = Place(client="cloud storage", parser="macos.parse.cloud_folder", paths=("Library/CloudStorage/*",))
_SETTINGS = (
    "Library/Application Support/OneDrive/settings",
    "Library/Containers/com.microsoft.OneDrive-mac/Data/Library/Application Support/OneDrive/settings",
)
_ONEDRIVE = Place(
    client="onedrive",
    parser="macos.parse.onedrive_settings",
    paths=tuple(f"{folder}/Business[0-9]" for folder in _SETTINGS),
)
_ONEDRIVE_NAME = "OneDrive-"
_PERSONAL = "OneDrive-Personal"


class CloudStorage:
    """The accounts of file synchronisation."""

    info = info_of(
        "macos.cloud",
        __name__,
        ("accounts",),
        (*_PLAIN, _ONEDRIVE, _FOLDERS),
        maturity="untested",
        more=("the names of folders in Library/CloudStorage",),
    )

    def collect(self, host: Host) -> Facts:
        """Every user's clients; machine-wide there are none."""
        surveys = [survey_of(host)]
        for user, survey in user_surveys(host):
            survey.look(_PLAIN)
            known = _onedrive(survey)
            _folders(survey, user, onedrive_known=known)
            surveys.append(survey)
        return result(self.info, host, surveys)


def _onedrive(survey: Survey) -> bool:
    """An account for every organisation that the settings name; one that is not named is one still."""
    folders = survey.find(_ONEDRIVE)
    for folder in folders:
        before = len(survey.facts)
        for path in survey.find(Place(client=_ONEDRIVE.client, parser="", paths=(f"{folder}/*.ini",))):
            content = survey.read(_ONEDRIVE, path)
            if content is not None:
                survey.parse(_ONEDRIVE, path, content)
        if not any(facts.accounts for facts in survey.facts[before:]):
            survey.facts.append(Facts(accounts=(account(survey.profile, "onedrive:business", ("files",)),)))
    return bool(folders)


def _folders(survey: Survey, user: User, *, onedrive_known: bool) -> None:
    """What macOS names folders after; those of OneDrive for organisations where its settings are not there."""
    for path in survey.find(_FOLDERS):
        name = path.rpartition("/")[2]
        if name.startswith(_ONEDRIVE_NAME) and name != _PERSONAL and onedrive_known:
            continue
        found = account_of(name, user.profile)
        if found is not None:
            survey.facts.append(Facts(accounts=(found,)))


COLLECTORS: tuple[DesktopCollector, ...] = (CloudStorage(),)
