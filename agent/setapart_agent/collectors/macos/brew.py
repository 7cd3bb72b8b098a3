"""Homebrew: formulae and casks, by the names of their folders."""

from setapart_agent.collectors.base import CollectorInfo
from setapart_agent.collectors.desktop.gathering import Gathering, for_each_user
from setapart_agent.collectors.desktop.host import DesktopCollector, Host, User
from setapart_agent.collectors.macos.parse.brew import package
from setapart_agent.facts import Facts, unite

_PREFIXES = ("/opt/homebrew", "/usr/local")
_OWN_PREFIXES = ("homebrew", ".homebrew", "brew")
_FORMULAE, _CASKS = "Cellar", "Caskroom"


class Brew:
    """Packages of Homebrew: `Cellar/<formula>/<version>`, `Caskroom/<cask>/<version>`."""

    info = CollectorInfo(
        name="macos.brew",
        version=1,
        sections=("apps",),
        maturity="untested",
        reads=("the names of folders in Homebrew's Cellar and Caskroom",),
        modules=(
            __name__,
            "setapart_agent.collectors.macos.parse.brew",
            "setapart_agent.collectors.browser.parse.json_file",
        ),
    )

    def collect(self, host: Host) -> Facts:
        """Homebrew of the machine, and what a user installed below the own home."""
        system = Gathering(tree=host.tree, label="homebrew")
        for prefix in _PREFIXES:
            _gather(system, prefix)
        return unite((system.facts(self.info), *for_each_user(host, self.info, _of_user)))


def _of_user(gathering: Gathering, user: User) -> None:
    gathering.label = "homebrew"
    for prefix in _OWN_PREFIXES:
        _gather(gathering, f"{user.home}/{prefix}")


def _gather(gathering: Gathering, prefix: str) -> None:
    for kind in (_FORMULAE, _CASKS):
        for name in gathering.entries(f"{prefix}/{kind}"):
            versions = [one for one in gathering.entries(f"{prefix}/{kind}/{name}") if not one.startswith(".")]
            gathering.add(tuple(package(name, version, gathering.profile) for version in versions))


COLLECTORS: tuple[DesktopCollector, ...] = (Brew(),)
