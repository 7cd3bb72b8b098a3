"""What `verify` is given on the command line, read and checked before any evidence is opened."""

import datetime as dt
from pathlib import Path

from setapart_auditor.appraisal.model import Context, Disclosed
from setapart_auditor.authority import built_in, default_folder, disclosed, id_key_of, known_bundles
from setapart_auditor.config import config_root
from setapart_auditor.errors import AuditorError
from setapart_auditor.policy.catalog import load_catalog
from setapart_auditor.policy.load import load_policy
from setapart_auditor.register.load import load_register
from setapart_auditor.register.model import RegisterKeys
from setapart_auditor.register.people import check_exceptions
from setapart_auditor.sweep.files import Fleet
from setapart_evidence.bundle import read_bundle
from setapart_evidence.errors import EvidenceError

_MAX_BUNDLE = 8 * 1024 * 1024


def load_fleet(
    *,
    register_file: Path,
    pack: str,
    overlay: Path | None,
    bundles: tuple[Path, ...],
    folder: Path | None,
    now: dt.datetime,
    received_at: dt.datetime,
) -> Fleet:
    """Reads register, policy and bundles; nothing is judged if one of them is not usable.

    Args:
        register_file: register.toml.
        pack: an id or a path.
        overlay: the authority's own values.
        bundles: bundles that were issued to agents, beside those that the state folder keeps.
        folder: the auditor's state folder; by default the user's or the system's.
        now: the time to judge as of.
        received_at: when the evidence arrived.

    Raises:
        AuditorError: the file, and the line in it, that is not usable.
        EvidenceError: a bundle or key is not usable.
    """
    root = config_root()
    catalog = load_catalog(root)
    policy = load_policy(pack, overlay, root, catalog=catalog)
    state = folder or default_folder()
    register = load_register(register_file, id_key=id_key_of(state))
    check_exceptions(register, policy)
    context = Context(
        bundles={**built_in(catalog), **known_bundles(state), **dict(map(_given, bundles))}, epochs=register.epochs
    )
    return Fleet(
        registrations={device.id: device for device in register.devices},
        exceptions=register.exceptions,
        keys=RegisterKeys(register),
        policy=policy,
        context=context,
        now=now,
        received_at=received_at,
        register_digest=register.digest,
    )


def _given(path: Path) -> tuple[str, Disclosed]:
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_BUNDLE)
    except OSError as exc:
        raise AuditorError(
            exc.strerror or "input failed", expected="a policy bundle", cure="check --bundle", where=str(path)
        ) from None
    try:
        signed = read_bundle(raw)
    except EvidenceError as exc:
        raise AuditorError(
            exc.got, expected=exc.expected or "a policy bundle", cure="check --bundle", where=str(path)
        ) from None
    return signed.digest, disclosed(signed.bundle)
