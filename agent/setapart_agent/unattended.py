"""An unattended enrolment: whoever prepares machines writes a drop-in file or a policy, and agents enrol by themselves.

A file is removed when it was used. A policy comes back, so its token is remembered: no agent enrols anew by itself.
"""

from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec import Struct

from setapart_agent.errors import AgentError
from setapart_agent.private_files import write_private
from setapart_evidence.text import printable

SPENT_FILE = "policy.spent"
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
    except (RecursionError, ValueError):
        why = "values nested too deep, or a number too long"
    raise AgentError(f"the drop-in file: {printable(why, 200)}", expected=_SHAPE, cure=_CURE)


def is_spent(folder: Path, token: str) -> bool:
    """Whether a token of the policy stood there when this agent was enrolled, or refused for good.

    Raises:
        AgentError: nobody can say, for the file can't be read.
    """
    return _digest(token) in _spent(folder)


def remember_spent(folder: Path, token: str) -> None:
    """Remembers a token of the policy by its digest, until somebody removes the file.

    Args:
        folder: the state folder, which is there.
        token: as the policy spells it.

    Raises:
        AgentError: the file can't be read or written.
    """
    spent = _spent(folder)
    if _digest(token) not in spent:
        write_private(folder / SPENT_FILE, "".join(f"{one}\n" for one in (*spent, _digest(token))).encode())


def _spent(folder: Path) -> tuple[str, ...]:
    try:
        return tuple((folder / SPENT_FILE).read_text("ascii", "replace").split())
    except FileNotFoundError:
        return ()
    except OSError as exc:
        raise AgentError(f"{folder / SPENT_FILE} can't be read: {exc.strerror}", cure="make it readable") from None


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
