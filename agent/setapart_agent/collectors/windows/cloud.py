"""Clients that keep files in step with a server: Nextcloud, ownCloud, rclone. OneDrive's stand in the registry."""

from setapart_agent.collectors.desktop.survey import Place, info_of, result, survey_of, user_surveys
from setapart_agent.collectors.windows.host import WindowsCollector, WindowsHost
from setapart_agent.facts import Facts

_PLACES = (
    Place(
        client="nextcloud",
        parser="desktop.parse.nextcloud",
        paths=("AppData/Roaming/Nextcloud/nextcloud.cfg", "AppData/Roaming/ownCloud/owncloud.cfg"),
    ),
    Place(
        client="rclone",
        parser="desktop.parse.rclone",
        paths=("AppData/Roaming/rclone/rclone.conf", ".config/rclone/rclone.conf", ".rclone.conf"),
    ),
)


class CloudStorage:
    """The accounts of file synchronisation."""

    info = info_of("windows.cloud", __name__, ("accounts",), _PLACES, maturity="untested")

    def collect(self, host: WindowsHost) -> Facts:
        """Every user's clients; machine-wide there are none."""
        surveys = [survey_of(host)]
        for _, survey in user_surveys(host):
            survey.look(_PLACES)
            surveys.append(survey)
        return result(self.info, host, surveys)


COLLECTORS: tuple[WindowsCollector, ...] = (CloudStorage(),)
