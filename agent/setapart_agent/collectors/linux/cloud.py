"""Clients that keep files in step with a server: Nextcloud, ownCloud, OneDrive, rclone."""

from setapart_agent.collectors.desktop.host import DesktopCollector, Host
from setapart_agent.collectors.desktop.survey import Place, Survey, info_of, result, survey_of, user_surveys
from setapart_agent.facts import Facts

_PLAIN = (
    Place(
        client="nextcloud",
        parser="desktop.parse.nextcloud",
        paths=(
            ".config/Nextcloud/nextcloud.cfg",
            ".config/ownCloud/owncloud.cfg",
            ".var/app/com.nextcloud.desktopclient.nextcloud/config/Nextcloud/nextcloud.cfg",
            ".local/share/data/ownCloud/owncloud.cfg",
        ),
    ),
    Place(client="rclone", parser="desktop.parse.rclone", paths=(".config/rclone/rclone.conf", ".rclone.conf")),
)
_ONEDRIVE = Place(
    client="onedrive",
    parser="linux.parse.onedrive",
    paths=(".config/onedrive*/refresh_token", ".config/onedrive*/*/refresh_token"),
)


class CloudStorage:
    """The accounts of file synchronisation."""

    info = info_of("linux.cloud", __name__, ("accounts",), (*_PLAIN, _ONEDRIVE), maturity="untested")

    def collect(self, host: Host) -> Facts:
        """Every user's clients; machine-wide there are none."""
        surveys = [survey_of(host)]
        for _, survey in user_surveys(host):
            survey.look(_PLAIN)
            _onedrive(survey)
            surveys.append(survey)
        return result(self.info, host, surveys)


def _onedrive(survey: Survey) -> None:
    """The token says that somebody is signed in, whatever the settings beside it say; it is never read."""
    for token in survey.find(_ONEDRIVE):
        path = f"{token.rpartition('/')[0]}/config"
        survey.parse(_ONEDRIVE, path, survey.read(_ONEDRIVE, path) or b"")


COLLECTORS: tuple[DesktopCollector, ...] = (CloudStorage(),)
