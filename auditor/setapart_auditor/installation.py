"""An auditor's folder, opened: settings, the authority's keys, the store, and the policies of its units."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import tomli_w
from sqlalchemy import Engine, select

from .authority import Authority, default_folder, open_authority
from .config import config_root
from .errors import AuditorError, StoreError
from .log.seal import seal_touched
from .policy.catalog import Catalog, load_catalog
from .policy.load import load_policy
from .policy.model import Policy
from .settings import SETTINGS_FILE, Settings, read_settings
from .store.engine import Store, open_engine
from .store.migrate import check, upgrade
from .store.schema import log_state
from .whole_file import write_file

_SQLITE = "sqlite:///"


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """Everything that the commands of an initialised auditor work with."""

    folder: Path
    settings: Settings
    authority: Authority = field(repr=False)
    store: Store

    @property
    def keyid(self) -> str:
        """The id of the auditor's key: what tokens name and messages are bound to."""
        return self.authority.signer.public.keyid


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """The policy of each unit, and of all others."""

    catalog: Catalog
    default: Policy
    units: Mapping[str, Policy] = field(default_factory=dict)

    def of(self, unit: str) -> Policy:
        """The policy that devices of a unit are judged by; units compare without regard to case."""
        return self.units.get(unit.casefold(), self.default)


def initialise(
    folder: Path,
    *,
    database: str | None = None,
    pack: str | None = None,
    overlay: Path | None = None,
    keystore: str = "file",
) -> Installation:
    """Makes an auditor: its folder, settings, keys and schema. What is there already is kept.

    Args:
        folder: made if it isn't there.
        database: a URL; SQLite in the folder by default.
        pack: an id or a file.
        overlay: the authority's own values.
        keystore: where the auditor's key is made: `file`, or a `pkcs11:` URI.

    Raises:
        AuditorError: the folder is an auditor's already, or something can't be made.
    """
    if (folder / SETTINGS_FILE).exists():
        raise AuditorError(f"{folder} is an auditor's already", expected="a new folder", cure="choose another --dir")
    values = _values(database, pack, overlay)
    settings = msgspec.convert(values, Settings)
    _load(settings, folder, None)  # a pack that can't be used is said before anything is made
    open_authority(folder, keystore=keystore)
    _make_schema(database_engine(folder, settings, create=True))
    write_file(folder / SETTINGS_FILE, tomli_w.dumps(values).encode())
    return open_installation(folder)


def open_installation(folder: Path | None = None, *, any_schema: bool = False) -> Installation:
    """Opens an auditor's folder, by default the user's or the system's.

    Args:
        folder: where `initialise` made it.
        any_schema: also with a database of an earlier or later schema, to upgrade or to check it.

    Raises:
        AuditorError: there is none, or a part of it is not usable.
        StoreError: the database can't be reached, or its schema is not this program's.
    """
    folder = folder or default_folder()
    settings = read_settings(folder)
    authority = open_authority(folder)
    engine = database_engine(folder, settings)
    if not any_schema:
        try:
            check(engine)
        except BaseException:
            engine.dispose()
            raise
    return Installation(folder=folder, settings=settings, authority=authority, store=_store(engine))


def load_policies(installation: Installation, pack: str | None = None) -> Policies:
    """The policies of an installation; `pack` (an id or a file) stands in for every unit's pack: what if?

    Raises:
        AuditorError: a pack or overlay is not usable.
    """
    return _load(installation.settings, installation.folder, pack)


def _load(settings: Settings, folder: Path, pack: str | None) -> Policies:
    root = config_root()
    catalog = load_catalog(root)

    def policy(name: str, overlay: str | None) -> Policy:
        return load_policy(name, folder / overlay if overlay else None, root, catalog=catalog)

    chosen = settings.policy
    if pack is not None:
        return Policies(catalog=catalog, default=policy(pack, None))
    units = {one.unit.casefold(): policy(one.pack or chosen.pack, one.overlay or chosen.overlay) for one in chosen.unit}
    return Policies(catalog=catalog, default=policy(chosen.pack, chosen.overlay), units=units)


def _values(database: str | None, pack: str | None, overlay: Path | None) -> dict[str, dict[str, str]]:
    """What auditor.toml says at the start: the choices that were made, and the usual database and pack by name."""
    policy = {"pack": str(Path(pack).absolute()) if pack is not None and Path(pack).is_file() else pack or "no-2023"}
    if overlay is not None:
        policy["overlay"] = str(overlay.absolute())
    return {"database": {"url": database or "sqlite:///auditor.db"}, "policy": policy}


def _url(folder: Path, settings: Settings) -> str:
    url = settings.database.url
    if url.startswith(_SQLITE) and not url.removeprefix(_SQLITE).startswith("/"):
        return f"{_SQLITE}{folder.absolute() / url.removeprefix(_SQLITE)}"
    return url


def _make_schema(engine: Engine) -> None:
    """The schema, in a database that holds nobody's record yet."""
    try:
        upgrade(engine)
        with Store(engine=engine).read() as connection:
            if connection.execute(select(log_state.c.size)).scalar_one():
                raise StoreError(
                    "the database holds a record already",
                    expected="an empty one",
                    cure="restore the folder that belongs to it, or name another with --database",
                )
    finally:
        engine.dispose()


def database_engine(folder: Path, settings: Settings, *, create: bool = False) -> Engine:
    """The engine of the database that an auditor's settings name.

    Args:
        folder: what relative paths are from.
        settings: the auditor's.
        create: make the file of an SQLite database.

    Raises:
        AuditorError: the file of the password can't be read.
        StoreError: no such database.
    """
    return open_engine(_url(folder, settings), password=_password(folder, settings), create=create)


def _password(folder: Path, settings: Settings) -> str | None:
    if settings.database.password_file is None:
        return None
    path = folder / settings.database.password_file
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as exc:
        got = exc.strerror if isinstance(exc, OSError) else None
        raise AuditorError(
            got or "input failed", expected="the database's password in a file", where=str(path)
        ) from None


def _store(engine: Engine) -> Store:
    return Store(engine=engine, before_commit=lambda connection: seal_touched(connection, dt.datetime.now(dt.UTC)))
