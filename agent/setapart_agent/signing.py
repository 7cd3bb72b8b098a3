"""Which key of a state folder signs, and the chain that it signs on: for `report` and for the guided station.

An enrolled folder holds the machine's own key, and a station's if it is one. Both keep their reports in one spool.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from setapart_agent.chain import Chain, chain_heads, locked_chain
from setapart_agent.errors import ChainError, KeyFileError
from setapart_agent.spool import Spool
from setapart_agent.state import KEY_NAME, STATION_KEY_NAME, followed
from setapart_evidence.keys import Signer


def station_signer(folder: Path, key: Path, read_key: Callable[[Path], Signer]) -> Signer:
    """The key that signs for devices other than this machine.

    Args:
        folder: the state folder.
        key: the station's key file.
        read_key: opens a key file.

    Raises:
        KeyFileError: there is none, or it is the machine's own: an auditor takes no device's key for a station's.
        SetapartError: a key can't be read.
    """
    if not key.exists():
        raise KeyFileError(
            f"no key at {key}",
            expected="a station's key: no auditor takes this machine's own for another device",
            cure=f"make one with `setapart-agent keygen --output {key}`, and let an officer register its public half "
            f"with `setapart-auditor device station add NAME --key {key.with_suffix('.pub').name}`",
        )
    found = read_key(key)
    if found.public.keyid == read_key(followed(folder / KEY_NAME)).public.keyid:
        raise KeyFileError(
            f"{key} is the key of this machine itself",
            expected="a key of the station's own",
            cure="make one with `setapart-agent keygen`, and let an officer register it as a station's",
        )
    return found


@contextmanager
def signing_chain(folder: Path, key: Path) -> Iterator[Chain]:
    """Opens the chain of a key, and ends in the folder's spool what an agent or a station that died had begun.

    Whoever signs for the folder holds the lock of the machine's own chain, whichever key signs: while one stages a
    report, no other one looks for what was left behind.

    Args:
        folder: the state folder of an enrolled agent.
        key: the file of the key that signs, the machine's own or the station's.

    Raises:
        ChainError: a chain can't be locked, read or written.
        SpoolError: the spool can't be written; what was begun is still there.
    """
    own, station = followed(folder / KEY_NAME), followed(folder / STATION_KEY_NAME)
    with ExitStack() as stack:
        machine = stack.enter_context(locked_chain(own))
        chain = machine if key == own else stack.enter_context(locked_chain(key))
        try:
            others = chain_heads(station) if station != key else frozenset()
        except ChainError:
            pass  # nobody can say what of the station's counts: it all stays, until somebody can
        else:
            Spool(folder).recover(machine.heads | chain.heads | others)
        yield chain
