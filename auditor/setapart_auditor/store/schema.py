"""The tables. `migrations/` makes them; a test compares the two.

Names are folded (`str.casefold`) where two spellings must not be two things. Digests of statements are 32 raw bytes.
Moments are `types.Moment`. Whoever writes takes the one row of `log_state` first: writers stand in one line, so that
the order of the log is the order of what it records.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from .types import Day, Moment, Number

VERSION = "0001"
"""The newest migration, which makes these tables."""
VERSION_TABLE = "alembic_version"
"""Alembic's own: which migration the database has reached."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# --- the register ---------------------------------------------------------------------------------------------------

device = Table(
    "device",
    metadata,
    Column("no", Number, primary_key=True),
    Column("name", Text, nullable=False),
    Column("folded", Text, nullable=False, unique=True),
    Column("id", Text, unique=True),  # what its evidence calls it; NULL until it is enrolled
    Column("serial", Text),
    Column("serial_folded", Text, index=True),
    Column("platform", Text),
    Column("class", Text, nullable=False),
    Column("ownership", Text, nullable=False, server_default="organisation"),
    Column("holder", Text, nullable=False, server_default=""),
    Column("role", Text, nullable=False, server_default=""),
    Column("unit", Text, nullable=False, server_default=""),
    Column("since", Day),
    Column("state", Text, nullable=False, server_default="active"),
    Column("state_since", Moment),  # of `revoked`: later reports are quarantined
    Column("legal_hold", Boolean, nullable=False, server_default="0"),
    Column("created_at", Moment, nullable=False),
    CheckConstraint("class IN ('ordinary', 'personal', 'social-dedicated')", name="class"),
    CheckConstraint("ownership IN ('organisation', 'private')", name="ownership"),
    CheckConstraint("state IN ('active', 'retired', 'replaced', 'revoked')", name="state"),
    Index(None, "unit"),
)

