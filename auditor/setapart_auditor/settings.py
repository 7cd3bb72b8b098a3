"""`auditor.toml` in the auditor's folder: where the store is, which rule is judged by, how it serves."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from .errors import AuditorError
from .toml_file import read_toml

SETTINGS_FILE = "auditor.toml"
CREDENTIALS = "CREDENTIALS_DIRECTORY"
"""systemd names a folder there, with the files of LoadCredential= and LoadCredentialEncrypted=."""
_Text = Annotated[str, Meta(min_length=1, max_length=1000)]
_Days = Annotated[int, Meta(ge=1, le=36_500)]


class DatabaseSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[database]`: where the store is."""

    url: _Text = "sqlite:///auditor.db"
    password_file: _Text | None = None


class UnitPolicy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[[policy.unit]]`: a unit with a rule of its own."""

    unit: _Text
    pack: _Text | None = None
    overlay: _Text | None = None


class PolicySettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[policy]`: the pack and the authority's overlay, for every unit that names none of its own."""

    pack: _Text = "no-2023"
    overlay: _Text | None = None
    unit: tuple[UnitPolicy, ...] = ()
    bundle_days: Annotated[int, Meta(ge=1, le=366)] = 90
    level: Literal["scoped", "full"] = "scoped"
    addresses: Literal["none", "internal", "all"] = "none"


class ServeSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[serve]`: where to listen and how much to take."""

    listen: _Text = "127.0.0.1:8440"
    certificate: _Text | None = None
    key: _Text | None = None
    trusted_proxies: tuple[_Text, ...] = ()
    queue: Annotated[int, Meta(ge=1, le=100_000)] = 1024
    verifiers: Annotated[int, Meta(ge=0, le=64)] | None = None
    per_device: Annotated[int, Meta(ge=1, le=1_000_000)] = 60
    per_address: Annotated[int, Meta(ge=1, le=10_000_000)] = 6000
    metrics_from: tuple[_Text, ...] = ("127.0.0.1", "::1")
    checkpoint_minutes: Annotated[int, Meta(ge=1, le=1440)] = 10


class RetentionSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[retention]`: how long inventories are kept; the newest of every source of a device stays."""

    inventory_days: _Days = 400


class LogSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[log]`: the log's own name."""

    origin: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9._/-]+\Z", max_length=200)] = "setapart.invalid/log"


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The tables of auditor.toml."""

    database: DatabaseSettings = DatabaseSettings()
    policy: PolicySettings = PolicySettings()
    serve: ServeSettings = ServeSettings()
    retention: RetentionSettings = RetentionSettings()
    log: LogSettings = LogSettings()


MEANINGS: Mapping[str, str] = {
    "[database] url": "`sqlite:///FILE`, or `postgresql://USER@HOST/NAME` with libpq's options",
    "[database] password_file": "a file with the database's password, readable by the auditor alone",
    "[policy] pack": "the rule: a pack's id, or a file",
    "[policy] overlay": "a file with the authority's own values on top of the pack",
    "[policy] bundle_days": "days for which agents may use a policy bundle",
    "[policy] level": "what agents disclose: `scoped` or `full`",
    "[policy] addresses": "whose addresses leave devices as keyed digests: `none`, `internal` or `all`",
    "[[policy.unit]] unit": "a unit with a rule of its own",
    "[[policy.unit]] pack": "the unit's pack; `[policy] pack` by default",
    "[[policy.unit]] overlay": "the unit's overlay; `[policy] overlay` by default",
    "[serve] listen": "`HOST:PORT`, or `[IPV6]:PORT`",
    "[serve] certificate": "PEM file of the certificate with its chain; none behind a proxy that does TLS",
    "[serve] key": "PEM file of the certificate's private key, not encrypted",
    "[serve] trusted_proxies": "addresses and networks whose `X-Forwarded-For` is believed",
    "[serve] queue": "messages that may wait for the disk before the auditor answers 503",
    "[serve] verifiers": "processes that verify reports; by default one less than the cores, and at most 4",
    "[serve] per_device": "messages a minute that one device may send",
    "[serve] per_address": "messages a minute that may come from one address",
    "[serve] metrics_from": "addresses and networks that may read `/metrics`; to all others it is not there",
    "[serve] checkpoint_minutes": "how often the log's checkpoint is signed, if the log has grown",
    "[retention] inventory_days": "days after which `db retain` erases inventories",
    "[log] origin": "the log's name in checkpoints, a URL without its scheme; never changed once the log is begun",
}
"""What every setting is for, by its table and key."""


def read_settings(folder: Path) -> Settings:
    """The settings of an auditor's folder.

    A secret that is named without a folder is systemd's credential of that name, if this process was given one.

    Raises:
        AuditorError: the folder holds no auditor, or a setting is not one.
    """
    return with_credentials(read_toml(read_file(folder), str(folder / SETTINGS_FILE), AuditorError).convert(Settings))


def read_file(folder: Path) -> bytes:
    """The bytes of an auditor's settings.

    Raises:
        AuditorError: the folder holds no auditor, or the file can't be read.
    """
    path = folder / SETTINGS_FILE
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise AuditorError(
            f"no auditor in {folder}",
            expected=f"a folder with {SETTINGS_FILE}",
            cure=f"make one with `setapart-auditor init --dir {folder}`",
        ) from None
    except OSError as exc:
        raise AuditorError(exc.strerror or "input failed", where=str(path)) from None


def with_credentials(settings: Settings) -> Settings:
    """The settings with the paths of systemd's credentials in place of their names."""
    database, serve = settings.database, settings.serve
    return replace(
        settings,
        database=replace(database, password_file=_secret(database.password_file)),
        serve=replace(serve, certificate=_secret(serve.certificate), key=_secret(serve.key)),
    )


def credential(name: str) -> Path | None:
    """The file of the credential that systemd gave this process by a name (systemd.exec(5), Credentials)."""
    folder = os.environ.get(CREDENTIALS)
    if not folder or Path(name).name != name:
        return None
    path = Path(folder) / name
    return path if path.is_file() else None


def _secret(name: str | None) -> str | None:
    found = credential(name) if name else None
    return str(found) if found else name
