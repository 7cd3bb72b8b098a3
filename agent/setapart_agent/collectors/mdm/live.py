"""Devices of a manager that is asked over the network: `mdm:graph`, `mdm:amapi` and `mdm:fleet`.

What a manager answers goes through the parsers that read its exports. See docs/mdm.md for the settings.
"""

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import structs

from setapart_agent.collectors.base import Collected, CollectorInfo
from setapart_agent.collectors.mdm.pull.clock import Clock
from setapart_agent.collectors.mdm.pull.settings import (
    AmapiSettings,
    FleetSettings,
    GraphSettings,
    ManagerName,
    Settings,
    origin_of,
    read_private_file,
    read_secret,
    read_settings,
)
from setapart_agent.state import state_folder

if TYPE_CHECKING:
    from setapart_agent.collectors.mdm.pull.http import Client
    from setapart_agent.collectors.mdm.pull.run import Manager, Say

_PULL = "setapart_agent.collectors.mdm.pull."


def _info(name: ManagerName, reads: tuple[str, ...]) -> CollectorInfo:
    shared = ("run", "http", "connections", "tokens", "journal", "settings", name)
    return CollectorInfo(
        name=f"mdm.{name}-pull",
        version=1,
        sections=("apps",),
        maturity="untested",
        reads=reads,
        modules=(__name__, *(_PULL + module for module in shared)),
    )


PULLS: dict[str, CollectorInfo] = {
    "graph": _info("graph", ("GET /v1.0/deviceManagement/managedDevices", "… with detectedApps of each (beta)")),
    "amapi": _info("amapi", ("GET /v1/enterprises/…/devices", "GET /v1/enterprises/…/policies")),
    "fleet": _info("fleet", ("GET /api/v1/fleet/hosts with software", "GET /api/v1/fleet/hosts/…")),
}
"""What asks each manager."""
PARSED_AS: dict[str, str] = {"graph": "mdm.graph", "amapi": "mdm.amapi", "fleet": "mdm.osquery"}
"""The kind of export that each manager's answers are: its collector writes the coverage."""


def collect_live(
    name: str, settings: Path | None, *, resume: bool = False, clock: Clock | None = None, say: "Say | None" = None
) -> Iterator[Collected]:
    """Asks a manager for its devices, one after the other.

    Args:
        name: graph, amapi or fleet.
        settings: its settings file; `mdm-<name>.toml` in the state folder if `None`.
        resume: whether to go on where an interrupted run stopped, and to let this one be taken up. A device counts as
            done when the next one is asked for: only who has written it down by then may say yes.
        clock: the time.
        say: tells the person who runs it; on standard error if `None`.

    Raises:
        SourceError: settings or credentials can't be used, or the manager can't be asked to the end. The devices that
            were given before are good.
    """
    from setapart_agent.collectors.mdm.pull.journal import Journal, Memory, state_path
    from setapart_agent.collectors.mdm.pull.run import Pull

    path = state_folder() / f"mdm-{name}.toml" if settings is None else settings
    clock = clock or Clock()
    say = say or _say
    chosen = read_settings(path, _KINDS[name])
    manager, client = _open(chosen, path, clock)
    progress = Progress(name)
    try:
        memory: Memory = (
            Journal.open(state_path(path), _digest(name, chosen), now=clock.now(), hours=chosen.resume_hours, say=say)
            if resume
            else Memory()
        )
        yield from Pull(manager, memory, _collectors(name), say=say, progress=progress).devices()
    finally:
        progress.end()
        client.close()


class Progress:
    """A line on the terminal that says how far a pull is; nothing anywhere else."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._shown = False

    def __call__(self, done: int) -> None:
        """So many devices are done."""
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{self._name}: {done} devices")
            sys.stderr.flush()
            self._shown = True

    def end(self) -> None:
        """Leaves the line."""
        if self._shown:
            sys.stderr.write("\n")


_KINDS: dict[str, type[Settings]] = {"graph": GraphSettings, "amapi": AmapiSettings, "fleet": FleetSettings}


def _open(chosen: Settings, path: Path, clock: Clock) -> "tuple[Manager, Client]":
    """The manager that the settings describe, and the connections to it. Nothing is asked yet.

    Raises:
        SourceError: a secret, a key or a certificate file can't be used.
    """
    from setapart_agent.collectors.mdm.pull import amapi, fleet, graph, tokens
    from setapart_agent.collectors.mdm.pull.http import Client

    def connect(permission: str, *urls: str) -> Client:
        return Client(
            tuple(dict.fromkeys(map(origin_of, urls))),
            ca_file=None if chosen.ca_file is None else path.parent / chosen.ca_file,
            patience=chosen.patience,
            permission=permission,
            clock=clock,
        )

    if isinstance(chosen, GraphSettings):
        secret = read_secret(
            path,
            file=chosen.client_secret_file,
            variable=chosen.client_secret_env,
            keys=("client_secret_file", "client_secret_env"),
        )
        url, login = chosen.url or "", chosen.login_url or ""
        client = connect(graph.PERMISSION, url, login)
        token = tokens.ClientCredentials(
            client,
            clock,
            login_url=login,
            tenant=chosen.tenant,
            client_id=chosen.client_id,
            secret=secret,
            scope=chosen.scope,
        )
        return graph.Graph(client, token, chosen), client
    if isinstance(chosen, AmapiSettings):
        key = path.parent / chosen.service_account_file
        account = tokens.read_service_account(read_private_file(key), str(key))
        client = connect(amapi.PERMISSION, chosen.url, account.token_uri)
        return amapi.Amapi(client, tokens.SignedGrant(client, clock, account), chosen), client
    assert isinstance(chosen, FleetSettings)
    secret = read_secret(path, file=chosen.token_file, variable=chosen.token_env, keys=("token_file", "token_env"))
    client = connect(fleet.PERMISSION, chosen.url)
    return fleet.Fleet(client, tokens.StaticToken(secret), chosen), client


def _collectors(name: str) -> tuple[CollectorInfo, ...]:
    """What understands the answers, and what asks for them."""
    from setapart_agent.collectors.mdm.collector import INFOS

    return INFOS[PARSED_AS[name]], PULLS[name]


def _digest(name: str, chosen: Settings) -> str:
    """What a run asks for, so that the state of another one is not taken up; how patiently does not count."""
    same = structs.replace(chosen, patience=0, resume_hours=0, ca_file=None)
    return f"sha256:{hashlib.sha256(name.encode() + b' ' + msgspec.json.encode(same)).hexdigest()}"


def _say(text: str) -> None:
    sys.stderr.write(f"setapart-agent: {text}\n")
