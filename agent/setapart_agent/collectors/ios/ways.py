"""The ways into iPhones and iPads, and what each can show."""

from setapart_agent.collectors.base import WayIn
from setapart_agent.collectors.ios import backup, usb

COLLECTORS = (backup.INFO, usb.INFO)
_DEVICE = "iPhone or iPad"
_APPS = "Installed apps, everything that has data of its own, web apps on the home screen."
_LINKS = (
    "Configuration profiles with their accounts, VPNs, Wi-Fi, certificates, sign-on and blocked apps, the device "
    "manager, VPN settings, Wi-Fi networks of organisations."
)
_ACCOUNTS = "Accounts of iOS itself with what is switched on in each, their servers and addresses' domains."
_UNSEEN = (
    "Web use without a web clip. Accounts inside apps that keep their own: those that the catalog calls `own` make a "
    "dedicated device inconclusive."
)
_FRESH = "Make a new backup in Finder, Apple Devices, iTunes or idevicebackup2 and give its folder; iOS 10 or later."

WAYS = (
    WayIn(
        device=_DEVICE,
        source="`ios-backup:DIR`, not encrypted",
        collectors=(backup.INFO.name,),
        ordinary=True,
        dedicated=True,
        seen=f"{_APPS} {_ACCOUNTS} {_LINKS}",
        unseen=_UNSEEN,
        holder=_FRESH,
        last_run="never; 2026-11-25 on a published backup of iOS 14",
    ),
    WayIn(
        device=_DEVICE,
        source="`ios-backup:DIR`, encrypted",
        collectors=(backup.INFO.name,),
        ordinary=True,
        dedicated=True,
        seen=f"{_APPS} {_ACCOUNTS} {_LINKS}",
        unseen=_UNSEEN,
        holder=f"{_FRESH} Type the backup's password; the extra `ios` must be installed.",
    ),
    WayIn(
        device=_DEVICE,
        source="`ios-backup:DIR`, without its account database or profiles",
        collectors=(backup.INFO.name,),
        ordinary=True,
        dedicated=False,
        seen=_APPS,
        unseen=f"Accounts or links: their files were left out of the folder. {_UNSEEN}",
        holder="Give the whole folder of the backup.",
        last_run="never; 2026-11-25 on a published backup of iOS 14",
    ),
    WayIn(
        device=_DEVICE,
        source="`ios-usb`",
        collectors=(usb.INFO.name,),
        ordinary=True,
        dedicated=False,
        seen=(
            "Installed apps with version and team, also those that were offloaded; the organisation's server at "
            "activation; that configuration profiles are installed."
        ),
        unseen=(
            "Accounts, VPN and Wi-Fi settings, what is in profiles: iOS shows them to no computer. The address of a "
            "web clip: one on the home screen makes the apps inconclusive."
        ),
        holder="Connect it by cable, unlock it, answer Trust; the extra `ios-usb` and usbmuxd must be installed.",
        last_run="never; 2026-11-25 against a replayed device",
    ),
)
