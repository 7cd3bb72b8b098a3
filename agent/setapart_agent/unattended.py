"""The drop-in file of an unattended enrolment: whoever prepares a machine writes it, and the agent enrols by itself."""

import msgspec
from msgspec import Struct

from setapart_agent.errors import AgentError
from setapart_evidence.text import printable

_SHAPE = 'token = "…", and where needed name, ca and keystore'
_CURE = "write the whole file under another name, then rename it"


class DropIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the file says; each key means what the option of `setapart-agent enrol` does.

    Attributes:
        token: the officer's.
        name: what this machine is called; by default its host name.
        ca: the file of the CA that vouches for the auditor, if it is none of the system's.
        keystore: where the key is made.
    """

    token: str
    name: str | None = None
    ca: str | None = None
    keystore: str = "file"


def read_drop_in(raw: bytes) -> DropIn:
    """Reads the file, which is TOML.

    Raises:
        AgentError: it is half written, no TOML, or says what nobody knows. The token is in no message.
    """
    import tomllib

    try:
        return msgspec.convert(tomllib.loads(raw.decode("utf-8")), DropIn)
    except UnicodeDecodeError:
        why = "it is not UTF-8"
    except tomllib.TOMLDecodeError as exc:
        why = str(exc)
    except msgspec.ValidationError as exc:
        why = str(exc)
    raise AgentError(f"the drop-in file: {printable(why, 200)}", expected=_SHAPE, cure=_CURE)
