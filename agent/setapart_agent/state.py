"""Where an agent keeps its key and chain, and what else it must remember."""

import os
import sys
from pathlib import Path

from setapart_agent.private_files import is_administrator

KEY_NAME = "key.pem"


def state_folder() -> Path:
    """The system's state folder for an administrator, else the user's (XDG; on Windows the local application data)."""
    if sys.platform == "win32":
        base = os.environ["PROGRAMDATA" if is_administrator() else "LOCALAPPDATA"]
        return Path(base, "setapart-agent")
    if is_administrator():
        return Path("/var/lib/setapart-agent")
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(state, "setapart-agent")
