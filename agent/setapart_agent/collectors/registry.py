"""Which parser reads which kind of captured file: an explicit table, in the order in which kinds are recognised."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import cast

from msgspec import Struct

from setapart_agent.collectors.base import Parser
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import SYSTEM_PROFILE

_PREFIX = "setapart_agent.collectors."


class ParserRef(Struct, frozen=True):
    """A parser module, below `setapart_agent.collectors`, and the profile that a lone file's facts belong to."""

    module: str
    profile: str = "unknown"


PARSERS: Mapping[str, ParserRef] = {
    # Containers of other formats first, then what names itself, then plain lists.
    "android.bugreport": ParserRef("android.bugreport"),
    "android.backup": ParserRef("android.parse.backup"),
    "android.dumpsys-account": ParserRef("android.parse.dumpsys_account"),
    "android.dumpsys-package": ParserRef("android.parse.dumpsys_package"),
    "android.dumpsys-user": ParserRef("android.parse.dumpsys_user"),
    "android.dumpsys-content": ParserRef("android.parse.dumpsys_content"),
    "android.dumpsys-device-policy": ParserRef("android.parse.dumpsys_device_policy"),
    "android.dumpsys-wifi": ParserRef("android.parse.dumpsys_wifi"),
    "android.dumpsys-vpn": ParserRef("android.parse.dumpsys_vpn"),
    "android.dumpsys-connectivity": ParserRef("android.parse.dumpsys_connectivity"),
    "android.pm-list": ParserRef("android.parse.pm_list"),
    "android.androidqf-packages": ParserRef("android.parse.androidqf_packages"),
    "android.androidqf-users": ParserRef("android.parse.androidqf_users"),
    "android.getprop": ParserRef("android.parse.getprop"),
    "browser.chromium-local-state": ParserRef("browser.parse.chromium_local_state"),
    "browser.chromium-preferences": ParserRef("browser.parse.chromium_preferences"),
    "browser.chromium-extension": ParserRef("browser.parse.chromium_extension"),
    "browser.firefox-extensions": ParserRef("browser.parse.firefox_extensions"),
    "browser.firefox-account": ParserRef("browser.parse.firefox_account"),
    "browser.firefox-web-apps": ParserRef("browser.parse.firefox_web_apps"),
    "browser.chromium-web-apps": ParserRef("browser.parse.chromium_web_apps"),
    "browser.safari-extensions": ParserRef("browser.parse.safari_extensions"),
    "browser.mac-web-app": ParserRef("browser.parse.mac_web_app"),
    "mdm.amapi": ParserRef("mdm.parse.amapi"),
    "mdm.graph": ParserRef("mdm.parse.graph"),
    "mdm.osquery": ParserRef("mdm.parse.osquery"),
    "mdm.glpi": ParserRef("mdm.parse.glpi"),
    "mdm.apple-ddm": ParserRef("mdm.parse.apple_ddm"),
    "mdm.apple-apps": ParserRef("mdm.parse.apple_apps"),
    "mdm.apple-profiles": ParserRef("mdm.parse.apple_profiles"),
    "ios.accounts": ParserRef("ios.parse.accounts", "0"),
    "ios.accounts-exists": ParserRef("ios.parse.accounts_exists", "0"),
    "ios.backup-info": ParserRef("ios.parse.backup_info", "0"),
    "ios.backup-manifest": ParserRef("ios.parse.backup_manifest", "0"),
    "ios.web-clip": ParserRef("ios.parse.web_clip", "0"),
    "ios.vpn": ParserRef("ios.parse.vpn", "0"),
    "ios.wifi": ParserRef("ios.parse.wifi", "0"),
    "ios.profiles": ParserRef("ios.parse.profiles", "0"),
    "windows.uninstall": ParserRef("windows.uninstall"),
    "windows.outlook": ParserRef("windows.outlook"),
    "windows.appx": ParserRef("windows.appx"),
    "windows.machine-hive": ParserRef("windows.machine_hive", SYSTEM_PROFILE),
    "windows.user-hive": ParserRef("windows.user_hive"),
    "windows.dsregcmd": ParserRef("windows.parse.dsregcmd"),
    "windows.rasphone": ParserRef("windows.parse.rasphone"),
    "windows.wlan-profile": ParserRef("windows.parse.wlan_profile", SYSTEM_PROFILE),
    "windows.shortcut": ParserRef("windows.parse.shortcut"),
    "windows.new-outlook": ParserRef("windows.parse.new_outlook"),
    "windows.pulse-store": ParserRef("windows.parse.pulse_store", SYSTEM_PROFILE),
    "windows.oeaccount": ParserRef("windows.parse.oeaccount"),
    "macos.profiles": ParserRef("macos.parse.profiles", SYSTEM_PROFILE),
    "macos.system-profiler": ParserRef("macos.parse.system_profiler", SYSTEM_PROFILE),
    "macos.info-plist": ParserRef("macos.parse.info_plist", SYSTEM_PROFILE),
    "macos.receipts": ParserRef("macos.parse.receipts", SYSTEM_PROFILE),
    "macos.brew": ParserRef("macos.parse.brew", SYSTEM_PROFILE),
    "macos.accounts": ParserRef("macos.parse.accounts"),
    "macos.mail-accounts": ParserRef("macos.parse.mail_accounts"),
    "macos.groupware-source": ParserRef("macos.parse.groupware_source"),
    "macos.outlook": ParserRef("macos.parse.outlook"),
    "macos.onedrive": ParserRef("macos.parse.onedrive_settings"),
    "macos.network-extension": ParserRef("macos.parse.network_extension", SYSTEM_PROFILE),
    "macos.network-services": ParserRef("macos.parse.network_services", SYSTEM_PROFILE),
    "macos.known-networks": ParserRef("macos.parse.known_networks", SYSTEM_PROFILE),
    "macos.open-directory": ParserRef("macos.parse.open_directory", SYSTEM_PROFILE),
    "macos.managed-preferences": ParserRef("macos.parse.managed_preferences", SYSTEM_PROFILE),
    "macos.vpn-clients": ParserRef("macos.parse.vpn_clients", SYSTEM_PROFILE),
    "linux.dpkg-status": ParserRef("linux.parse.dpkg", SYSTEM_PROFILE),
    "linux.dpkg-list": ParserRef("linux.parse.dpkg_list", SYSTEM_PROFILE),
    "linux.rpm-db": ParserRef("linux.parse.rpm_db", SYSTEM_PROFILE),
    "linux.rpm-list": ParserRef("linux.parse.rpm_list", SYSTEM_PROFILE),
    "linux.apk-db": ParserRef("linux.parse.apk", SYSTEM_PROFILE),
    "linux.pacman": ParserRef("linux.parse.pacman", SYSTEM_PROFILE),
    "linux.nix-list": ParserRef("linux.parse.nix", SYSTEM_PROFILE),
    "linux.waydroid": ParserRef("linux.parse.waydroid", SYSTEM_PROFILE),
    "linux.sssd": ParserRef("linux.parse.sssd", SYSTEM_PROFILE),
    "linux.krb5": ParserRef("desktop.parse.krb5", SYSTEM_PROFILE),
    "linux.keytab": ParserRef("linux.parse.keytab", SYSTEM_PROFILE),
    "linux.smb": ParserRef("linux.parse.smb", SYSTEM_PROFILE),
    "linux.joins": ParserRef("linux.parse.joins", SYSTEM_PROFILE),
    "linux.management": ParserRef("linux.parse.management", SYSTEM_PROFILE),
    "linux.mounts": ParserRef("linux.parse.mounts", SYSTEM_PROFILE),
    "linux.mount-unit": ParserRef("linux.parse.mount_unit", SYSTEM_PROFILE),
    "linux.autofs": ParserRef("linux.parse.autofs", SYSTEM_PROFILE),
    "linux.netplan": ParserRef("linux.parse.netplan", SYSTEM_PROFILE),
    "linux.networkmanager": ParserRef("linux.parse.networkmanager", SYSTEM_PROFILE),
    "linux.anyconnect": ParserRef("desktop.parse.anyconnect", SYSTEM_PROFILE),
    "linux.openvpn": ParserRef("desktop.parse.openvpn", SYSTEM_PROFILE),
    "linux.wireguard": ParserRef("desktop.parse.wireguard", SYSTEM_PROFILE),
    "linux.wpa": ParserRef("linux.parse.wpa", SYSTEM_PROFILE),
    "linux.flatpak": ParserRef("linux.parse.flatpak"),
    "linux.snap": ParserRef("linux.parse.snap"),
    "linux.desktop-entry": ParserRef("linux.parse.desktop_entry"),
    "linux.goa": ParserRef("linux.parse.goa"),
    "linux.evolution-source": ParserRef("linux.parse.evolution_source"),
    "linux.thunderbird-prefs": ParserRef("desktop.parse.thunderbird_prefs"),
    "linux.tbsync": ParserRef("desktop.parse.tbsync"),
    "linux.akonadi": ParserRef("linux.parse.akonadi"),
    "linux.kaccounts": ParserRef("linux.parse.kaccounts"),
    "linux.kmail": ParserRef("linux.parse.kmail"),
    "linux.geary": ParserRef("linux.parse.geary"),
    "linux.claws": ParserRef("linux.parse.claws"),
    "linux.vdirsyncer": ParserRef("desktop.parse.vdirsyncer"),
    "linux.isync": ParserRef("desktop.parse.isync"),
    "linux.offlineimap": ParserRef("desktop.parse.offlineimap"),
    "linux.getmail": ParserRef("desktop.parse.getmail"),
    "linux.fetchmail": ParserRef("desktop.parse.fetchmail"),
    "linux.msmtp": ParserRef("desktop.parse.msmtp"),
    "linux.muttrc": ParserRef("desktop.parse.muttrc"),
    "linux.aerc": ParserRef("desktop.parse.aerc"),
    "linux.himalaya": ParserRef("desktop.parse.himalaya"),
    "linux.ccache": ParserRef("linux.parse.ccache"),
    "linux.nextcloud": ParserRef("desktop.parse.nextcloud"),
    "linux.onedrive": ParserRef("linux.parse.onedrive"),
    "linux.rclone": ParserRef("desktop.parse.rclone"),
    "linux.bookmarks": ParserRef("linux.parse.bookmarks"),
}