device_change = Table(  # every field of a device that was ever changed, with its day
    "device_change",
    metadata,
    Column("no", Number, primary_key=True),
    Column("device_no", Number, ForeignKey("device.no"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("by", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("old", Text),
    Column("new", Text),
    Column("why", Text, nullable=False, server_default=""),
)

device_key = Table(  # a device's own keys, one after the other; `valid_until` is NULL for the present one
    "device_key",
    metadata,
    Column("no", Number, primary_key=True),
    Column("device_no", Number, ForeignKey("device.no"), nullable=False, index=True),
    Column("keyid", Text, nullable=False, unique=True),
    Column("spki", LargeBinary, nullable=False),
    Column("hardware", Boolean, nullable=False, server_default="0"),
    Column("origin", Text, nullable=False),
    Column("valid_from", Moment, nullable=False),
    Column("valid_until", Moment),
    CheckConstraint("origin IN ('enrolled', 'rotated', 'registered')", name="origin"),
)

station = Table(
    "station",
    metadata,
    Column("no", Number, primary_key=True),
    Column("name", Text, nullable=False),
    Column("folded", Text, nullable=False, unique=True),
    Column("keyid", Text, nullable=False, unique=True),
    Column("spki", LargeBinary, nullable=False),
    Column("valid_from", Moment, nullable=False),
    Column("valid_until", Moment),
)

attestation = Table(
    "attestation",
    metadata,
    Column("no", Number, primary_key=True),
    Column("device_no", Number, ForeignKey("device.no"), nullable=False, index=True),
    Column("client", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("date", Day, nullable=False),
    Column("until", Day, nullable=False),
)

settlement = Table(  # a fork that officers settle: one row for each statement digest of it
    "settlement",
    metadata,
    Column("no", Number, primary_key=True),
    Column("device_no", Number, ForeignKey("device.no"), nullable=False, index=True),
    Column("digest", LargeBinary, nullable=False),
    Column("why", Text, nullable=False),
    Column("first_by", Text, nullable=False),
    Column("first_folded", Text, nullable=False),
    Column("first_at", Moment, nullable=False),
    Column("second_by", Text),
    Column("second_folded", Text),
    Column("second_at", Moment),
    UniqueConstraint("device_no", "digest"),
    CheckConstraint("second_folded IS NULL OR second_folded <> first_folded", name="two_people"),
)

# --- enrolment ------------------------------------------------------------------------------------------------------

token = Table(
    "token",
    metadata,
    Column("no", Number, primary_key=True),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("device_no", Number, ForeignKey("device.no")),  # bound to one record
    Column("serial", Text),  # bound to one serial
    Column("class", Text),  # of the records that an unbound token makes
    Column("unit", Text),
    Column("quota", Integer, nullable=False),
    Column("used", Integer, nullable=False, server_default="0"),
    Column("confirm", Boolean, nullable=False, server_default="0"),
    Column("hardware", Boolean, nullable=False, server_default="0"),  # an officer vouches that hardware holds the key
    Column("replaces", Boolean, nullable=False, server_default="0"),  # the bound device may get a new key
    Column("created_at", Moment, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    CheckConstraint("used <= quota", name="quota"),
)

enrolment = Table(
    "enrolment",
    metadata,
    Column("no", Number, primary_key=True),
    Column("token_no", Number, ForeignKey("token.no"), nullable=False),
    Column("device_no", Number, ForeignKey("device.no")),
    Column("keyid", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("request", LargeBinary, nullable=False),  # JSON of what was asked, without the token's secret
    Column("answer", LargeBinary),
    Column("at", Moment, nullable=False),
    Column("decided_by", Text),
    Column("decided_at", Moment),
    CheckConstraint("state IN ('waiting', 'accepted', 'refused')", name="state"),
)

epoch = Table(
    "epoch",
    metadata,
    Column("value", Text, primary_key=True),
    Column("issued_at", Moment, nullable=False),
    Column("use_until", Moment, nullable=False),
    Column("raw", LargeBinary, nullable=False),
)

# --- evidence -------------------------------------------------------------------------------------------------------

chain = Table(  # what one key signed for one device
    "chain",
    metadata,
    Column("no", Number, primary_key=True),
    Column("device_no", Number, ForeignKey("device.no"), nullable=False),
    Column("keyid", Text, nullable=False),
    Column("head_sequence", BigInteger, nullable=False),
    Column("head_digest", LargeBinary, nullable=False),
    Column("irregular", Boolean, nullable=False, server_default="0"),  # a report did not follow: forks are looked for
    UniqueConstraint("device_no", "keyid"),
)

evidence = Table(
    "evidence",
    metadata,
    Column("no", Number, primary_key=True),
    Column("device_no", Number, ForeignKey("device.no"), nullable=False),
    Column("chain_no", Number, ForeignKey("chain.no"), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("branch", Integer, nullable=False, server_default="0"),  # above 0: another payload with the same sequence
    Column("digest", LargeBinary, nullable=False),  # of the statement's payload
    Column("previous", LargeBinary),
    Column("inventory_digest", LargeBinary, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("collected_at", Moment, nullable=False),
    Column("nonce_issued_at", Moment),  # of a nonce of ours that the statement carries
    Column("grade", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("envelope", LargeBinary, nullable=False),
    Column("receipt", LargeBinary, nullable=False),
    Column("log_index", BigInteger, nullable=False),
    UniqueConstraint("device_no", "sequence", "digest"),  # the payload names both; a digest alone has a random place
    UniqueConstraint("chain_no", "sequence", "branch"),
    CheckConstraint("outcome IN ('accepted', 'late', 'forked', 'quarantined')", name="outcome"),
    Index(None, "device_no", "received_at"),
)

_HELD = text("erased_at IS NULL")

inventory = Table(  # apart, so that it can be erased while statement, verdict and proof stay
    "inventory",
    metadata,
    Column("evidence_no", Number, ForeignKey("evidence.no"), primary_key=True, autoincrement=False),
    Column("body", LargeBinary),  # zstd; NULL once erased
    Column("size", Integer, nullable=False),
    Column("erased_at", Moment),
    Column("erased_by", Text),
    Index("ix_inventory_held", "evidence_no", sqlite_where=_HELD, postgresql_where=_HELD),  # for retention
)

current = Table(  # the latest report per device, signer and source of regular chains
    "current",
    metadata,
    Column("device_no", Number, ForeignKey("device.no"), primary_key=True, autoincrement=False),
    Column("chain_no", Number, ForeignKey("chain.no"), primary_key=True, autoincrement=False),
    Column("source", Text, primary_key=True),
    Column("evidence_no", Number, ForeignKey("evidence.no"), nullable=False),
)

rejection = Table(  # counted, not kept: anybody can send what is no evidence
    "rejection",
    metadata,
    Column("day", Day, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("claimed", Text, primary_key=True),  # a registered device's id, or empty
    Column("times", BigInteger, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("last_message", Text, nullable=False),
)

# --- verdicts -------------------------------------------------------------------------------------------------------

sweep = Table(
    "sweep",
    metadata,
    Column("no", Number, primary_key=True),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("at", Moment, nullable=False),  # judged as of
    Column("pack", Text),  # --pack and --unit as given
    Column("unit", Text),
    Column("engine", Text, nullable=False),
    Column("devices", Integer, nullable=False),
    Column("inputs", Text, nullable=False),  # digest of policies and register
    Column("summary", LargeBinary),
)

verdict = Table(
    "verdict",
    metadata,
    Column("no", Number, primary_key=True),
    Column("device_no", Number, ForeignKey("device.no"), nullable=False),
    Column("sweep_no", Number, ForeignKey("sweep.no")),  # NULL: judged on arrival
    Column("judged_at", Moment, nullable=False),
    Column("policy", Text, nullable=False),
    Column("pack", Text, nullable=False),
    Column("evidence_digest", LargeBinary),
    Column("engine", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),  # zstd of the verdict as JSON
    UniqueConstraint("sweep_no", "device_no"),
    Index(None, "device_no", "judged_at"),
    Index(None, "evidence_digest"),
)

status = Table(  # transitions; the newest row of a device is what it is now, and since when
    "status",
    metadata,
    Column("no", Number, primary_key=True),
    Column("device_no", Number, ForeignKey("device.no"), nullable=False),
    Column("status", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("verdict_no", Number, ForeignKey("verdict.no"), nullable=False),
    Index(None, "device_no", "no"),
)

# --- people ---------------------------------------------------------------------------------------------------------

officer = Table(
    "officer",
    metadata,
    Column("no", Number, primary_key=True),
    Column("name", Text, nullable=False),
    Column("folded", Text, nullable=False, unique=True),
    Column("roles", Text, nullable=False),  # sorted, with commas between
    Column("unit", Text),  # NULL: every unit
    Column("keyid", Text, nullable=False, unique=True),
    Column("spki", LargeBinary, nullable=False),
    Column("token_hash", LargeBinary, unique=True),
    Column("token_expires_at", Moment),
    Column("implicit", Boolean, nullable=False, server_default="0"),  # came in by --as before anybody was added
    Column("added_at", Moment, nullable=False),
    Column("added_by", Text, nullable=False),
    Column("disabled_at", Moment),
)

exception = Table(
    "exception",
    metadata,
    Column("id", Text, primary_key=True),
    Column("device_no", Number, ForeignKey("device.no"), nullable=False, index=True),
    Column("app", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Column("holder_folded", Text, nullable=False),
    Column("need", Text, nullable=False),
    Column("ground", Text, nullable=False, server_default=""),
    Column("valid_from", Day, nullable=False),
    Column("until", Day, nullable=False),
    Column("state", Text, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("requested_folded", Text, nullable=False),
    Column("requested_at", Moment, nullable=False),
    Column("decided_by", Text),
    Column("decided_folded", Text),
    Column("decided_at", Moment),
    Column("approver_role", Text),
    Column("revoked_by", Text),
    Column("revoked_at", Moment),
    Column("revoked_on", Day),
    Column("why", Text, nullable=False, server_default=""),  # of a rejection or revocation
    Column("envelope", LargeBinary, nullable=False),  # DSSE over the request; two signatures once approved
    CheckConstraint("state IN ('requested', 'approved', 'rejected', 'revoked')", name="state"),
    CheckConstraint("until > valid_from", name="days"),
    CheckConstraint(
        "state NOT IN ('approved', 'revoked') OR (decided_folded IS NOT NULL AND decided_folded <> requested_folded "
        "AND decided_folded <> holder_folded)",
        name="two_people",
    ),
    CheckConstraint("requested_folded <> '' AND holder_folded <> ''", name="named"),
    CheckConstraint("requested_folded <> holder_folded", name="not_for_oneself"),
)

# --- the log --------------------------------------------------------------------------------------------------------

log_leaf = Table(
    "log_leaf",
    metadata,
    Column("no", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("commitment", LargeBinary, nullable=False),  # SHA-256 of salt and record
    Column("salt", LargeBinary),  # NULL, with the record, once erased
    Column("record", LargeBinary),
    Column("erased_at", Moment),
)

log_node = Table(  # the hash of every 256, 65 536 … leaves: `level` counts such steps
    "log_node",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("no", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)

log_state = Table(  # one row: the writers' lock
    "log_state",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
    Column("frontier", LargeBinary, nullable=False),  # the roots of the full subtrees, largest first, 32 bytes each
    Column("register_version", BigInteger, nullable=False),  # counts changes of keys, devices, exceptions, officers
    CheckConstraint("id = 1", name="one_row"),
)

log_checkpoint = Table(
    "log_checkpoint",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False),
    Column("note", Text, nullable=False),
)
