"""What `config check` looks at: everything that `serve` and the timers need before they can begin."""

import datetime as dt
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from setapart_auditor.authority import KEY_FILE, SECRETS_FILE
from setapart_auditor.errors import AuditorError
from setapart_auditor.settings import (
    SETTINGS_FILE,
    ServeSettings,
    Settings,
    credential,
    read_file,
    with_credentials,
)
from setapart_auditor.toml_file import TomlFile, read_toml
from setapart_evidence.errors import SetapartError

if TYPE_CHECKING:
    from setapart_auditor.store.engine import Store

State = Literal["ok", "warning", "wrong"]
_OTHERS = stat.S_IWGRP | stat.S_IRWXO
"""A group may read what root owns for a service; nobody else may."""
_LITTLE = 1024**3
_SOON_DAYS = 14
_EXAMPLE = "setapart.invalid/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One thing that was looked at: a setting, or a file; how it is, and in words what was found."""

    what: str
    state: State
    said: str


def check_configuration(folder: Path, now: dt.datetime) -> tuple[Checked, ...]:
    """Looks at an auditor's folder, its settings and all that they name; nothing is made or changed.

    Args:
        folder: the auditor's.
        now: what certificates are compared with.

    Returns:
        Everything that was looked at. If the settings themselves are wrong, only what is wrong with them.
    """
    with _found(SETTINGS_FILE) as found:
        document = read_toml(read_file(folder), str(folder / SETTINGS_FILE), AuditorError)
        found.extend(_tables(document))
    if found:
        return tuple(found)
    settings = with_credentials(document.convert(Settings))
    return (
        Checked(what=SETTINGS_FILE, state="ok", said="every table and key is known"),
        *_folder(folder),
        *_keys(folder),
        *_database(folder, settings),
        *_policies(folder, settings),
        *_serve(folder, settings.serve, now),
        _log(settings),
    )


@contextmanager
def _found(what: str) -> Iterator[list[Checked]]:
    """A list for what is found; an error of ours within the block goes into it."""
    found: list[Checked] = []
    try:
        yield found
    except SetapartError as exc:
        found.append(Checked(what=what, state="wrong", said=str(exc)))
    except OSError as exc:
        where = f"{exc.filename}: " if exc.filename else ""
        found.append(Checked(what=what, state="wrong", said=f"{where}{exc.strerror or 'input failed'}"))


def _tables(document: TomlFile) -> Iterator[Checked]:
    """Each table alone, so that one mistake does not hide those of the others."""
    for name, value in document.data.items():
        try:
            replace(document, data={name: value}).convert(Settings)
        except AuditorError as exc:
            yield Checked(what=f"[{name}]", state="wrong", said=str(exc))


def _folder(folder: Path) -> Iterator[Checked]:
    what = str(folder)
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        said = "this user can't write there; own it by the auditor's user, on a file system that is not read-only"
        yield Checked(what=what, state="wrong", said=said)
        return
    if folder.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        yield Checked(what=what, state="wrong", said=f"others may write there; `chmod go-w {folder}`")
        return
    free = shutil.disk_usage(folder).free
    state: State = "ok" if free >= _LITTLE else "warning"
    yield Checked(what=what, state=state, said=f"{free // 1024**2} MiB are free")


def _keys(folder: Path) -> Iterator[Checked]:
    from setapart_auditor.authority import open_authority

    with _found("keys") as found:
        key = credential(KEY_FILE) or folder / KEY_FILE
        for path in (key, folder / SECRETS_FILE):
            if not path.exists():
                raise AuditorError(
                    "not there", expected="the auditor's keys", cure="restore them from a backup", where=str(path)
                )
            found.extend(_private(path))
        keyid = open_authority(folder).signer.public.keyid
        found.append(Checked(what=KEY_FILE, state="ok", said=f"key id {keyid}"))
    yield from found


def _private(path: Path) -> Iterator[Checked]:
    mode = path.stat().st_mode
    if mode & _OTHERS:
        said = f"others may read or change it (mode {mode & 0o777:o}); `chmod u=rw,g-w,o= {path}`"
        yield Checked(what=str(path), state="wrong", said=said)


