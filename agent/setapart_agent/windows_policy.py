r"""What an administrator says to the agent of a Windows machine, by Group Policy or Intune.

It stands in `HKEY_LOCAL_MACHINE\SOFTWARE\Policies\setapart\agent`, which only administrators can write, as the template
`setapart.admx` puts it there.
"""

import sys
from importlib import import_module

from msgspec import Struct

from setapart_agent.errors import AgentError, ParseError

KEY = r"SOFTWARE\Policies\setapart\agent"
TOKEN_VALUE = "EnrolmentToken"  # noqa: S105 - the value's name
URL_VALUE = "AuditorUrl"


class WindowsPolicy(Struct, frozen=True, kw_only=True):
    """What the policy says; None where it says nothing.

    Attributes:
        token: the one to enrol with.
        url: of the only auditor that this machine may enrol with by itself.
    """

    token: str | None = None
    url: str | None = None


def read_policy() -> WindowsPolicy:
    """Reads the policy of this machine.

    Raises:
        AgentError: this is no Windows, or the policy can't be read, or a value is no text.
    """
    if sys.platform == "win32":
        return _read()
    raise AgentError("no policy on this system", expected="Windows", cure="name a drop-in FILE")


def _read() -> WindowsPolicy:
    from setapart_agent.collectors.windows.live import LiveKey

    winreg = import_module("winreg")
    try:
        values = LiveKey(winreg, winreg.HKEY_LOCAL_MACHINE, KEY).values()
    except ParseError as exc:
        raise AgentError(f"the policy can't be read: {exc.got}", expected=rf"HKLM\{KEY}") from None
    found = {name: values.get(name.lower()) for name in (TOKEN_VALUE, URL_VALUE)}
    for name, value in found.items():
        if value is not None and not isinstance(value, str):
            raise AgentError(f"{name} of the policy is no text", expected="REG_SZ", cure="write it by setapart.admx")
    token, url = (value.strip() or None if isinstance(value, str) else None for value in found.values())
    return WindowsPolicy(token=token, url=url)
