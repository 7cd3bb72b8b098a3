"""Extensions, web apps and sign-in of the browsers of every user."""

from setapart_agent.collectors.base import CollectorInfo
from setapart_agent.collectors.desktop.browser_places import chromium_folders, firefox_folders
from setapart_agent.collectors.desktop.browsers import MODULES, READS, SECTIONS, gather_browsers
from setapart_agent.collectors.desktop.gathering import Gathering, for_each_user
from setapart_agent.collectors.desktop.host import User
from setapart_agent.collectors.windows.host import WindowsCollector, WindowsHost
from setapart_agent.facts import Facts, unite


class Browsers:
    """Facts belong to the browser's profile, `<SID>/<browser>/<folder>`; coverage to the user."""

    info = CollectorInfo(
        name="windows.browsers",
        version=1,
        sections=SECTIONS,
        maturity="untested",
        reads=READS,
        modules=(__name__, *MODULES),
    )

    def collect(self, host: WindowsHost) -> Facts:
        """Every user's browsers."""
        return unite(for_each_user(host, self.info, _gather))


def _gather(gathering: Gathering, user: User) -> None:
    chromium = chromium_folders(gathering, user.home, "windows")
    gather_browsers(gathering, chromium, firefox_folders(gathering, user.home, "windows"))


COLLECTORS: tuple[WindowsCollector, ...] = (Browsers(),)