def _database(folder: Path, settings: Settings) -> Iterator[Checked]:
    from setapart_auditor.installation import database_engine
    from setapart_auditor.store.engine import Store
    from setapart_auditor.store.migrate import check

    with _found("[database] url") as found:
        if settings.database.password_file is not None:
            found.extend(_private(folder / settings.database.password_file))
        engine = database_engine(folder, settings)
        try:
            check(engine)
            found.extend(_writable(Store(engine=engine)))
            if settings.database.password_file is None and engine.url.password is not None:
                said = "it holds the password; put that into a file of its own, and name it as password_file"
                found.append(Checked(what="[database] url", state="warning", said=said))
            if not found:
                found.append(Checked(what="[database] url", state="ok", said=f"{engine.url!r} answers"))
        finally:
            engine.dispose()
    yield from found


def _writable(store: "Store") -> Iterator[Checked]:
    """A server that takes no writes is found by connecting: see the store's engine."""
    path = Path(store.engine.url.database or "")
    if not store.is_postgresql and not os.access(path, os.R_OK | os.W_OK):
        yield Checked(what="[database] url", state="wrong", said=f"this user can't write {path}")


def _policies(folder: Path, settings: Settings) -> Iterator[Checked]:
    from setapart_auditor.policy.load import load_policy

    chosen = settings.policy
    rules = [("[policy]", chosen.pack, chosen.overlay)]
    rules += [
        (f"[[policy.unit]] {one.unit}", one.pack or chosen.pack, one.overlay or chosen.overlay) for one in chosen.unit
    ]
    for what, pack, overlay in rules:
        with _found(what) as found:
            policy = load_policy(pack, folder / overlay if overlay else None)
            said = f"pack {policy.pack.id} version {policy.pack.version}, policy {policy.digest[:19]}…"
            found.append(Checked(what=what, state="ok", said=said))
        yield from found


def _serve(folder: Path, serve: ServeSettings, now: dt.datetime) -> Iterator[Checked]:
    from setapart_auditor.web.senders import Networks
    from setapart_auditor.web.server import is_loopback, parse_listen

    with _found("[serve] listen") as found:
        host, _ = parse_listen(serve.listen)
        open_to_all = serve.certificate is None and not serve.trusted_proxies and not is_loopback(host)
        state: State = "warning" if open_to_all else "ok"
        plain = ", plain http: give a certificate and its key, or trusted_proxies" if open_to_all else ""
        found.append(Checked(what="[serve] listen", state=state, said=f"{serve.listen}{plain}"))
    yield from found
    for key, listed in (("trusted_proxies", serve.trusted_proxies), ("metrics_from", serve.metrics_from)):
        with _found(f"[serve] {key}") as found:
            Networks(listed, f"[serve] {key}")
            found.append(Checked(what=f"[serve] {key}", state="ok", said=", ".join(listed) or "none"))
        yield from found
    if serve.certificate or serve.key:
        yield from _certificate(folder, serve, now)


def _certificate(folder: Path, serve: ServeSettings, now: dt.datetime) -> Iterator[Checked]:
    from cryptography.x509 import load_pem_x509_certificates

    from setapart_auditor.web.server import tls_context

    what = "[serve] certificate"
    with _found(what) as found:
        if serve.certificate is None or serve.key is None:
            raise AuditorError("a certificate without its key, or a key alone", expected="both, or none behind a proxy")
        certificate, key = folder / serve.certificate, folder / serve.key
        tls_context(certificate, key)
        found.extend(_private(key))
        ends = load_pem_x509_certificates(certificate.read_bytes())[0].not_valid_after_utc
        days = (ends - now).days
        state: State = "ok" if days >= _SOON_DAYS else "warning" if days >= 0 else "wrong"
        said = f"valid until {ends:%Y-%m-%d}" if days >= 0 else f"it ended on {ends:%Y-%m-%d}: no agent accepts it"
        found.append(Checked(what=what, state=state, said=said))
    yield from found


def _log(settings: Settings) -> Checked:
    origin = settings.log.origin
    if origin.startswith(_EXAMPLE):
        said = f"{origin} is an example; name the log before others keep its checkpoints"
        return Checked(what="[log] origin", state="warning", said=said)
    return Checked(what="[log] origin", state="ok", said=origin)
