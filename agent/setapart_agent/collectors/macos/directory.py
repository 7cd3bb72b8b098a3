"""What joins a Mac or a user to an organisation: directories, Kerberos, single sign-on of the platform."""

from setapart_agent.collectors.base import Observed
from setapart_agent.collectors.desktop.host import DesktopCollector, Host, User
from setapart_agent.collectors.desktop.survey import Place, info_of, result, survey_of
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.collectors.macos.parse.user_record import read
from setapart_agent.collectors.macos.users import RECORDS
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, domain_of
from setapart_evidence.model import Link, Section

_LINKS: tuple[Section, ...] = ("links",)
_SETTINGS = "Library/Preferences"
_SYSTEM = (
    Place(
        client="open directory",
        parser="macos.parse.open_directory",
        paths=(
            f"{_SETTINGS}/OpenDirectory/Configurations/*/*.plist",
            f"{_SETTINGS}/DirectoryService/ActiveDirectory.plist",
        ),
        sections=_LINKS,
    ),
    Place(
        client="kerberos",
        parser="desktop.parse.krb5",
        paths=("private/etc/krb5.conf", f"{_SETTINGS}/edu.mit.Kerberos"),
        sections=_LINKS,
    ),
    Place(
        client="single sign-on",
        parser="macos.parse.managed_preferences",
        paths=(
            "Library/Managed Preferences/com.apple.extensiblesso.plist",
            "Library/Managed Preferences/com.apple.AppSSO.plist",
            "Library/Managed Preferences/com.jamf.connect*.plist",
            "Library/Managed Preferences/com.trusourcelabs.NoMAD.plist",
        ),
        sections=_LINKS,
    ),
)
_HOME = (
    Place(
        client="kerberos",
        parser="desktop.parse.krb5",
        paths=(f"{_SETTINGS}/edu.mit.Kerberos", ".krb5/config"),
        sections=_LINKS,
    ),
    Place(
        client="single sign-on",
        parser="macos.parse.managed_preferences",
        paths=(f"{_SETTINGS}/com.jamf.connect*.plist", f"{_SETTINGS}/com.trusourcelabs.NoMAD.plist"),
        sections=_LINKS,
    ),
)


class Directory:
    """Directory joins, Kerberos realms and sign-on services, as links."""

    info = info_of(
        "macos.directory",
        __name__,
        _LINKS,
        (*_SYSTEM, *_HOME),
        maturity="untested",
        modules=(
            *(
                f"setapart_agent.collectors.apple.parse.{name}"
                for name in ("payloads", "enterprise_networks", "server")
            ),
            *(f"setapart_agent.collectors.browser.parse.{name}" for name in ("chromium_preferences", "json_file")),
        ),
    )

    def collect(self, host: Host) -> Facts:
        """The machine's own joins, and each user's."""
        system = survey_of(host)
        system.look(_SYSTEM)
        surveys = [system]
        for user in host.users:
            system.facts.append(Facts(links=_sign_on(host.tree, user)))
            if user.unseen is None:
                survey = survey_of(host, user)
                survey.look(_HOME)
                surveys.append(survey)
        return result(self.info, host, surveys)


def _sign_on(tree: Tree, user: User) -> tuple[Link, ...]:
    """The organisation that a user's record names; records that can't be read are users that are missing."""
    raw = tree.read(f"{RECORDS}/{user.name}.plist")
    try:
        record = read(raw.value) if isinstance(raw, Observed) else None
    except ParseError:
        return ()
    if record is None or record.sign_on is None:
        return ()
    return (Link(kind="sso", target=domain_of(record.sign_on), profile=user.profile),)


COLLECTORS: tuple[DesktopCollector, ...] = (Directory(),)
