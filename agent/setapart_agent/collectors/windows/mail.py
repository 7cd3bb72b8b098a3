"""Mail programs that keep their accounts in files: Thunderbird and its kin."""

from setapart_agent.collectors.desktop import thunderbird
from setapart_agent.collectors.desktop.survey import info_of, result, survey_of
from setapart_agent.collectors.windows.host import WindowsCollector, WindowsHost
from setapart_agent.collectors.windows.users import tree_path
from setapart_agent.facts import Facts

_THUNDERBIRD = (
    "AppData/Roaming/Thunderbird",
    "AppData/Roaming/Betterbird",
    "AppData/Roaming/Mozilla/SeaMonkey",
    "AppData/Local/Packages/*/LocalCache/Roaming/Thunderbird",
)
"""The last one is where a packaged (MSIX) Thunderbird writes what it believes to be `AppData`."""


class MailPrograms:
    """The accounts of mail programs; machine-wide there are none."""

    info = info_of("windows.mail", __name__, ("accounts",), thunderbird.PLACES)

    def collect(self, host: WindowsHost) -> Facts:
        """Every user's programs."""
        surveys = [survey_of(host)]
        for user in host.users:
            if user.unseen is None:
                survey = survey_of(host, user)
                thunderbird.look(survey, user, _THUNDERBIRD, located=tree_path)
                surveys.append(survey)
        return result(self.info, host, surveys)


COLLECTORS: tuple[WindowsCollector, ...] = (MailPrograms(),)