def parser_of(kind: str) -> Parser:
    """The parser of a kind, imported now.

    Raises:
        ParseError: no such kind.
    """
    if kind not in PARSERS:
        raise ParseError(f"no parser for {kind!r}", expected="a kind of `setapart-agent parse --list`")
    return cast("Parser", import_module(_PREFIX + PARSERS[kind].module))


def recognise(path: Path, content: bytes) -> str | None:
    """The kind of a file by its name and content, or `None`."""
    return next((kind for kind in PARSERS if parser_of(kind).recognise(str(path), content)), None)


def parse_file(kind: str, path: Path, content: bytes) -> Facts:
    """The facts of one captured file, with those files beside it that its format names.

    Raises:
        ParseError: the file is not of this kind, or broken beyond use.
    """
    parser = parser_of(kind)
    files = {"main": content}
    companions = getattr(parser, "companions", None)
    if companions is not None:
        for role, relative in companions(str(path), content).items():
            beside = path.parent / relative
            if beside.is_file() and beside.resolve().is_relative_to(path.parent.resolve()):
                files[role] = beside.read_bytes()
    rows: Mapping[str, tuple[tuple[object, ...], ...]] = {}
    queries = getattr(parser, "QUERIES", None)
    if queries is not None:
        from setapart_agent.collectors import sqlite_snapshot

        if content.startswith(sqlite_snapshot.HEADER):
            wal = path.with_name(path.name + "-wal")
            rows = sqlite_snapshot.read_rows(content, queries, wal.read_bytes() if wal.is_file() else None)
    return parser.parse(FileSet(files=files, rows=rows, profile=PARSERS[kind].profile, path=str(path)))
