"""The ways into devices through their managers, and what each can show.

No manager lists the accounts that a device's holder made, so none of these ways makes a social-dedicated device green
by itself; a bug report, a backup or a live reading beside it can.
"""

from collections.abc import Iterator

from setapart_agent.collectors.base import WayIn
from setapart_agent.collectors.mdm import collector, pull_ways
from setapart_agent.collectors.mdm.parse import amapi, apple_apps, apple_ddm, apple_profiles, glpi, graph, osquery

COLLECTORS = (*collector.COLLECTORS, *pull_ways.COLLECTORS)

_AMAPI = "`mdm:FILE`, Android Management API"
_INTUNE = "`mdm:FILE`, Intune by Microsoft Graph"
_APPLE = "`mdm:FILE`, responses of Apple's MDM protocol"
_FLEET = "`mdm:FILE`, Fleet or osquery"
_GLPI = "`mdm:FILE`, GLPI inventory"
_NO_ACCOUNTS = " Accounts, networks and certificates."
_BESIDE = " Read the device itself as well: both reports count together."


def _amapi() -> Iterator[WayIn]:
    yield WayIn(
        device="Android, fully managed",
        source=_AMAPI,
        collectors=(amapi.KIND,),
        ordinary=True,
        dedicated=False,
        seen="Apps of the one user that such a device has, also removed ones; what the policy blocks, where the export "
        "holds policies.",
        unseen="Spaces of the maker's own, if there are any." + _NO_ACCOUNTS,
        holder="Set `statusReportingSettings.applicationReportsEnabled` in the policy; export `devices.list`.",
    )
    yield WayIn(
        device="Android, fully managed, policy without app reports",
        source=_AMAPI,
        collectors=(amapi.KIND,),
        ordinary=False,
        dedicated=False,
        seen="The device and its patch level.",
        unseen="Apps." + _NO_ACCOUNTS,
        holder="Set `statusReportingSettings.applicationReportsEnabled` in the policy and export again.",
    )
    yield WayIn(
        device="Android with a work profile, owned by the organisation or by its holder",
        source=_AMAPI,
        collectors=(amapi.KIND,),
        ordinary=False,
        dedicated=False,
        seen="Apps of the work profile.",
        unseen="The personal side, by Android's design." + _NO_ACCOUNTS,
        holder="Read the personal side by `adb` or `bugreport:FILE`: both reports count together. The work profile is "
        "taken for user 10.",
    )


def _names(device: str, seen: str, unseen: str) -> WayIn:
    return WayIn(
        device=device,
        source=_INTUNE,
        collectors=(graph.KIND,),
        ordinary=False,
        dedicated=False,
        seen=seen,
        unseen=unseen + _NO_ACCOUNTS,
        holder="Expand `detectedApps`." + _BESIDE,
    )


def _intune() -> Iterator[WayIn]:
    yield _names(
        "iPhone, iPad, Android or Mac",
        "Names of apps; of personally owned devices those of managed apps. A known name raises suspicion.",
        "Which app a name stands for: there are no package or bundle ids.",
    )
    yield _names(
        "Windows",
        "Names of programs, and packages of the Store where the publisher's distinguished name is told.",
        "Whose programs are listed is not documented; portable programs and web apps.",
    )


