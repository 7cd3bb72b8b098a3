"""The ways into Android devices, and what each can show."""

from setapart_agent.collectors.android.collector import COLLECTORS
from setapart_agent.collectors.base import WayIn

_NAMES = tuple(info.name for info in COLLECTORS)
_APPS = (
    "The apps of every user that the package manager's lists or the package service's dump show: work profile, second "
    "users, clone spaces, private space. Apps that were removed and left their data."
)
_TIES = (
    "Accounts of every user by type and name, with the services that they reach. Device owner and profile owners. "
    "Saved Wi-Fi networks and Passpoint providers that want a user's identity, of the user in the foreground and its "
    "profiles. VPNs that are connected, and apps that may switch one on (from Android 12)."
)
_UNSEEN = (
    "Accounts inside apps that do not register them with Android; the catalog names the clients that do this (`own`). "
    "The servers of DAVx5's accounts, whose names are labels. "
    "VPN profiles of the settings that are off. User certificates, which reach nothing without an account, VPN or "
    "Wi-Fi network. Web apps that are no packages."
)
_OLD = (
    "Before Android 4.2 nothing lists saved Wi-Fi networks, before Android 5 nothing lists VPNs, and before Android 6 "
    "nothing tells who manages a phone: links are partial there."
)
_SECOND_USER = (
    "Wi-Fi networks that another full user has saved for himself alone: switch to that user and report by another way "
    "as well (adb, bug report); both reports count together."
)
_ADB_STEPS = (
    "Settings, About phone: tap the build number seven times. Developer options: switch on USB debugging. Attach the "
    "cable, unlock, say yes to the question about this computer, keep it unlocked. Start every user and unlock the "
    "work profile once. Switch USB debugging off again afterwards."
)
_REPORT_STEPS = (
    'Take it yourself, right before: Developer options, "Take bug report", full; or `adb bugreport FILE.zip`. It takes '
    "minutes. It holds much more than is reported: delete the file afterwards."
)
_QF_STEPS = (
    "androidqf's own steps; full collection, so that there is a `dumpsys.txt` or a `bugreport.zip`. Give the folder or "
    "the zip of it; what is encrypted by age must be decrypted first."
)

WAYS = (
    WayIn(
        device="Android, every user shown",
        source="`adb`",
        collectors=_NAMES,
        ordinary=True,
        dedicated=True,
        seen=f"{_APPS} Signing certificates of apps that were installed later, so that a renamed copy is found. "
        f"{_TIES} The always-on VPN.",
        unseen=f"{_UNSEEN} {_SECOND_USER} {_OLD}",
        holder=_ADB_STEPS,
        last_run="never; a recorded phone behind the real `adb` program",
    ),
    WayIn(
        device="Android, a user that nothing shows",
        source="`adb`",
        collectors=_NAMES,
        ordinary=False,
        dedicated=False,
        seen="The same of the users that are shown.",
        unseen="The apps, accounts and links of that user: the device refuses the shell, and its dumps leave the user "
        "out.",
        holder="Start that user and unlock it, then report again.",
        last_run="never; a recorded phone behind the real `adb` program",
    ),
    WayIn(
        device="Android",
        source="`bugreport:FILE`",
        collectors=_NAMES,
        ordinary=True,
        dedicated=True,
        seen=f"{_APPS} {_TIES} An always-on VPN that a manager has set.",
        unseen=f"{_UNSEEN} Signing certificates. {_SECOND_USER} {_OLD}",
        holder=_REPORT_STEPS,
    ),
    WayIn(
        device="Android, a user that the dumps leave out",
        source="`bugreport:FILE`",
        collectors=_NAMES,
        ordinary=False,
        dedicated=False,
        seen="The same of the users that the dumps show.",
        unseen="The apps, accounts and links of that user.",
        holder="Start that user, unlock it, and take another bug report.",
    ),
    WayIn(
        device="Android",
        source="`androidqf:DIR` with `dumpsys.txt`",
        collectors=_NAMES,
        ordinary=True,
        dedicated=True,
        seen=f"{_APPS} Signing certificates of the APKs that it copied. {_TIES} The always-on VPN.",
        unseen=f"{_UNSEEN} {_SECOND_USER} {_OLD}",
        holder=_QF_STEPS,
    ),
    WayIn(
        device="Android",
        source="`androidqf:DIR` with `packages.json` alone",
        collectors=_NAMES,
        ordinary=False,
        dedicated=False,
        seen="The apps of the users that the uids name, with the certificates of the APKs that it copied.",
        unseen="Whether there are other users. Accounts, managers, networks.",
        holder=_QF_STEPS,
    ),
)
