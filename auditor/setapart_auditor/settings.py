"""`auditor.toml` in the auditor's folder: where the store is, which rule is judged by, how it serves."""

from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from .errors import AuditorError
from .toml_file import read_toml

SETTINGS_FILE = "auditor.toml"
_Text = Annotated[str, Meta(min_length=1, max_length=1000)]
_Days = Annotated[int, Meta(ge=1, le=36_500)]


class DatabaseSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[database]`: `sqlite:///auditor.db` (relative to the folder), or `postgresql://USER@HOST/NAME`."""

    url: _Text = "sqlite:///auditor.db"
    password_file: _Text | None = None


class UnitPolicy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[[policy.unit]]`: a unit with a rule of its own."""

    unit: _Text
    pack: _Text | None = None
    overlay: _Text | None = None


class PolicySettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[policy]`: the pack and the authority's overlay, for every unit that names none of its own.

    Attributes:
        bundle_days: how long agents may use a policy bundle.
        level: what agents disclose (`scoped` or `full`).
        addresses: whose addresses leave devices as keyed digests: `none`, `internal` or `all`.
    """

    pack: _Text = "no-2023"
    overlay: _Text | None = None
    unit: tuple[UnitPolicy, ...] = ()
    bundle_days: Annotated[int, Meta(ge=1, le=366)] = 90
    level: Literal["scoped", "full"] = "scoped"
    addresses: Literal["none", "internal", "all"] = "none"


class ServeSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[serve]`: where to listen and how much to take.

    Attributes:
        listen: HOST:PORT.
        certificate, key: PEM files; both for HTTPS, none behind a proxy that does it.
        trusted_proxies: addresses whose X-Forwarded-For is believed.
        queue: reports that may wait for the disk before the auditor answers 503.
        per_device, per_address: messages a minute.
        metrics_from: addresses and networks that may read /metrics; to all others it is not there.
        checkpoint_minutes: how often the log's checkpoint is signed, if the log has grown.
    """

    listen: _Text = "127.0.0.1:8440"
    certificate: _Text | None = None
    key: _Text | None = None
    trusted_proxies: tuple[_Text, ...] = ()
    queue: Annotated[int, Meta(ge=1, le=100_000)] = 1024
    per_device: Annotated[int, Meta(ge=1, le=1_000_000)] = 60
    per_address: Annotated[int, Meta(ge=1, le=10_000_000)] = 6000
    metrics_from: tuple[_Text, ...] = ("127.0.0.1", "::1")
    checkpoint_minutes: Annotated[int, Meta(ge=1, le=1440)] = 10


class RetentionSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[retention]`: days after which inventories are erased; the newest of every source of a device stays."""

    inventory_days: _Days = 400


class LogSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[log]`: the log's name in checkpoints (C2SP: a schema-less URL), fixed when the log is begun."""

    origin: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9._/-]+\Z", max_length=200)] = "setapart.invalid/log"


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The tables of auditor.toml."""

    database: DatabaseSettings = DatabaseSettings()
    policy: PolicySettings = PolicySettings()
    serve: ServeSettings = ServeSettings()
    retention: RetentionSettings = RetentionSettings()
    log: LogSettings = LogSettings()


def read_settings(folder: Path) -> Settings:
    """The settings of an auditor's folder.

    Raises:
        AuditorError: the folder holds no auditor, or a setting is not one.
    """
    path = folder / SETTINGS_FILE
    try:
        raw = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise AuditorError(
            f"no auditor in {folder}",
            expected=f"a folder with {SETTINGS_FILE}",
            cure=f"make one with `setapart-auditor init --dir {folder}`",
        ) from None
    except OSError as exc:
        raise AuditorError(exc.strerror or "input failed", where=str(path)) from None
    return read_toml(raw, str(path), AuditorError).convert(Settings)