def _apple() -> Iterator[WayIn]:
    names = (apple_apps.KIND, apple_profiles.KIND)
    yield WayIn(
        device="iPhone or iPad, enrolled by the organisation",
        source=_APPLE,
        collectors=names,
        ordinary=True,
        dedicated=False,
        seen="All apps but Apple's own (from iOS 26 those too), titles of web clips; what profiles set up.",
        unseen="Accounts and VPNs that the holder set up. The address of a web clip: one makes the apps inconclusive.",
        holder="Send InstalledApplicationList without `ManagedAppsOnly`, DeviceInformation and ProfileList, and put "
        "the responses into one file, folder or zip.",
    )
    yield WayIn(
        device="iPhone or iPad, enrolled by its user",
        source=_APPLE,
        collectors=names,
        ordinary=False,
        dedicated=False,
        seen="Managed apps and profiles.",
        unseen="The holder's own apps and accounts, by Apple's design.",
        holder="Read a backup: both reports count together.",
    )
    yield WayIn(
        device="Mac",
        source=_APPLE,
        collectors=names,
        ordinary=False,
        dedicated=False,
        seen="Apps that the Mac lists for its manager; what profiles set up.",
        unseen="Which folders are searched is not documented; accounts that users set up.",
        holder="Run the agent on the Mac.",
    )
    yield WayIn(
        device="iPhone, iPad or Mac",
        source="`mdm:FILE`, status reports of declarative device management",
        collectors=(apple_ddm.KIND,),
        ordinary=False,
        dedicated=False,
        seen="Managed apps; accounts that the device lists, with their servers.",
        unseen="Other apps. Whether accounts that the holder made are listed is not known.",
        holder="Subscribe to `account.list.*`, `device.*` and `app.managed.list`." + _BESIDE,
    )


def _tables(device: str, *, ordinary: bool, seen: str, unseen: str, holder: str) -> WayIn:
    return WayIn(
        device=device,
        source=_FLEET,
        collectors=(osquery.KIND,),
        ordinary=ordinary,
        dedicated=False,
        seen=seen,
        unseen=unseen + _NO_ACCOUNTS,
        holder=holder,
    )


def _fleet() -> Iterator[WayIn]:
    yield _tables(
        "Mac",
        ordinary=True,
        seen="Apps in the Applications folders of the machine and of all users, with team ids; browsers' extensions.",
        unseen="Apps in other folders.",
        holder="Export hosts with their software (`GET /hosts/:id`, or `populate_software`).",
    )
    yield _tables(
        "iPhone or iPad, enrolled by the organisation",
        ordinary=False,
        seen="All apps but Apple's own.",
        unseen="Web clips: whether they are listed is not documented.",
        holder="Read a backup, or give the responses of Apple's MDM protocol themselves.",
    )
    yield _tables(
        "Windows",
        ordinary=False,
        seen="Uninstall keys of the machine and of users who are signed in; browsers' extensions.",
        unseen="Packages of the Store; programs of users who are not signed in.",
        holder="Run the agent on the machine.",
    )
    yield _tables(
        "Linux",
        ordinary=False,
        seen="Packages of dpkg, rpm and pacman; browsers' extensions.",
        unseen="Flatpaks, snaps, portable programs, web apps.",
        holder="Run the agent on the machine.",
    )
    yield _tables(
        "Android",
        ordinary=False,
        seen="Apps that its manager lists.",
        unseen="Which side of the phone they are on.",
        holder="Export from the Android Management API instead, or read the phone.",
    )


def _glpi(device: str, seen: str, unseen: str, holder: str) -> WayIn:
    return WayIn(
        device=device,
        source=_GLPI,
        collectors=(glpi.KIND,),
        ordinary=False,
        dedicated=False,
        seen=seen,
        unseen=unseen + _NO_ACCOUNTS,
        holder=holder,
    )


_EXPORTS: tuple[WayIn, ...] = (
    *_amapi(),
    *_intune(),
    *_apple(),
    *_fleet(),
    _glpi(
        "Windows",
        "Uninstall keys of the machine, with `scan-profiles` those of users too; packages of the Store.",
        "Programs of users whose SID is one of Entra ID; portable programs and web apps.",
        "Run the agent on the machine.",
    ),
    _glpi(
        "Mac", "Names of apps.", "Which app a name stands for: there are no bundle ids.", "Run the agent on the Mac."
    ),
    _glpi(
        "Linux",
        "Packages of dpkg, rpm, pacman, Flatpak, snap and others.",
        "Portable programs and web apps.",
        "Run the agent on the machine.",
    ),
    _glpi(
        "Android",
        "Apps that Android shows to the inventory app.",
        "Other users, and what Android hides from apps. Its serial number: the report gets an id of its own.",
        "Read the phone by `adb`, or its manager's export.",
    ),
)
WAYS: tuple[WayIn, ...] = (*_EXPORTS, *pull_ways.pulls(_EXPORTS))
