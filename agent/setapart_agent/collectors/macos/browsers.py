"""Extensions, web apps and sign-in of the browsers of every user.

Web apps that are bundles of their own, Safari's among them, are found among the apps.
"""

from setapart_agent.collectors.base import CollectorInfo
from setapart_agent.collectors.desktop.browser_places import chromium_folders, firefox_folders
from setapart_agent.collectors.desktop.browsers import (
    MODULES,
    READS,
    SAFARI_MODULES,
    SAFARI_READS,
    SECTIONS,
    gather_browsers,
    gather_safari,
)
from setapart_agent.collectors.desktop.gathering import Gathering, for_each_user
from setapart_agent.collectors.desktop.host import DesktopCollector, Host, User
from setapart_agent.facts import Facts, unite


class Browsers:
    """Facts belong to the browser's profile, `<uid>/<browser>/<folder>`; coverage to the user."""

    info = CollectorInfo(
        name="macos.browsers",
        version=1,
        sections=SECTIONS,
        maturity="untested",
        reads=(*READS, *SAFARI_READS),
        modules=(__name__, *MODULES, *SAFARI_MODULES),
    )

    def collect(self, host: Host) -> Facts:
        """Every user's browsers."""
        return unite(for_each_user(host, self.info, _gather))


def _gather(gathering: Gathering, user: User) -> None:
    chromium = chromium_folders(gathering, user.home, "macos")
    gather_browsers(gathering, chromium, firefox_folders(gathering, user.home, "macos"))
    gather_safari(gathering, user.home)


COLLECTORS: tuple[DesktopCollector, ...] = (Browsers(),)
