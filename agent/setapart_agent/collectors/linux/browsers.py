"""Extensions, web apps and sign-in of the browsers of every user."""

from setapart_agent.collectors.base import CollectorInfo
from setapart_agent.collectors.desktop.browsers import MODULES, READS, SECTIONS, gather_browsers
from setapart_agent.collectors.desktop.gathering import Gathering, for_each_user
from setapart_agent.collectors.desktop.host import DesktopCollector, Host, User
from setapart_agent.collectors.linux.browser_folders import chromium_folders, firefox_folders
from setapart_agent.facts import Facts, unite


class Browsers:
    """Facts belong to the browser's profile, `<uid>/<browser>/<folder>`; coverage to the user."""

    info = CollectorInfo(
        name="linux.browsers",
        version=3,
        sections=SECTIONS,
        maturity="real-hardware",
        reads=READS,
        modules=(__name__, "setapart_agent.collectors.linux.browser_folders", *MODULES),
    )

    def collect(self, host: Host) -> Facts:
        """Every user's browsers."""
        return unite(for_each_user(host, self.info, _gather))


def _gather(gathering: Gathering, user: User) -> None:
    gather_browsers(gathering, chromium_folders(gathering, user), firefox_folders(gathering, user))


COLLECTORS: tuple[DesktopCollector, ...] = (Browsers(),)
