"""Apps in sandboxes of their own: Flatpak, snaps, and Android apps in Waydroid."""

from setapart_agent.collectors.base import CollectorInfo, Denied, Failed
from setapart_agent.collectors.desktop.gathering import Gathering, for_each_user
from setapart_agent.collectors.desktop.host import DesktopCollector, Host, User
from setapart_agent.facts import Facts, unite
from setapart_evidence.model import App

_PARSE = "setapart_agent.collectors.linux.parse"
_SECTIONS = "setapart_agent.collectors.desktop.parse.sections"
_METAINFO_LIMIT = 4 * 1024 * 1024
_CONFIG_LIMIT = 1024 * 1024
_SNAP_FOLDERS = ("/snap", "/var/lib/snapd/snap")
_SNAP_FILES = "/var/lib/snapd/snaps"
_SNAP_EXTRAS = ("bin", "README")


class Flatpaks:
    """Flatpak apps of the system's installations and of every user's own."""

    info = CollectorInfo(
        name="linux.flatpak",
        version=1,
        sections=("apps",),
        maturity="real-hardware",
        reads=("the folders of Flatpak installations, and each app's AppStream file",),
        modules=(__name__, *(f"{_PARSE}.{name}" for name in ("flatpak", "appstream", "damage")), _SECTIONS),
    )

    def collect(self, host: Host) -> Facts:
        """The system's row is there only where Flatpak is."""
        system = Gathering(tree=host.tree, label="flatpak")
        for installation in dict.fromkeys(("/var/lib/flatpak", *_flatpak_installations(system))):
            _flatpak_apps(system, installation)
        parts = [system.facts(self.info)] if system.found or system.failures else []
        installed = {app.identifier for part in parts for app in part.apps}

        def gather(gathering: Gathering, user: User) -> None:
            gathering.label = "flatpak"
            own = _flatpak_apps(gathering, f"{user.home}/.local/share/flatpak")
            _flatpak_traces(gathering, user, installed | own)

        return unite((*parts, *for_each_user(host, self.info, gather)))


def _flatpak_installations(gathering: Gathering) -> tuple[str, ...]:
    found: list[str] = []
    for path in gathering.find("/etc/flatpak/installations.d/*.conf"):
        content = gathering.read(path, _CONFIG_LIMIT)
        if content:
            from setapart_agent.collectors.linux.parse.flatpak import installations
            from setapart_agent.errors import ParseError

            try:
                found += installations(content)
            except ParseError as exc:
                gathering.fail(Failed(exc.got))
    return tuple(found)


def _flatpak_apps(gathering: Gathering, installation: str) -> set[str]:
    """An app is deployed where a branch of it has an active commit with metadata."""
    found: set[str] = set()
    for path in gathering.find(f"{installation}/app/*/*/*/active/metadata"):
        active = path.removesuffix("/metadata")
        identifier = path.removeprefix(f"{installation}/app/").partition("/")[0]
        gathering.add((_flatpak_app(gathering, active, identifier),))
        found.add(identifier)
    return found


def _flatpak_app(gathering: Gathering, active: str, identifier: str) -> App:
    """The app under the name of its folder, which is what Flatpak runs; its own file only adds name and version."""
    from setapart_agent.collectors.linux.parse.appstream import component
    from setapart_agent.errors import ParseError

    name = version = None
    for file in ("metainfo/{}.metainfo.xml", "metainfo/{}.appdata.xml", "appdata/{}.appdata.xml"):
        path = f"{active}/files/share/{file.format(identifier)}"
        content = gathering.tree.read(path, owner=gathering.owner, limit=_METAINFO_LIMIT)
        raw = getattr(content, "value", None)
        if raw is None:
            continue  # a name is worth less than the app
        try:
            found = component(raw)
        except ParseError:
            continue
        name, version = " ".join(found.name.split()) or None, found.version.strip() or None
        break
    return App(identifier=identifier, name=name, version=version, profile=gathering.profile, source="flatpak")


