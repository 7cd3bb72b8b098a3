"""VPNs, networks that want a user's identity, and what `dsregcmd` says of the running system."""

from setapart_agent.collectors.base import Failed
from setapart_agent.collectors.desktop.survey import Place, Survey, info_of, result, survey_of, user_surveys
from setapart_agent.collectors.windows.host import WindowsCollector, WindowsHost
from setapart_agent.facts import Facts
from setapart_evidence.model import SYSTEM_PROFILE, Link, Section

_LINKS: tuple[Section, ...] = ("links",)
_PHONE_BOOKS = ("Microsoft/Network/Connections/Pbk/*.pbk", "Microsoft/Network/Connections/Pbk/_hiddenPbk/*.pbk")
_SYSTEM = (
    Place(
        client="windows vpn",
        parser="windows.parse.rasphone",
        paths=tuple(f"ProgramData/{path}" for path in _PHONE_BOOKS),
        sections=_LINKS,
    ),
    Place(
        client="wi-fi",
        parser="windows.parse.wlan_profile",
        paths=("ProgramData/Microsoft/Wlansvc/Profiles/Interfaces/*/*.xml",),
        sections=_LINKS,
    ),
    Place(
        client="networks by cable",
        parser="windows.parse.wlan_profile",
        paths=("ProgramData/Microsoft/dot3svc/Profiles/Interfaces/*/*.xml",),
        sections=_LINKS,
    ),
    Place(
        client="anyconnect",
        parser="desktop.parse.anyconnect",
        paths=(
            "ProgramData/Cisco/Cisco AnyConnect Secure Mobility Client/Profile/*.xml",
            "ProgramData/Cisco/Cisco AnyConnect Secure Mobility Client/preferences_global.xml",
            "ProgramData/Cisco/Cisco Secure Client/VPN/Profile/*.xml",
            "ProgramData/Cisco/Cisco Secure Client/VPN/preferences_global.xml",
        ),
        sections=_LINKS,
    ),
    Place(
        client="pulse secure",
        parser="windows.parse.pulse_store",
        paths=("ProgramData/Pulse Secure/ConnectionStore/connstore.dat",),
        sections=_LINKS,
    ),
    Place(
        client="openvpn",
        parser="desktop.parse.openvpn",
        paths=(
            "Program Files/OpenVPN/config/*.ovpn",
            "Program Files/OpenVPN/config/*/*.ovpn",
            "Program Files/OpenVPN/config-auto/*.ovpn",
            "Program Files (x86)/OpenVPN/config/*.ovpn",
        ),
        sections=_LINKS,
    ),
)
_USER = (
    Place(
        client="windows vpn",
        parser="windows.parse.rasphone",
        paths=tuple(f"AppData/Roaming/{path}" for path in _PHONE_BOOKS),
        sections=_LINKS,
    ),
    Place(
        client="anyconnect",
        parser="desktop.parse.anyconnect",
        paths=(
            "AppData/Local/Cisco/Cisco AnyConnect Secure Mobility Client/preferences.xml",
            "AppData/Local/Cisco/Cisco Secure Client/VPN/preferences.xml",
        ),
        sections=_LINKS,
    ),
    Place(
        client="openvpn",
        parser="desktop.parse.openvpn",
        paths=(
            "OpenVPN/config/*.ovpn",
            "OpenVPN/config/*/*.ovpn",
            "AppData/Roaming/OpenVPN Connect/profiles/*.ovpn",
            "Downloads/*.ovpn",
            "Documents/*.ovpn",
        ),
        sections=_LINKS,
    ),
)
_WIREGUARD = Place(
    client="wireguard",
    parser="desktop.parse.openvpn",
    paths=("Program Files/WireGuard/Data/Configurations/*.conf.dpapi",),
    sections=_LINKS,
)
"""Tunnels that are sealed with the machine's own key: that they are there is seen, where they lead is not."""
_STATE = Place(client="dsregcmd", parser="windows.parse.dsregcmd", paths=(), sections=_LINKS)
_DSREGCMD = r"\System32\dsregcmd.exe"
_PATIENCE = 30.0


class Networks:
    """VPNs and 802.1X networks, as links."""

    info = info_of(
        "windows.network",
        __name__,
        _LINKS,
        (*_SYSTEM, *_USER, _WIREGUARD),
        version=2,
        maturity="untested",
        modules=("setapart_agent.collectors.windows.parse.xml_texts",),
    )

    def collect(self, host: WindowsHost) -> Facts:
        """The machine's connections and each user's."""
        system = survey_of(host)
        system.look(_SYSTEM)
        if system.find(_WIREGUARD):
            system.facts.append(Facts(links=(Link(kind="vpn", profile=SYSTEM_PROFILE),)))
        surveys = [system]
        for _, survey in user_surveys(host):
            survey.look(_USER)
            surveys.append(survey)
        return result(self.info, host, surveys)


class DeviceState:
    """What `dsregcmd /status` says of the device, and of the user who runs the agent."""

    info = info_of("windows.dsregcmd", __name__, _LINKS, (_STATE,), more=("the output of dsregcmd /status",))

    def collect(self, host: WindowsHost) -> Facts:
        """Nothing where the system does not run. Other users' workplace joins stand in their hives."""
        if not host.live:
            return Facts()
        return state_facts(host, _asked())


def state_facts(host: WindowsHost, output: bytes | None) -> Facts:
    """The facts of what `dsregcmd` printed; `None` where it said nothing."""
    survey = Survey(host.tree, SYSTEM_PROFILE)
    if output is None:
        survey.fail(_STATE.client, _LINKS, Failed("it does not answer"))
    else:
        survey.parse(_STATE, "dsregcmd.txt", output)
    return result(DeviceState.info, WindowsHost(tree=host.tree, users=(), registry=host.registry), [survey])


def _asked() -> bytes | None:
    import os
    import subprocess

    program = os.environ.get("SYSTEMROOT", r"C:\Windows") + _DSREGCMD
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program of the system
            [program, "/status"], stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout or None


COLLECTORS: tuple[WindowsCollector, ...] = (Networks(), DeviceState())