def _flatpak_traces(gathering: Gathering, user: User, installed: set[str]) -> None:
    """Data of apps that are not installed any more."""
    from setapart_agent.collectors.linux.parse.flatpak import APP_ID

    names = (name for name in gathering.entries(f"{user.home}/.var/app") if APP_ID.fullmatch(name))
    gathering.add(
        tuple(
            App(identifier=name, profile=user.profile, source="flatpak", state="removed-trace")
            for name in names
            if name not in installed
        )
    )


class Snaps:
    """Snaps, which are machine-wide."""

    info = CollectorInfo(
        name="linux.snap",
        version=1,
        sections=("apps",),
        maturity="captures",
        reads=("each snap's meta/snap.yaml", "the names of the files in /var/lib/snapd/snaps"),
        modules=(__name__, f"{_PARSE}.snap", f"{_PARSE}.damage"),
    )

    def collect(self, host: Host) -> Facts:
        """The system's row is there only where snapd is."""
        gathering = Gathering(tree=host.tree, label="snap")
        mounted: set[str] = set()
        for folder in _SNAP_FOLDERS:
            for path in gathering.find(f"{folder}/*/current/meta/snap.yaml"):
                content = gathering.read(path, _CONFIG_LIMIT)
                if content is not None and (name := _snap(gathering, path, content)) is not None:
                    mounted.add(name)
        _snap_files(gathering, mounted, live=host.live)
        return gathering.facts(self.info) if gathering.found or gathering.failures else Facts()


def _snap(gathering: Gathering, path: str, content: bytes) -> str | None:
    from setapart_agent.collectors.linux.parse import snap

    facts = gathering.parse(snap.parse, content, path=path)
    return next((app.identifier for app in facts.apps if app.source == "snap"), None) if facts else None


def _snap_files(gathering: Gathering, mounted: set[str], *, live: bool) -> None:
    """`<name>_<revision>.snap`: on a running system the mounted ones are known; the others are disabled."""
    from setapart_agent.collectors.linux.parse.snap import snap_name

    names = {snap_name(file) for file in gathering.entries(_SNAP_FILES) if file.endswith(".snap") and "_" in file}
    gathering.add(
        tuple(
            App(identifier=name, profile=gathering.profile, source="snap", state="disabled" if live else "installed")
            for name in sorted(names - mounted)
        )
    )


class Waydroid:
    """Android apps in Waydroid, from Android's own list; each user's Android has its own."""

    info = CollectorInfo(
        name="linux.waydroid",
        version=1,
        sections=("apps",),
        maturity="untested",
        reads=("the list of packages in each user's Waydroid data",),
        modules=(__name__, f"{_PARSE}.waydroid", f"{_PARSE}.damage"),
    )

    def collect(self, host: Host) -> Facts:
        """Rows only where Waydroid is set up."""
        system = Gathering(tree=host.tree)
        if system.status("/var/lib/waydroid/waydroid.cfg") is None and system.status("/var/lib/waydroid") is None:
            return Facts()
        return unite(for_each_user(host, self.info, _waydroid))


def _waydroid(gathering: Gathering, user: User) -> None:
    gathering.label = "waydroid"
    # Android's files belong to Android's own users, so that this is not the owner's file, and no link is followed.
    data = f"{user.home}/.local/share/waydroid/data"
    if gathering.status(data) is None:
        return
    content = gathering.read(f"{data}/system/packages.list", _CONFIG_LIMIT)
    if content is not None:
        from setapart_agent.collectors.linux.parse import waydroid

        gathering.parse(waydroid.parse, content, path="packages.list")
    elif not gathering.failures:
        gathering.fail(Denied("no list of packages in Android's data"))


COLLECTORS: tuple[DesktopCollector, ...] = (Flatpaks(), Snaps(), Waydroid())
